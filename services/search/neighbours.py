"""The use case behind every query: what is near a vector, as whole records."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from services.search.batching import QueryBatches
from services.search.follower import Follower
from services.search.ports import Hit, ImageStore, Query, Vector
from shared.contracts.embedding import SpaceRef
from shared.contracts.search import ImageRecord, Neighbour, QueryResponse
from shared.errors import InvalidRequest

_LARGEST_VALUE = 1e15
"""Squares of differences of such values, summed over a vector, stay within float32."""
_ATTEMPTS = 3


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


class Neighbours:
    """Asks an index for ids and the store for their records, and makes sure that the two belong together.

    Args:
        store: Has the records.
        follower: Brings the indexes up to date.
        batches: Answers queries.
    """

    def __init__(self, store: ImageStore, follower: Follower, batches: QueryBatches) -> None:
        self._store = store
        self._follower = follower
        self._batches = batches

    async def nearest(self, collection: str, space: SpaceRef, query: Query) -> QueryResponse:
        """Find the images of a collection that a query of its space asks for.

        The index may lag behind the store by the writes of this very moment: an id that it finds may be gone, or stand
        for another image by now, to which the distance does not belong. Then the index catches up and is asked again,
        for as many more, so that k results come back where there are k.

        Raises:
            Overloaded: As many queries are waiting as are admitted.
        """
        asked = query
        for _ in range(_ATTEMPTS):
            revision = self._follower.revision
            shelf = self._follower.find(collection)
            if shelf is None or shelf.space != space:  # the collection was removed in this moment
                return QueryResponse(collection=collection, space=space, revision=revision, neighbours=())
            hits = await self._batches.search(shelf.index, asked)
            records = await self._store.records(collection, [hit.id for hit in hits])
            found = [hit for hit in hits if hit.id in records and records[hit.id].revision <= revision]
            if len(found) >= min(query.k, len(hits)):
                break
            asked = replace(asked, k=asked.k + len(hits) - len(found))
            await self._follower.catch_up()
        neighbours = _neighbours(found[: query.k], records)
        return QueryResponse(collection=collection, space=space, revision=revision, neighbours=neighbours)


def _neighbours(hits: Sequence[Hit], records: Mapping[str, ImageRecord]) -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(record=records[hit.id], distance=hit.distance, score=hit.score, percentile=hit.percentile)
        for hit in hits
    )
