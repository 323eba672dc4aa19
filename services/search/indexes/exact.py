"""Exact search: every vector is compared with the query, by scikit-learn."""

import math
import threading
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from services.search.ports import Hit, Vector

_SPARE_SHARE = 0.5
_DEAD_SHARE = 0.25
_DEAD_FLOOR = 64
_MARGIN = 16
_ROUNDING = 1e-6
"""Bound on the error of a squared distance d^2 of x and y as scikit-learn computes it, relative to |x|^2 + |y|^2.

It computes |x|^2 - 2xy + |y|^2 from norms rounded to float32: measured 1.2e-7 at most.
"""
_BLOCK_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What a query sees: rows of the buffer, the model over them, and which of them are dead. Never changed."""

    rows: NDArray[np.float32]
    model: NearestNeighbors
    ids: Sequence[str]
    dead: NDArray[np.bool_]
    live: int


class ExactIndex:
    """Brute-force Euclidean search over float32 vectors in one C-contiguous buffer.

    Writers append: a new vector takes the next row of the buffer, a removed one leaves a dead row, a replaced one does
    both. Queries work on a snapshot that covers the rows written so far; since no row of it is ever written again, they
    take no lock, and the swap of the snapshot makes a whole batch of writes visible at once. Dead rows are left behind
    when the buffer is renewed: when it is full, or when a quarter of its rows is dead.

    Args:
        dimensions: Length of the vectors.
    """

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._writing = threading.Lock()
        self._buffer = np.empty((0, dimensions), np.float32)
        self._dead = np.empty(0, np.bool_)
        self._ids: list[str] = []
        self._row_of: dict[str, int] = {}
        self._snapshot: _Snapshot | None = None
        self._writes = 0
        self._in_order: tuple[int, Sequence[str]] = (0, ())

    def __len__(self) -> int:
        return self._snapshot.live if self._snapshot else 0

    def apply(self, writes: Mapping[str, Vector | None]) -> None:
        """Set the vectors of these ids, and remove the ids that have None; queries see all of it or nothing.

        Raises:
            ValueError: A vector has another length than the index; nothing is applied.
        """
        added = {key: vector for key, vector in writes.items() if vector is not None}
        if any(vector.shape != (self._dimensions,) for vector in added.values()):
            raise ValueError(f"the vectors of this index have {self._dimensions} dimensions")
        with self._writing:
            self._renew_if_needed(len(added))
            dying = [self._row_of.pop(key) for key in writes if key in self._row_of]
            if dying:
                self._dead = self._dead.copy()  # queries under way read the old one
                self._dead[dying] = True
            for row, (key, vector) in enumerate(added.items(), start=len(self._ids)):
                self._buffer[row] = vector
                self._row_of[key] = row
            self._ids.extend(added)
            self._snapshot = self._take_snapshot()
            self._writes += 1

    def search(self, vector: Vector, k: int) -> list[Hit]:
        """Find the k nearest ids, or all if there are fewer: nearest first, equally distant ones ordered by id.

        scikit-learn finds the candidates; their distances are then computed again in float64 from the vectors, since
        its own lose all digits between vectors that are nearly the same. More candidates are fetched until no other
        row can be as near as the k-th one.
        """
        snapshot = self._snapshot
        if snapshot is None or not snapshot.live:
            return []
        k = min(k, snapshot.live)
        total = len(snapshot.rows)
        query = np.ascontiguousarray(vector, np.float32)
        length = float(np.linalg.norm(query.astype(np.float64)))
        fetched = k + _MARGIN
        while True:
            fetched = min(fetched, total)
            with sklearn.config_context(assume_finite=True):
                approximate, found = snapshot.model.kneighbors(query[np.newaxis], fetched)
            rows = found[0][~snapshot.dead[found[0]]]
            distances = _distances(query, snapshot.rows, rows)
            if fetched == total or (
                len(rows) >= k and approximate[0, -1] > _reach(float(np.partition(distances, k - 1)[k - 1]), length)
            ):
                hits = (Hit(snapshot.ids[row], float(distance)) for row, distance in zip(rows, distances, strict=True))
                return sorted(hits, key=lambda hit: (hit.distance, hit.id))[:k]
            fetched *= 4

    def distances(self, vectors: Mapping[str, Vector]) -> dict[str, float]:
        """Measure from each of these vectors to the one that the index has under its id.

        Raises:
            ValueError: A vector has another length than the index.
        """
        with self._writing:
            buffer = self._buffer
            rows = {key: self._row_of[key] for key in vectors if key in self._row_of}
        return {key: float(np.linalg.norm(buffer[row].astype(np.float64) - vectors[key])) for key, row in rows.items()}

    def ids(self, after: str, limit: int) -> list[str]:
        """List up to `limit` ids that queries can find, in their order, from the first larger than `after`."""
        # In this order: a snapshot that is newer than the number is sorted once too often, never too rarely.
        writes, snapshot = self._writes, self._snapshot
        if snapshot is None:
            return []
        sorted_at, in_order = self._in_order
        if sorted_at != writes:
            alive = np.flatnonzero(~snapshot.dead[: len(snapshot.rows)]).tolist()
            in_order = sorted(snapshot.ids[row] for row in alive)
            self._in_order = (writes, in_order)
        first = bisect_right(in_order, after)
        return list(in_order[first : first + limit])

    def _renew_if_needed(self, adding: int) -> None:
        used, live = len(self._ids), len(self._row_of)
        full = used + adding > len(self._buffer)
        if not full and used - live <= max(_DEAD_FLOOR, _DEAD_SHARE * used):
            return
        capacity = math.ceil((live + adding) * (1 + _SPARE_SHARE))
        buffer = np.empty((capacity, self._dimensions), np.float32)
        rows = np.fromiter(self._row_of.values(), np.intp, live)
        # Under mode "raise" NumPy would gather into a copy before it fills `out`.
        np.take(self._buffer, rows, axis=0, out=buffer[:live], mode="clip")
        self._buffer = buffer
        self._dead = np.zeros(capacity, np.bool_)
        self._ids = list(self._row_of)
        self._row_of = {key: row for row, key in enumerate(self._ids)}

    def _take_snapshot(self) -> _Snapshot | None:
        if not self._ids:
            return None
        rows = self._buffer[: len(self._ids)]
        with sklearn.config_context(assume_finite=True):
            model = NearestNeighbors(algorithm="brute", metric="euclidean").fit(rows)
        return _Snapshot(rows, model, self._ids, self._dead, len(self._row_of))


def _reach(distance: float, query_length: float) -> float:
    """Bound what scikit-learn may compute for a row that is in truth no farther than `distance`."""
    # Such a row is no longer than the query and the distance together.
    return math.sqrt(distance**2 + _ROUNDING * (query_length**2 + (query_length + distance) ** 2))


def _distances(query: Vector, matrix: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.float64]:
    exact = np.empty(len(rows), np.float64)
    block = max(1, _BLOCK_BYTES // (8 * matrix.shape[1]))
    for start in range(0, len(rows), block):
        difference = matrix[rows[start : start + block]].astype(np.float64)
        difference -= query
        exact[start : start + block] = np.linalg.norm(difference, axis=1)
    return exact
