"""The use case behind every query: what is near some examples, as whole records."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from anyio import to_thread

from services.search.batching import QueryBatches
from services.search.follower import Follower
from services.search.ports import Examples, Hit, ImageStore, Query, Vector, VectorIndex
from shared.contracts.embedding import SpaceRef
from shared.contracts.search import ImageRecord, Neighbour, Quality, QueryOptions, QueryResponse
from shared.errors import InvalidExamples, InvalidRequest
from shared.stopwatch import Stopwatch

_LARGEST_VALUE = 1e15
"""Squares of differences of such values, summed over a vector, stay within float32."""
_ATTEMPTS = 3
_RERANKED = 300
"""So many of the nearest images are ordered anew where high quality is asked for."""


def reranked(always: int, quality: Quality) -> int:
    """Tell how many of the nearest images are ordered anew: as many as always, and more where quality is to be high."""
    return max(always, _RERANKED) if quality == "high" else always


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
        rerank: How many of the nearest images are ordered anew for every query.
    """

    def __init__(self, store: ImageStore, follower: Follower, batches: QueryBatches, rerank: int = 0) -> None:
        self._store = store
        self._follower = follower
        self._batches = batches
        self._rerank = rerank

    async def nearest(
        self, collection: str, space: SpaceRef, examples: Examples, options: QueryOptions, watch: Stopwatch
    ) -> QueryResponse:
        """Find the images of a collection that are nearest to examples of its space.

        The index may lag behind the store by the writes of this very moment: an id that it finds may be gone, or stand
        for another image by now, to which the distance does not belong. Then the index catches up and is asked again,
        for as many more, so that k results come back where there are k.

        Raises:
            InvalidExamples: They cancel each other out.
            Overloaded: As many queries are waiting as are admitted.
        """
        k = options.k
        for _ in range(_ATTEMPTS):
            revision = self._follower.revision
            shelf = self._follower.find(collection)
            if shelf is None or shelf.space != space:  # the collection was removed in this moment
                return QueryResponse(
                    collection=collection, space=space, revision=revision, neighbours=(), timings=watch.read()
                )
            with watch.stage("search"):
                query = replace(await _blended(shelf.index, examples, options, self._rerank), k=k)
                hits = await self._batches.search(shelf.index, query)
            with watch.stage("records"):
                records = await self._store.records(collection, [hit.id for hit in hits])
            found = [hit for hit in hits if hit.id in records and records[hit.id].revision <= revision]
            if len(found) >= min(options.k, len(hits)):
                break
            k += len(hits) - len(found)
            await self._follower.catch_up()
        neighbours = _neighbours(found[: options.k], records)
        return QueryResponse(
            collection=collection, space=space, revision=revision, neighbours=neighbours, timings=watch.read()
        )


async def _blended(index: VectorIndex, examples: Examples, options: QueryOptions, rerank: int) -> Query:
    several = len(examples.weights) > 1
    vector = await to_thread.run_sync(index.blend, examples) if several else examples.vectors[0]
    if vector is None:
        raise InvalidExamples("The examples cancel each other out: nothing is left to look for.")
    return Query(
        vector,
        options.k,
        options.offset,
        options.filter,
        options.min_score,
        options.min_percentile,
        options.collapse,
        reranked(rerank, options.quality),
        blended=several,
    )


def _neighbours(hits: Sequence[Hit], records: Mapping[str, ImageRecord]) -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(record=records[hit.id], distance=hit.distance, score=hit.score, percentile=hit.percentile)
        for hit in hits
    )
