"""Exact search that grows and shrinks: every image is compared with the query, and writes show at once."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np

from services.search.indexes.answering import answer
from services.search.indexes.blending import blend
from services.search.indexes.compaction import plan
from services.search.indexes.leaders import groups
from services.search.indexes.nearest import Nearest, find_nearest
from services.search.indexes.pairs import sample_distances
from services.search.indexes.precedence import Precedence
from services.search.indexes.projection import Projection
from services.search.indexes.segment import Layer, Segment, encoded
from services.search.indexes.state import State
from services.search.indexes.storage import Storage
from services.search.ports import Entry, Examples, Group, Hit, Query, Vector
from shared.contracts.filters import Filter
from shared.contracts.selection import LabelCount

_log = logging.getLogger(__name__)


class ExactIndex:
    """Implements `VectorIndex` with segments that are never changed, as a log-structured merge tree has them.

    A write makes a small segment of what is new, and marks what it replaces or removes as dead; then the next state,
    layers of segments, takes the place of the last one. Queries work on the state that they find, take no lock, and so
    see each write whole or not at all. Small segments are merged by the writes themselves, large ones in the
    background, between queries; what is written meanwhile is not held up.

    Args:
        projection: Applied to all vectors, those of queries too; it stays the same while the index lives.
        storage: Where rows are kept, and how they are scanned.
        background: Does what takes long; None: the writes do it.
        state: To begin with, as a snapshot has it.
        outgrown_at: Number of images from which the projection is out of date; None: never.
        merged_at_once: Bytes of rows that a write itself merges; more are merged in the background.
    """

    def __init__(
        self,
        projection: Projection,
        storage: Storage,
        background: Executor | None = None,
        state: State | None = None,
        outgrown_at: int | None = None,
        merged_at_once: int = 16 * 2**20,
    ) -> None:
        self.projection = projection
        self._storage = storage
        self._background = background
        self._state = state or State()
        self._outgrown_at = outgrown_at
        self._merged_at_once = merged_at_once
        self._writing = threading.Lock()
        self._precedence = Precedence()
        self._merging: frozenset[str] = frozenset()
        self._closed = False
        self._written = 0  # since the pairs were drawn

    def __len__(self) -> int:
        return self._state.count

    @property
    def state(self) -> State:
        """What queries see now."""
        return self._state

    @property
    def outgrown(self) -> bool:
        return self._outgrown_at is not None and len(self) >= self._outgrown_at

    def apply(self, writes: Mapping[str, Entry | None], revision: int | None = None) -> None:  # noqa: ARG002 - no other writes to it
        added = {key: entry for key, entry in writes.items() if entry is not None}
        if any(entry.vector.shape != (self.projection.dimensions,) for entry in added.values()):
            raise ValueError(f"the vectors of this index have {self.projection.dimensions} dimensions")
        if not writes:
            return
        fresh = (Layer.whole(Segment.of(added, self.projection, self._storage)),) if added else ()
        with self._writing:
            self._state = replace(self._state, layers=(*self._state.without(encoded(list(writes))), *fresh))
            self._written += len(writes)
            self._tidy()

    def search(self, queries: Sequence[Query]) -> list[list[Hit]]:
        state = self._state
        if not queries or not state.layers:
            return [[] for _ in queries]
        with self._precedence.query():
            vectors = self.projection.place(queries)
            admitted = [[layer.admitted(query.filter) for layer in state.layers] for query in queries]

            def find(numbers: Sequence[int], count: int) -> list[Nearest]:
                masks = [admitted[number] for number in numbers]
                return find_nearest(state.layers, vectors[list(numbers)], masks, count)

            return answer(find, vectors, queries, self.projection.metric, state.pairs)

    def blend(self, examples: Examples) -> Vector | None:
        return blend(self.projection.metric, self.projection.apply(examples.vectors), examples.weights)

    def distances(self, vectors: Mapping[str, Vector]) -> dict[str, float]:
        found = self._state.locate(encoded(list(vectors)))
        known = {key: vector for key, vector in vectors.items() if key.encode() in found}
        if not known:
            return {}
        projected = self.projection.apply(np.stack(list(known.values()))).astype(np.float64)
        rows = np.stack([found[key.encode()] for key in known])
        return dict(zip(known, np.linalg.norm(projected - rows, axis=1).tolist(), strict=True))

    def ids(self, after: str, limit: int, wanted: Filter | None = None) -> list[str]:
        found = []
        for layer in self._state.layers:
            start = int(np.searchsorted(layer.segment.ids, after.encode(), side="right"))
            admitted = start + np.flatnonzero(layer.mask(wanted)[start:])[:limit]
            found += layer.segment.ids[admitted].tolist()
        return [key.decode() for key in sorted(found)[:limit]]

    def count(self, wanted: Filter) -> int:
        return sum(int(np.count_nonzero(layer.mask(wanted))) for layer in self._state.layers)

    def labels(self, after: str, limit: int) -> list[LabelCount]:
        counts: Counter[str] = Counter()
        for layer in self._state.layers:
            # Whatever is among the first of all is among the first here.
            counts.update(layer.segment.attributes.labels(~layer.dead, after, limit))
        return [LabelCount(label=label, images=counts[label]) for label in sorted(counts)[:limit]]

    def groups(self, least_score: float, on_progress: Callable[[float], None]) -> list[Group]:
        give_way = self._precedence.give_way
        return groups(self._state.layers, self.projection.metric, least_score, on_progress, give_way)

    def close(self) -> None:
        self._closed = True

    def _tidy(self) -> None:
        """Merge what is small, hand what is large to the background, and draw pairs anew where much has changed."""
        while sources := plan(self._state.layers, self._merging):
            small = sum(layer.count for layer in sources) * self._row_bytes() <= self._merged_at_once
            if small or self._background is None:
                self._put_in_place(sources, Segment.merge(sources, self._storage))
            else:
                self._merging |= {layer.segment.name for layer in sources}
                self._background.submit(self._merge, sources)
        count, before = self._state.count, self._state.sampled_from
        if not before / 2 < count < 2 * before or self._written >= before:
            pairs = sample_distances(self._state.layers, seed=count)
            self._state = replace(self._state, pairs=pairs, sampled_from=count)
            self._written = 0

    def _merge(self, sources: Sequence[Layer]) -> None:
        merged = None
        try:
            if not self._closed:
                merged = Segment.merge(sources, self._storage, self._precedence.give_way)
        except Exception:
            _log.exception("segments could not be merged; the next write tries again")
        with self._writing:
            self._merging -= {layer.segment.name for layer in sources}
            if merged is not None:
                self._put_in_place(sources, merged)
                self._tidy()
        # Giving gigabytes back to the system takes long: the last one who holds them should not be a query.
        self._precedence.outlast()

    def _put_in_place(self, sources: Sequence[Layer], merged: Segment) -> None:
        self._state = replace(self._state, layers=self._state.with_merged(sources, merged))

    def _row_bytes(self) -> int:
        return 4 * self.projection.output_dimensions
