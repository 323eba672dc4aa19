"""Commits and deletes: intent, record, intent closed, bytes looked after, and all earlier writes waited for."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from bson import Int64

from services.search.stores.mongo import documents
from services.search.stores.mongo.blobs import Blobs
from services.search.stores.mongo.database import Document
from services.search.stores.mongo.decisions import MongoDecisions
from services.search.stores.mongo.directory import Directory
from services.search.stores.mongo.images import Former, Images, Missed
from services.search.stores.mongo.ledger import Intent, Ledger
from services.search.stores.mongo.tasks import Tasks
from shared.contracts.search import Amendment, CommitResponse, ImageCommit, ImageRecord
from shared.errors import Conflict, LimitReached, TryAgain

Written = TypeVar("Written")

_ATTEMPTS = 4
_AT_ONCE = 8
"""Images that one call removes at the same time: others need connections too."""
_PURGED_AT_ONCE = 16


class Writer:
    """Makes images visible and takes them away, in the steps that the package describes.

    Args:
        images: Their documents.
        directory: Has the keys of the collections.
        ledger: Gives the numbers.
        blobs: The bytes.
        decisions: Those about near-duplicates, which go with their collection.
        tasks: Take over what a write that failed leaves to be settled.
    """

    def __init__(
        self,
        images: Images,
        directory: Directory,
        ledger: Ledger,
        blobs: Blobs,
        decisions: MongoDecisions,
        tasks: Tasks,
    ) -> None:
        self._images = images
        self._directory = directory
        self._ledger = ledger
        self._blobs = blobs
        self._decisions = decisions
        self._tasks = tasks

    async def commit(self, collection: str, image_id: str, commit: ImageCommit) -> CommitResponse:
        """Make an image visible, as the port has it."""
        size, in_collection = await asyncio.gather(
            self._blobs.size(commit.sha256), self._directory.check(collection, commit.space, commit.recipe)
        )
        if size is None:
            raise _not_stored()
        if in_collection is None:
            await self._ledger.require_room()
            in_collection = await self._directory.enter(collection, commit.space, commit.recipe)
        thumbnail = await asyncio.to_thread(lambda: hashlib.sha256(commit.thumbnail.data).hexdigest())
        await self._blobs.put(thumbnail, commit.thumbnail.data)
        try:
            while True:
                image = documents.image(in_collection, image_id, commit, size=size, thumbnail=thumbnail)
                intent, outcome = await self._write(collection, image)
                if outcome != "moved":
                    break
                # The collection was removed in this very moment.
                await self._ledger.end(intent, in_collection, 0)
                in_collection = await self._directory.enter(collection, commit.space, commit.recipe)
        except BaseException:
            self._tasks.start(self._blobs.close_upload(thumbnail))
            raise
        if isinstance(outcome, Former):
            added = not outcome.existed
            image["created_at"] = outcome.created_at or image["created_at"]
            await self._end(intent, in_collection, int(added), (commit.sha256, thumbnail), outcome.files)
        else:
            added = False
            await self._end(intent, in_collection, 0, (commit.sha256, thumbnail))
        return CommitResponse(record=documents.record(image), created=added)

    async def amend(self, collection: str, image_id: str, amendment: Amendment) -> ImageRecord | None:
        """Change an image's label and metadata, as the port has it."""
        in_collection = await self._directory.key(collection)
        if in_collection is None:
            return None
        key = documents.key(in_collection, image_id)
        if not await self._images.is_at(key, amendment.revision):
            return None

        async def write(intent: Intent) -> Document | Missed:
            return await self._images.amend(key, intent.seq, amendment)

        intent, outcome = await self._numbered(key, (), write, adds=False)
        await self._end(intent, in_collection, 0)
        return None if isinstance(outcome, str) else documents.record(outcome)

    async def delete(self, collection: str, image_id: str) -> int | None:
        """Put a tombstone in the place of an image, as the port has it."""
        in_collection = await self._directory.key(collection)
        if in_collection is None or not await self._images.exists(documents.key(in_collection, image_id)):
            return None
        seq, outcome = await self._entomb(in_collection, image_id)
        return None if outcome == "gone" else seq

    async def discard(self, collection: str, written: Mapping[str, int]) -> list[int]:
        """Put tombstones in the places of these writes, as the port has it."""
        in_collection = await self._directory.key(collection)
        if in_collection is None:
            return []
        turns = asyncio.Semaphore(_AT_ONCE)

        async def discard(image_id: str, of: int) -> int | None:
            async with turns:
                if not await self._images.is_at(documents.key(in_collection, image_id), of):
                    return None
                seq, outcome = await self._entomb(in_collection, image_id, of)
                return seq if isinstance(outcome, Former) else None

        done = await asyncio.gather(*(discard(image_id, of) for image_id, of in written.items()))
        return [seq for seq in done if seq is not None]

    async def _entomb(self, in_collection: str, image_id: str, of: int | None = None) -> tuple[int, Former | Missed]:
        async def write(intent: Intent) -> Former | Missed:
            return await self._images.entomb(in_collection, image_id, intent.seq, of)

        intent, outcome = await self._numbered(documents.key(in_collection, image_id), (), write, adds=False)
        if isinstance(outcome, Former):
            await self._end(intent, in_collection, -1, (), outcome.files)
        else:
            await self._end(intent, in_collection, 0)
        return intent.seq, outcome

    async def drop(self, collection: str) -> int | None:
        """Take a collection's name away, as the port has it."""
        dropped = await self._directory.drop(collection)
        if dropped is None:
            return None
        key, version = dropped
        await self._ledger.discount(key)
        return await self.announce(version)

    async def announce(self, version: int) -> int:
        """Draw the number of a change of the directory, and wait until all earlier writes are visible."""
        seq, horizon = await self._ledger.announce(version)
        await self._ledger.wait_for(seq, horizon)
        return seq

    async def purge(self) -> bool:
        """Remove some images of dropped collections, as the port has it."""
        for collection in await self._directory.dropped():
            # In this order: a write that begins from now on finds that the name is not the collection's any more.
            under_way = await self._ledger.writes_to(collection)
            if buried := await self._images.bury(collection, _PURGED_AT_ONCE):
                await asyncio.gather(*(self._settle_buried(image) for image in buried))
                await self._images.erase([image["_id"] for image in buried])
                return True
            if not under_way:
                await self._ledger.discount(collection)
                await self._decisions.forget(collection)
                await self._directory.forget(collection)
                return True
        return False

    async def settle_replaced(self, key: str, seq: int, files: Iterable[str]) -> int:
        """Remove the files that an image no longer has and nobody else needs, and count them."""
        removed = [await self._blobs.settle(sha256) for sha256 in files]
        await self._images.forget_replaced(key, seq)
        return sum(removed)

    async def _settle_buried(self, image: Document) -> None:
        if "replaced" in image:
            await self.settle_replaced(image["_id"], image["seq"], image["replaced"])

    async def _write(self, collection: str, image: Document) -> tuple[Intent, Former | Missed]:
        key, files = image["_id"], frozenset((image["sha256"], image["thumbnail"]))

        async def write(intent: Intent) -> Former | Missed:
            if await self._directory.key(collection) != image["collection"]:
                return "moved"
            if not await self._blobs.secure(files):
                raise _not_stored()
            image["seq"] = Int64(intent.seq)
            return await self._images.write(image)

        return await self._numbered(key, files, write, adds=not await self._images.exists(key))

    async def _numbered(
        self,
        key: str,
        files: Iterable[str],
        write: Callable[[Intent], Awaitable[Written | Missed]],
        *,
        adds: bool,
    ) -> tuple[Intent, Written | Missed]:
        for _ in range(_ATTEMPTS):
            intent = await self._begin(key, files, adds=adds)
            try:
                outcome = await write(intent)
            except BaseException:
                self._tasks.start(self._ledger.give_up(intent))
                raise
            if outcome not in ("fenced", "outrun"):
                return intent, outcome
            await self._ledger.give_up(intent)
        raise TryAgain("Other writers came before this write again and again.")

    async def _begin(self, key: str, files: Iterable[str], *, adds: bool) -> Intent:
        try:
            return await self._ledger.begin(key, files, adds=adds)
        except LimitReached:
            # Another writer may have added this very image in between; then nothing is added any more.
            if not (adds and await self._images.exists(key)):
                raise
            return await self._ledger.begin(key, files)

    async def _end(
        self,
        intent: Intent,
        collection: str,
        added: int,
        uploads: Sequence[str] = (),
        former: frozenset[str] = frozenset(),
    ) -> None:
        try:
            horizon = await self._ledger.end(intent, collection, added)
        except BaseException:
            self._tasks.start(self._ledger.give_up(intent))
            raise
        await asyncio.gather(
            self._ledger.wait_for(intent.seq, horizon),
            *([self._blobs.close_uploads(uploads, intent.key, intent.seq)] if uploads else []),
            *([self.settle_replaced(intent.key, intent.seq, former)] if former else []),
        )


def _not_stored() -> Conflict:
    return Conflict("The bytes of this image are not stored; send them again.")
