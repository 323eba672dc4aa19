"""Commits and deletes: intent, record, intent closed, bytes looked after, and all earlier writes waited for."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence

from bson import Int64

from services.search.stores.mongo import documents
from services.search.stores.mongo.blobs import Blobs
from services.search.stores.mongo.images import Former, Images, Missed
from services.search.stores.mongo.ledger import Intent, Ledger
from services.search.stores.mongo.spaces import Spaces
from services.search.stores.mongo.tasks import Tasks
from shared.contracts.search import CommitResponse, ImageCommit
from shared.errors import Conflict, LimitReached, TryAgain

_ATTEMPTS = 4


class Writer:
    """Makes images visible and takes them away, in the steps that the package describes.

    Args:
        images: Their documents.
        spaces: Those of the collections.
        ledger: Gives the numbers.
        blobs: The bytes.
        tasks: Take over what a write that failed leaves to be settled.
    """

    def __init__(self, images: Images, spaces: Spaces, ledger: Ledger, blobs: Blobs, tasks: Tasks) -> None:
        self._images = images
        self._spaces = spaces
        self._ledger = ledger
        self._blobs = blobs
        self._tasks = tasks

    async def commit(self, collection: str, image_id: str, commit: ImageCommit) -> CommitResponse:
        """Make an image visible, as the port has it."""
        key = documents.key(collection, image_id)
        size, exists, replaces = await asyncio.gather(
            self._blobs.size(commit.sha256), self._spaces.check(collection, commit.space), self._images.exists(key)
        )
        if size is None:
            raise _not_stored()
        thumbnail = await asyncio.to_thread(lambda: hashlib.sha256(commit.thumbnail.data).hexdigest())
        await self._blobs.put(thumbnail, commit.thumbnail.data)
        files = frozenset((commit.sha256, thumbnail))
        image = documents.image(collection, image_id, commit, size=size, thumbnail=thumbnail)

        async def write(intent: Intent) -> Former | Missed:
            if not exists:
                await self._spaces.fix(collection, commit.space)
            if not await self._blobs.secure(files):
                raise _not_stored()
            image["seq"] = Int64(intent.seq)
            return await self._images.write(image)

        try:
            intent, outcome = await self._numbered(collection, key, files, write, adds=not replaces)
        except BaseException:
            self._tasks.start(self._blobs.close_upload(thumbnail))
            raise
        if isinstance(outcome, Former):
            added = not outcome.existed
            image["created_at"] = outcome.created_at or image["created_at"]
            await self._end(intent, collection, int(added), (commit.sha256, thumbnail), outcome.files)
        else:
            added = False
            await self._end(intent, collection, 0, (commit.sha256, thumbnail))
        return CommitResponse(record=documents.record(image), created=added)

    async def delete(self, collection: str, image_id: str) -> int | None:
        """Put a tombstone in the place of an image, as the port has it."""
        key = documents.key(collection, image_id)
        if not await self._images.exists(key):
            return None

        async def write(intent: Intent) -> Former | Missed:
            return await self._images.entomb(collection, image_id, intent.seq)

        intent, outcome = await self._numbered(collection, key, (), write, adds=False)
        if isinstance(outcome, Former):
            await self._end(intent, collection, -1, (), outcome.files)
        else:
            await self._end(intent, collection, 0)
        return None if outcome == "gone" else intent.seq

    async def settle_replaced(self, key: str, seq: int, files: Iterable[str]) -> int:
        """Remove the files that an image no longer has and nobody else needs, and count them."""
        removed = [await self._blobs.settle(sha256) for sha256 in files]
        await self._images.forget_replaced(key, seq)
        return sum(removed)

    async def _numbered(
        self,
        collection: str,
        key: str,
        files: Iterable[str],
        write: Callable[[Intent], Awaitable[Former | Missed]],
        *,
        adds: bool,
    ) -> tuple[Intent, Former | Missed]:
        for _ in range(_ATTEMPTS):
            intent = await self._begin(collection, key, files, adds=adds)
            try:
                outcome = await write(intent)
            except BaseException:
                self._tasks.start(self._ledger.give_up(intent))
                raise
            if outcome != "fenced":
                return intent, outcome
            await self._ledger.give_up(intent)
        raise TryAgain("Other writers gave this write up again and again.")

    async def _begin(self, collection: str, key: str, files: Iterable[str], *, adds: bool) -> Intent:
        try:
            return await self._ledger.begin(collection, key, files, adds=adds)
        except LimitReached:
            # Another writer may have added this very image in between; then nothing is added any more.
            if not (adds and await self._images.exists(key)):
                raise
            return await self._ledger.begin(collection, key, files)

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
