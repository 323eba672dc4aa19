"""The use cases: images are stored, read, removed and found."""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

import numpy as np

from services.search.follower import Follower
from services.search.neighbours import Neighbours, unpack_vector
from services.search.ports import Examples, ImageStore, StoredBytes, Vector
from services.search.shelves import Shelf
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.embedding import SpaceRef
from shared.contracts.examples import Example
from shared.contracts.filters import Filter
from shared.contracts.search import (
    Amendment,
    BlobResponse,
    ChangePage,
    CollectionStats,
    CommitResponse,
    DeleteResponse,
    ImageChange,
    ImageCommit,
    ImagePage,
    ImageRecord,
    KnownResponse,
    QueryOptions,
    QueryRequest,
    QueryResponse,
    SearchStats,
)
from shared.contracts.selection import Records
from shared.errors import (
    EmbeddingSpaceMismatch,
    EmptyUpload,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    TryAgain,
)
from shared.examples import check as check_examples
from shared.stopwatch import Stopwatch

Found = TypeVar("Found")

_CHANGES = 256


class Catalogue:
    """Writes go to the store, and are answered once the indexes have them too: a query that follows sees them.

    Collections go by their real names here. Every method that names a collection or an image that does not exist
    raises `NotFound`. The collection `default` always exists; any other one that was not made before comes into being
    with the first image committed to it.
    """

    def __init__(
        self, store: ImageStore, follower: Follower, neighbours: Neighbours, revision_wait_seconds: float
    ) -> None:
        self._store = store
        self._follower = follower
        self._neighbours = neighbours
        self._revision_wait = revision_wait_seconds

    async def put_blob(self, sha256: str, data: bytes) -> BlobResponse:
        """Store the bytes of an image that is going to be committed.

        Raises:
            EmptyUpload: There are none.
            InvalidRequest: They do not have this digest.
            LimitReached: The store is full.
        """
        if not data:
            raise EmptyUpload
        if await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest()) != sha256:
            raise InvalidRequest("The bytes do not have the SHA-256 that the address names.")
        await self._store.put_blob(sha256, data)
        return BlobResponse(sha256=sha256, size=len(data))

    async def release_blob(self, sha256: str) -> None:
        """Drop bytes that no image has and no other upload needs."""
        await self._store.release_blob(sha256)

    async def commit(self, collection: str, image_id: str, commit: ImageCommit) -> CommitResponse:
        """Make an image visible, whole, or replace the one that has its id.

        Raises:
            InvalidRequest: The vector is not one of its space.
            Conflict: The bytes are not stored (any more).
            EmbeddingSpaceMismatch: The collection's vectors belong to another space.
            LimitReached: There are as many images or collections as the settings admit.
        """
        unpack_vector(commit.vector, commit.space)
        response = await self._store.commit(collection, image_id, commit)
        await self._show(response.record.revision)
        return response

    async def amend(self, collection: str, image_id: str, amendment: Amendment) -> ImageRecord:
        """Change what users say of an image; its vector stays as it is.

        Raises:
            PreconditionFailed: There was another write than the one that the amendment is based on.
        """
        await self._shelf(collection)
        amended = await self._store.amend(collection, image_id, amendment)
        if amended is None:
            there = await self.record(collection, image_id)
            raise PreconditionFailed(f"The image is at revision {there.revision}, not at {amendment.revision}.")
        await self._show(amended.revision)
        return amended

    async def delete(self, collection: str, image_id: str) -> DeleteResponse:
        """Remove an image."""
        await self._shelf(collection)
        revision = await self._store.delete(collection, image_id)
        if revision is None:
            raise _no_image(collection, image_id)
        await self._show(revision)
        return DeleteResponse(revision=revision)

    async def record(self, collection: str, image_id: str) -> ImageRecord:
        """Read an image's record."""
        await self._shelf(collection)
        return _found(await self._store.record(collection, image_id), collection, image_id)

    async def records(self, collection: str, image_ids: tuple[str, ...]) -> Records:
        """Read the records of those ids that exist; of an unknown collection none."""
        found = await self._store.records(collection, image_ids)
        return Records(records=tuple(found.values()))

    async def content(self, collection: str, image_id: str) -> StoredBytes:
        """Read an image's bytes."""
        await self._shelf(collection)
        return _found(await self._store.content(collection, image_id), collection, image_id)

    async def thumbnail(self, collection: str, image_id: str) -> StoredBytes:
        """Read an image's thumbnail."""
        await self._shelf(collection)
        return _found(await self._store.thumbnail(collection, image_id), collection, image_id)

    async def page(self, collection: str, after: str | None, limit: int) -> ImagePage:
        """Read up to `limit` records in the order of their ids, from the first id larger than `after`."""
        await self._shelf(collection)
        records = await self._store.page(collection, after or "", limit + 1)
        more = len(records) > limit
        return ImagePage(records=tuple(records[:limit]), next_after=records[limit - 1].id if more else None)

    async def changes(self, collection: str, since: int) -> ChangePage:
        """Read what was written to a collection after a revision; little at once, for the store reads vectors too."""
        await self._shelf(collection)
        keys = {key for key, held in (await self._store.collections()).items() if held.name == collection}
        read = await self._store.changes(since, _CHANGES)
        told = (
            ImageChange(id=change.image_id, revision=change.revision, removed=change.entry is None)
            for change in read
            if change.collection in keys
        )
        through = read[-1].revision if read else since
        return ChangePage(changes=tuple(told), through=through, more=len(read) == _CHANGES)

    async def known(self, collection: str, sha256: tuple[str, ...]) -> KnownResponse:
        """Tell which of these digests some image of the collection has; of an unknown collection none."""
        known = await self._store.known(collection, sha256)
        return KnownResponse(sha256=tuple(digest for digest in dict.fromkeys(sha256) if digest in known))

    async def query(self, collection: str, query: QueryRequest) -> QueryResponse:
        """Find the nearest neighbours of examples, stored ones among them left out.

        Raises:
            InvalidExamples: None has a weight above zero, or they cancel each other out.
            InvalidRequest: A vector is not one of its space.
            EmbeddingSpaceMismatch: The collection's vectors belong to another space.
            RevisionNotReached: The index is still behind `query.min_revision`.
            Overloaded: As many queries are waiting as are admitted.
        """
        watch = Stopwatch()
        check_examples([example.weight for example in query.examples])
        with watch.stage("wait"):
            await self._follower.wait_for(query.min_revision, self._revision_wait)
        shelf = await self._shelf(collection)
        given = _unpacked(query)
        if shelf is None:
            return self._nothing(collection, query, watch)
        if query.space is not None and query.space != shelf.space:
            raise EmbeddingSpaceMismatch(
                f"The collection {collection} holds vectors of the space {_described(shelf.space)}, "
                f"the query's is {_described(query.space)}."
            )
        with watch.stage("records"):
            examples = await self._examples(collection, shelf.space, query, given)
        return await self._neighbours.nearest(collection, shelf.space, examples, _without_examples(query), watch)

    async def stats(self) -> SearchStats:
        """Say what the store holds, and how far the indexes are."""
        collections = {
            held.name: CollectionStats(name=held.name, images=held.images, space=held.space)
            for held in (await self._store.collections()).values()
        }
        collections.setdefault(DEFAULT_COLLECTION, CollectionStats(name=DEFAULT_COLLECTION, images=0, space=None))
        return SearchStats(
            revision=self._follower.revision,
            store=self._store.kind,
            collections=tuple(collections[name] for name in sorted(collections)),
        )

    def _nothing(self, collection: str, query: QueryRequest, watch: Stopwatch) -> QueryResponse:
        """Answer for a collection before it has its first image."""
        for example in query.examples:
            if example.id is not None:
                raise _no_image(collection, example.id)
        assert query.space is not None, "what is no id is a vector"
        revision = self._follower.revision
        return QueryResponse(
            collection=collection, space=query.space, revision=revision, neighbours=(), timings=watch.read()
        )

    async def _examples(
        self, collection: str, space: SpaceRef, query: QueryRequest, given: Sequence[Vector | None]
    ) -> Examples:
        vectors = await asyncio.gather(
            *(
                self._vector(collection, space, example, vector)
                for example, vector in zip(query.examples, given, strict=True)
            )
        )
        counted = [place for place, example in enumerate(query.examples) if example.weight]
        weights = tuple(query.examples[place].weight for place in counted)
        return Examples(np.stack([vectors[place] for place in counted]), weights)

    async def _vector(self, collection: str, space: SpaceRef, example: Example, given: Vector | None) -> Vector:
        if given is not None:
            return given
        assert example.id is not None, "what is no vector is an id"
        vector = _found(await self._store.vector(collection, example.id), collection, example.id)
        if len(vector) != space.dimensions:
            raise TryAgain(f"The collection {collection} was made anew in this moment.")
        return vector

    async def _show(self, revision: int) -> None:
        """Wait until queries see a write. One that does not show is durable all the same, and will."""
        with suppress(TryAgain):
            await self._follower.wait_for(revision, self._revision_wait)

    async def _shelf(self, collection: str) -> Shelf | None:
        if self._follower.find(collection) is None:
            await self._follower.catch_up()  # another replica may have written to it a moment ago
        shelf = self._follower.find(collection)
        if shelf is None and collection not in {DEFAULT_COLLECTION, *self._follower.directory.keys}:
            raise NotFound(f"There is no collection {collection}.")
        return shelf


def _unpacked(query: QueryRequest) -> list[Vector | None]:
    space = query.space
    return [
        None if example.vector is None or space is None else unpack_vector(example.vector, space)
        for example in query.examples
    ]


def _without_examples(query: QueryRequest) -> QueryOptions:
    stored = tuple(example.id for example in query.examples if example.id is not None)
    if not stored:
        return query
    wanted = query.filter or Filter()
    return query.model_copy(update={"filter": wanted.model_copy(update={"not_ids": (*wanted.not_ids, *stored)})})


def _found(value: Found | None, collection: str, image_id: str) -> Found:
    if value is None:
        raise _no_image(collection, image_id)
    return value


def _no_image(collection: str, image_id: str) -> NotFound:
    return NotFound(f"The collection {collection} has no image {image_id}.")


def _described(space: SpaceRef) -> str:
    return f"{space.fingerprint} ({space.dimensions} dimensions, {space.metric})"
