"""The index of a collection in Qdrant: no vector is kept here, and several services write to it and ask it."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from qdrant_client import models

from services.search.indexes.answering import answer
from services.search.indexes.blending import blend
from services.search.indexes.nearest import Nearest
from services.search.indexes.pairs import draw_pairs, measured
from services.search.indexes.qdrant import order
from services.search.indexes.qdrant.conditions import LABEL, condition
from services.search.indexes.qdrant.edition import ID, Edition, Mark, there
from services.search.indexes.qdrant.groups import groups
from services.search.indexes.qdrant.nearest import find_nearest
from services.search.indexes.qdrant.options import Options
from services.search.ports import Entry, Examples, Group, Hit, Query, Vector
from shared.contracts.filters import Filter
from shared.contracts.selection import LabelCount

_COUNTED_AT_ONCE = 20_000
_COUNTED_SECONDS = 5.0
"""Counting takes Qdrant time that grows with the images; from so many on, it is not done after every write."""
_ENOUGH_FOR_PAIRS = 512
_MOST_LABELS = 1_000_000


class QdrantIndex:
    """Implements `SharedIndex`.

    The mark in Qdrant says up to which write of the store's sequence a collection has all. Each service that follows
    the store brings what comes after the mark, and then the mark forward; what another one has brought already is
    passed over. Where two bring the same at once, the second changes nothing; where one brings something late, what is
    newer stays. So nobody has to lead.

    Args:
        edition: Has the images.
        options: How it is searched.
        name: Of the collection among those of all stores.
        replaced: Tells whether the name stands for another edition, or for none, as far as this service knows.
        outgrown_at: Number of images from which the projection is out of date; None: never.
    """

    def __init__(
        self,
        edition: Edition,
        options: Options,
        name: str = "",
        replaced: Callable[[], bool] = lambda: False,
        outgrown_at: int | None = None,
    ) -> None:
        self.edition = edition
        self.name = name
        self._options = options
        self._replaced = replaced
        self._outgrown_at = outgrown_at
        self._writing = threading.Lock()
        self._mark = Mark()
        self._counted_at = 0.0
        self._pairs = np.empty(0, np.float32)
        self._written = 0  # since the pairs were drawn

    def __len__(self) -> int:
        return self._mark.images

    @property
    def revision(self) -> int:
        return self._mark.revision

    @property
    def outgrown(self) -> bool:
        return self._replaced() or (self._outgrown_at is not None and len(self) >= self._outgrown_at)

    def refresh(self) -> None:
        """Learn what others have done."""
        with self._writing:
            self._see(self.edition.mark())

    def apply(self, writes: Mapping[str, Entry | None], revision: int | None = None) -> None:
        dimensions = self.edition.projection.dimensions
        if any(entry is not None and entry.vector.shape != (dimensions,) for entry in writes.values()):
            raise ValueError(f"the vectors of this index have {dimensions} dimensions")
        with self._writing:
            if revision is None:
                self._fill(writes)
            elif revision > self._mark.revision:
                self._bring(writes, revision)

    def publish(self, revision: int) -> None:
        """Say that it has all writes up to this one; until then it was being filled."""
        with self._writing:
            self._advance(replace(self._mark, revision=revision, images=self._ask_count(there())))

    def search(self, queries: Sequence[Query]) -> list[list[Hit]]:
        if not queries:
            return []
        vectors = self.edition.projection.place(queries)
        filters = [None if query.filter is None else condition(query.filter) for query in queries]

        def find(numbers: Sequence[int], count: int) -> list[Nearest]:
            wanted = [filters[number] for number in numbers]
            return find_nearest(self.edition, self._options, vectors[list(numbers)], wanted, count, len(self))

        return answer(find, vectors, queries, self.edition.projection.metric, self._pairs)

    def blend(self, examples: Examples) -> Vector | None:
        projection = self.edition.projection
        return blend(projection.metric, projection.apply(examples.vectors), examples.weights)

    def distances(self, vectors: Mapping[str, Vector]) -> dict[str, float]:
        rows = self.edition.rows(list(vectors)) if vectors else {}
        known = [key for key in vectors if key in rows]
        if not known:
            return {}
        projected = self.edition.projection.apply(np.stack([vectors[key] for key in known])).astype(np.float64)
        differences = projected - np.stack([rows[key] for key in known])
        return dict(zip(known, np.linalg.norm(differences, axis=1).tolist(), strict=True))

    def ids(self, after: str, limit: int, wanted: Filter | None = None) -> list[str]:
        def read(conditions: models.Filter, field: str, count: int) -> list[str]:
            points, _ = self.edition.connection.ask(
                lambda client: client.scroll(
                    self.edition.name, conditions, count, models.OrderBy(key=field), with_payload=[ID]
                )
            )
            return [str(point.payload[ID]) for point in points if point.payload and ID in point.payload]

        return order.page(read, condition(wanted), after, limit)

    def count(self, wanted: Filter) -> int:
        return self._ask_count(models.Filter(must=[condition(wanted), there()]))

    def labels(self, after: str, limit: int) -> list[LabelCount]:
        found = self.edition.connection.ask(
            lambda client: client.facet(self.edition.name, LABEL, limit=_MOST_LABELS, exact=True)
        )
        counts = {str(hit.value): hit.count for hit in found.hits if hit.count and str(hit.value) > after}
        return [LabelCount(label=label, images=counts[label]) for label in sorted(counts)[:limit]]

    def groups(self, least_score: float, on_progress: Callable[[float], None]) -> list[Group]:
        return groups(self.edition, self._options, self.ids, len(self), least_score, on_progress)

    def close(self) -> None:
        """Nothing goes on in the background, and the collection in Qdrant stays."""

    def _fill(self, writes: Mapping[str, Entry | None]) -> None:
        self.edition.write(writes, None)
        self._advance(self._accounted(len(writes)))  # whoever waits for it sees that it is alive

    def _bring(self, writes: Mapping[str, Entry | None], revision: int) -> None:
        there_already = self.edition.mark()
        if there_already.revision < revision:
            self.edition.write(writes, revision)
            self._advance(replace(self._accounted(len(writes)), revision=revision))
        else:
            self._see(there_already)

    def _advance(self, mark: Mark) -> None:
        self.edition.set_mark(mark)
        self._mark = mark

    def _see(self, mark: Mark) -> None:
        if mark.sampled_from != self._mark.sampled_from:
            self._pairs = self.edition.pairs()
        self._mark = mark

    def _accounted(self, written: int) -> Mark:
        """Count what is there, and draw pairs anew where much has changed."""
        mark = replace(self._mark, images=self._counted())
        self._written += written
        if mark.sampled_from / 2 < mark.images < 2 * mark.sampled_from and self._written < mark.sampled_from:
            return mark
        rows = self.edition.sample(_ENOUGH_FOR_PAIRS)
        first, second = draw_pairs(len(rows), seed=mark.images)
        self._pairs, self._written = measured(rows.__getitem__, first, second), 0
        self.edition.set_pairs(self._pairs)
        return replace(mark, sampled_from=mark.images)

    def _counted(self) -> int:
        now = time.monotonic()
        if len(self) >= _COUNTED_AT_ONCE and now - self._counted_at < _COUNTED_SECONDS:
            return len(self)
        self._counted_at = now
        return self._ask_count(there())

    def _ask_count(self, wanted: models.Filter) -> int:
        return self.edition.connection.ask(lambda client: client.count(self.edition.name, wanted)).count
