"""What an index asks of the way in which a segment's rows are compared with a query."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.attributes import Mask
from services.search.ports import Matrix

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows that may be the nearest ones, and what is known of the others.

    Attributes:
        rows: Shape (m,).
        least: No row is nearer to the query than this; shape (m,).
        floor: No admitted row that is not among `rows` is nearer than this.
    """

    rows: NDArray[np.intp]
    least: Floats
    floor: float

    def nearest(self, count: int) -> "Candidates":
        """Keep the `count` rows that may be nearest."""
        if len(self.rows) <= count:
            return self
        order = np.argpartition(self.least, count)
        kept, dropped = order[:count], order[count:]
        return Candidates(self.rows[kept], self.least[kept], min(self.floor, float(self.least[dropped].min())))


class Scan(Protocol):
    """Compares queries with the rows of one segment."""

    def candidates(self, queries: Matrix, count: int, admitted: Sequence[Mask | None]) -> list[Candidates]:
        """Find at least the `count` nearest admitted rows of each query, or all if there are fewer.

        Args:
            queries: Projected vectors; shape (b, d).
            count: How many rows, at least 1.
            admitted: For each query the rows that may be found; None where all may.
        """
