"""What an index has to answer, said as plainly as possible: everything is compared with the query, one by one."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.projection import Projection
from services.search.ports import Entry, Hit, Query, Vector, VectorIndex
from shared.contracts.filters import MAX_TEXT, Equality, Filter, Range
from shared.contracts.metadata import MetadataValue

ALL = 1_000_000
"""More hits than any test has images."""


class BruteForce:
    """Knows the images of an index, and ranks all of them for each query."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self.entries: dict[str, Entry] = {}

    def apply(self, writes: Mapping[str, Entry | None]) -> None:
        for key, entry in writes.items():
            self.entries.pop(key, None)
            if entry is not None:
                self.entries[key] = entry

    def distances(self, query: Vector, ids: Sequence[str]) -> NDArray[np.float64]:
        if not ids:
            return np.empty(0)
        rows = self._projected(np.stack([self.entries[key].vector for key in ids]))
        found: NDArray[np.float64] = np.linalg.norm(rows.astype(np.float64) - self._projected(query[None]), axis=1)
        return found

    def score(self, distance: float) -> float:
        return 1 - distance**2 / 2 if self._projection.metric == "cosine" else 1 / (1 + distance)

    def search(self, query: Query, percentiles: Mapping[str, float | None]) -> list[tuple[str, float]]:
        """Give ids and distances; what share of pairs is farther apart is known from elsewhere."""
        ids = [key for key, entry in self.entries.items() if query.filter is None or meets(key, entry, query.filter)]
        ranked = sorted(zip(self.distances(query.vector, ids).tolist(), ids, strict=True))
        if query.min_score is not None:
            ranked = [(distance, key) for distance, key in ranked if self.score(distance) >= query.min_score]
        if query.min_percentile is not None:
            shares = {key: 1 if share is None else share for key, share in percentiles.items()}
            ranked = [(distance, key) for distance, key in ranked if shares[key] >= query.min_percentile]
        if query.collapse is not None:
            ranked = self._different(ranked, query.collapse)
        return [(key, distance) for distance, key in ranked[query.offset : query.offset + query.k]]

    def _different(self, ranked: list[tuple[float, str]], same: float) -> list[tuple[float, str]]:
        chosen: list[tuple[float, str]] = []
        for distance, key in ranked:
            to_chosen = self.distances(self.entries[key].vector, [other for _, other in chosen])
            if all(self.score(float(other)) < same - 1e-6 for other in to_chosen):
                chosen.append((distance, key))
        return chosen

    def _projected(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """In the arithmetic of float32, so that what is equally near here is so there."""
        projection = self._projection
        moved = vectors if projection.mean is None else np.subtract(vectors, projection.mean, dtype=np.float32)
        turned = moved if projection.components is None else np.dot(moved, projection.components.T)
        if projection.metric == "cosine":
            lengths = np.linalg.norm(turned, axis=1, keepdims=True)
            turned = np.divide(turned, np.where(lengths > 0, lengths, 1), dtype=np.float32)
            turned[lengths[:, 0] == 0] = np.eye(1, turned.shape[1])
        return turned


def assert_same(index: VectorIndex, model: BruteForce, queries: Sequence[Query]) -> list[list[Hit]]:
    """The index gives the ids of the model, in the same order, at the same distances."""
    everything = index.search([Query(query.vector, ALL) for query in queries])
    answers = index.search(queries)
    for query, hits, known in zip(queries, answers, everything, strict=True):
        expected = model.search(query, {hit.id: hit.percentile for hit in known})
        assert [hit.id for hit in hits] == [key for key, _ in expected]
        for hit, (_, distance) in zip(hits, expected, strict=True):
            assert abs(hit.distance - distance) <= 1e-5
            assert abs(hit.score - model.score(distance)) <= 1e-5
        assert {hit.percentile is None for hit in known} <= {len(model.entries) < 2}
        shares = [hit.percentile for hit in known if hit.percentile is not None]
        assert shares == sorted(shares, reverse=True)
        assert all(0 <= share <= 1 for share in shares)
    return answers


def meets(key: str, entry: Entry, wanted: Filter) -> bool:
    """Whether an image meets all conditions."""
    if wanted.ids is not None and key not in wanted.ids:
        return False
    if key in wanted.not_ids or (wanted.labels is not None and entry.label not in wanted.labels):
        return False
    return all(
        condition.key in entry.metadata and _holds(condition, entry.metadata[condition.key])
        for condition in wanted.metadata
    )


def _holds(condition: Equality | Range, value: MetadataValue) -> bool:
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return False
    if isinstance(condition, Equality):
        return any(_kind(value) is _kind(wanted) and value == wanted for wanted in condition.any_of)
    if any(_kind(value) is not _kind(bound) for bound in condition.bounds.values()):
        return False
    return all(_compares(value, name, bound) for name, bound in condition.bounds.items())


def _kind(value: MetadataValue) -> type:
    """Numbers of all kinds are one: they are compared by size."""
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


def _compares(value: MetadataValue, name: str, bound: MetadataValue) -> bool:
    """Python compares integers with reals exactly."""
    match value, bound:
        case (str(), str()) | (int() | float(), int() | float()):
            return {"gt": value > bound, "gte": value >= bound, "lt": value < bound, "lte": value <= bound}[name]  # type: ignore[operator]
    return False
