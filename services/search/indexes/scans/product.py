"""The scan that reads memory at its full speed: one matrix product, block by block."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.attributes import Mask
from services.search.indexes.scans.keys import Keys
from services.search.indexes.scans.scan import Candidates
from services.search.indexes.scans.selection import Largest
from services.search.ports import Matrix

_BLOCK_BYTES = 4 * 2**20
"""Keys of one block: they stay in the processor's cache from the product to the selection."""
_SPARSE = 8
"""Where less than one row in so many is admitted, those rows are gathered and the others are not read."""
_GATHERED = 4096


class ProductScan:
    """Computes the keys of all rows, and selects the largest.

    Args:
        keys: Computes them.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def candidates(self, queries: Matrix, count: int, admitted: Sequence[Mask | None]) -> list[Candidates]:
        largest = [Largest(count) for _ in queries]
        together = []
        for number, mask in enumerate(admitted):
            if mask is not None and np.count_nonzero(mask) * _SPARSE < len(self._keys):
                self._look_at_few(queries[number], np.flatnonzero(mask), largest[number])
            else:
                together.append(number)
        if together:
            self._look_at_all(queries, together, admitted, largest)
        return [self._bounded(query, found) for query, found in zip(queries, largest, strict=True)]

    def _look_at_few(self, query: NDArray[np.float32], rows: NDArray[np.intp], largest: Largest) -> None:
        for first in range(0, len(rows), _GATHERED):
            some = rows[first : first + _GATHERED]
            largest.add(self._keys.of(some, query[np.newaxis])[0], some)

    def _look_at_all(
        self, queries: Matrix, numbers: Sequence[int], admitted: Sequence[Mask | None], largest: Sequence[Largest]
    ) -> None:
        chosen = queries[numbers]
        length = max(1024, _BLOCK_BYTES // (4 * len(numbers)))
        for first in range(0, len(self._keys), length):
            block = slice(first, first + length)
            for number, keys in zip(numbers, self._keys.of(block, chosen), strict=True):
                if (mask := admitted[number]) is not None:
                    keys[~mask[block]] = -np.inf
                largest[number].add(keys, first)

    def _bounded(self, query: NDArray[np.float32], largest: Largest) -> Candidates:
        rows, keys = largest.result()
        least = self._keys.least_distance(query, keys.astype(np.float64))
        if largest.dropped is None:
            return Candidates(rows, least, np.inf)
        return Candidates(rows, least, float(self._keys.least_distance(query, np.array([largest.dropped]))[0]))
