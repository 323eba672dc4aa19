"""The nearest rows of queries: distances are computed again, exactly, until no nearer row can have been missed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.attributes import Mask
from services.search.indexes.scans.scan import Candidates, Floats
from services.search.indexes.segment import Ids, Layer
from services.search.ports import Matrix

_MARGIN = 16
_GROWTH = 4
_BLOCK_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest rows of a query; of equally near ones that with the smallest id is first.

    Attributes:
        ids: Shape (m,).
        rows: Shape (m, d).
        distances: Ascending; shape (m,).
        exhausted: Whether these are all that are admitted.
    """

    ids: Ids
    rows: Matrix
    distances: Floats
    exhausted: bool


def find_nearest(
    layers: Sequence[Layer], queries: Matrix, admitted: Sequence[Sequence[Mask | None]], count: int
) -> list[Nearest]:
    """Find the `count` nearest admitted rows of each query, or all if there are fewer.

    A scan in float32 loses all digits between vectors that are nearly the same; it only says which rows are worth a
    look. Their distances are computed in float64, and more rows are fetched until none that was left out can be as near
    as the last one.

    Args:
        layers: At least one.
        queries: Projected vectors; shape (b, d).
        admitted: For each query and layer the rows that may be found; None where all may.
        count: At least 1.
    """
    answers: dict[int, Nearest] = {}
    asked = count + _MARGIN
    while missing := [number for number in range(len(queries)) if number not in answers]:
        found = _candidates(layers, queries[missing], [admitted[number] for number in missing], asked)
        for number, candidates in zip(missing, found, strict=True):
            nearest = _measured(layers, queries[number], candidates, count)
            if nearest.exhausted or (
                len(nearest.ids) >= count and candidates.floor > float(nearest.distances[count - 1])
            ):
                answers[number] = nearest
        asked *= _GROWTH
    return [answers[number] for number in range(len(queries))]


def _candidates(
    layers: Sequence[Layer], queries: Matrix, admitted: Sequence[Sequence[Mask | None]], count: int
) -> list[Candidates]:
    """Scan all layers; rows are numbered through them."""
    found = [
        layer.segment.scan.candidates(queries, count, [masks[place] for masks in admitted])
        for place, layer in enumerate(layers)
    ]
    starts = _starts(layers)
    joined = []
    for parts in zip(*found, strict=True):
        rows = np.concatenate([part.rows + start for part, start in zip(parts, starts, strict=True)])
        least = np.concatenate([part.least for part in parts])
        joined.append(Candidates(rows, least, min(part.floor for part in parts)).nearest(count))
    return joined


def _measured(layers: Sequence[Layer], query: NDArray[np.float32], candidates: Candidates, count: int) -> Nearest:
    ids, rows = [], []
    for layer, start in zip(layers, _starts(layers), strict=True):
        own = candidates.rows - start
        own = own[(own >= 0) & (own < len(layer.dead))]
        ids.append(layer.segment.ids[own])
        rows.append(layer.segment.rows[own])
    all_ids, all_rows = np.concatenate(ids), np.concatenate(rows)
    distances = _distances(query, all_rows)
    order = np.lexsort((all_ids, distances))[:count]
    exhausted = candidates.floor == np.inf and len(candidates.rows) <= count
    return Nearest(all_ids[order], all_rows[order], distances[order], exhausted)


def _distances(query: NDArray[np.float32], rows: Matrix) -> Floats:
    exact = np.empty(len(rows), np.float64)
    block = max(1, _BLOCK_BYTES // (8 * rows.shape[1]))
    for start in range(0, len(rows), block):
        difference = rows[start : start + block].astype(np.float64)
        difference -= query
        exact[start : start + block] = np.linalg.norm(difference, axis=1)
    return exact


def _starts(layers: Sequence[Layer]) -> list[int]:
    sizes = [len(layer.dead) for layer in layers]
    return [sum(sizes[:place]) for place in range(len(sizes))]
