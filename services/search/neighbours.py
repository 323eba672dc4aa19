"""The use case behind every query: what is near a vector, as whole records."""

from collections.abc import Mapping, Sequence

import numpy as np
from anyio import CapacityLimiter, to_thread

from services.search.follower import Follower, Shelf
from services.search.metrics import SearchMetrics
from services.search.ports import Hit, ImageStore, Vector
from shared.contracts.embedding import Metric, SpaceRef
from shared.contracts.search import MAX_K, ImageRecord, Neighbour, QueryResponse
from shared.errors import InvalidRequest, KOutOfRange, Overloaded

_LARGEST_VALUE = 1e15
"""Squares of differences of such values, summed over a vector, stay within float32."""
_ATTEMPTS = 3


def check_k(k: int) -> None:
    """Refuse a number of results outside 1 to `MAX_K`.

    Raises:
        KOutOfRange: It is.
    """
    if not 1 <= k <= MAX_K:
        raise KOutOfRange(f"Ask for 1 to {MAX_K} results.")


def unpack_vector(packed: bytes, space: SpaceRef) -> Vector:
    """Read a vector from little-endian float32 as one of this space.

    Raises:
        InvalidRequest: It has another number of dimensions, or values that are not finite or absurdly large.
    """
    vector = np.frombuffer(packed, "<f4").astype(np.float32, copy=False)
    if len(vector) != space.dimensions:
        raise InvalidRequest(f"The vector has {len(vector)} dimensions, its space {space.dimensions}.")
    if not (np.abs(vector) <= _LARGEST_VALUE).all():
        raise InvalidRequest("The vector has values that are not finite numbers of a sensible size.")
    return vector


def score(metric: Metric, distance: float) -> float:
    """Turn a distance into a number that is 1 for what is identical: the cosine, or 1 / (1 + distance)."""
    return 1 - distance**2 / 2 if metric == "cosine" else 1 / (1 + distance)


class Neighbours:
    """Asks an index for ids and the store for their records, and makes sure that the two belong together.

    Args:
        store: Has the records.
        follower: Has the indexes.
        threads: How many queries are computed at once.
        max_waiting: How many more may wait for a thread.
        metrics: Told of times.
    """

    def __init__(
        self, store: ImageStore, follower: Follower, threads: int, max_waiting: int, metrics: SearchMetrics
    ) -> None:
        self._store = store
        self._follower = follower
        self._threads = CapacityLimiter(threads)
        self._max_waiting = max_waiting
        self._metrics = metrics

    async def nearest(
        self, collection: str, shelf: Shelf, vector: Vector, k: int, leave_out: str | None = None
    ) -> QueryResponse:
        """Find the k nearest images of a collection, without the one that is left out.

        The index may lag behind the store by the writes of this very moment: an id that it finds may be gone, or stand
        for another image by now, to which the distance does not belong. Then the index catches up and is asked again,
        for as many more, so that k results come back where there are k.

        Raises:
            Overloaded: As many queries are waiting as are admitted.
        """
        asked = k if leave_out is None else k + 1
        for _ in range(_ATTEMPTS):
            revision = self._follower.revision
            hits = [hit for hit in await self._search(shelf, vector, asked) if hit.id != leave_out]
            records = await self._store.records(collection, [hit.id for hit in hits])
            found = [hit for hit in hits if hit.id in records and records[hit.id].revision <= revision]
            if len(found) >= min(k, len(hits)):
                break
            asked += len(hits) - len(found)
            await self._follower.catch_up()
        return QueryResponse(
            space=shelf.space, revision=revision, neighbours=_neighbours(found[:k], records, shelf.space.metric)
        )

    async def _search(self, shelf: Shelf, vector: Vector, k: int) -> list[Hit]:
        busy = self._threads.available_tokens < 1
        if busy and self._threads.statistics().tasks_waiting >= self._max_waiting:
            raise Overloaded("As many queries as this service lets wait are waiting.")

        def timed() -> list[Hit]:
            with self._metrics.query_seconds.time():
                return shelf.index.search(vector, k)

        return await to_thread.run_sync(timed, limiter=self._threads)


def _neighbours(hits: Sequence[Hit], records: Mapping[str, ImageRecord], metric: Metric) -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(record=records[hit.id], distance=hit.distance, score=score(metric, hit.distance)) for hit in hits
    )
