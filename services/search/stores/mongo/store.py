"""The store for many: images in MongoDB."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from services.search.ports import Change, Entry, StoredBytes, StoreLimits, Vector
from services.search.stores.mongo import documents
from services.search.stores.mongo.blobs import Blobs
from services.search.stores.mongo.database import Database, database_name
from services.search.stores.mongo.decisions import MongoDecisions
from services.search.stores.mongo.directory import Directory
from services.search.stores.mongo.errors import in_our_words, unusable_where_nothing_helps
from services.search.stores.mongo.images import Images
from services.search.stores.mongo.ledger import Ledger
from services.search.stores.mongo.options import MongoOptions
from services.search.stores.mongo.schema import prepare
from services.search.stores.mongo.tasks import Tasks
from services.search.stores.mongo.writer import Writer
from shared.contracts import collections
from shared.contracts.collections import CollectionFacts
from shared.contracts.search import Amendment, CommitResponse, ImageCommit, ImageRecord
from shared.errors import TryAgain

Answer = TypeVar("Answer")

_SWEPT_AT_ONCE = 10_000
_READ_ATTEMPTS = 5
_NO_KEY = ""
"""That of a collection that is not there: nothing belongs to it."""


class MongoStore:
    """Implements `ImageStore`; the package tells how.

    A write that was begun is brought to its end, or to the deadline, even if the request that began it is cancelled.

    Args:
        url: `mongodb://`, hosts, and the name of a database, which is `lookalike` where none is named.
        limits: What is admitted; how much the disk takes is the server's affair.
        options: Sizes and deadlines.

    Raises:
        ValueError: The URL is not one of MongoDB.
    """

    kind: ClassVar[str] = "mongodb"

    def __init__(self, url: str, limits: StoreLimits, options: MongoOptions) -> None:
        database_name(url)
        self._url = url
        self._limits = limits
        self._options = options
        self._tasks = Tasks()
        self.decisions = MongoDecisions(options.timeout)
        self._database: Database | None = None
        self._images: Images
        self._directory: Directory
        self._ledger: Ledger
        self._blobs: Blobs
        self._writer: Writer

    async def open(self) -> None:
        database = Database(self._url, self._options)
        try:
            with in_our_words(), unusable_where_nothing_helps():
                async with asyncio.timeout(self._options.timeout):
                    await prepare(database)
        except BaseException:
            database.close()
            raise
        self._database = database
        self._images = Images(database)
        self._directory = Directory(database, self._limits.collections)
        self.decisions.use(database, self._directory)
        self._ledger = Ledger(database, self._images, self._limits, self._options.lease)
        self._blobs = Blobs(database, self._images, self._ledger)
        self._writer = Writer(self._images, self._directory, self._ledger, self._blobs, self.decisions, self._tasks)

    async def identity(self) -> str:
        return await self._in_time(self._ledger.identity())

    async def close(self) -> None:
        await self._tasks.finish()
        if self._database is not None:
            self._database.close()
            self._database = None

    async def put_blob(self, sha256: str, data: bytes) -> None:
        await self._to_its_end(self._blobs.put(sha256, data))

    async def release_blob(self, sha256: str) -> None:
        await self._to_its_end(self._blobs.close_upload(sha256))

    async def commit(self, collection: str, image_id: str, commit: ImageCommit) -> CommitResponse:
        return await self._to_its_end(self._writer.commit(collection, image_id, commit))

    async def amend(self, collection: str, image_id: str, amendment: Amendment) -> ImageRecord | None:
        return await self._to_its_end(self._writer.amend(collection, image_id, amendment))

    async def delete(self, collection: str, image_id: str) -> int | None:
        return await self._to_its_end(self._writer.delete(collection, image_id))

    async def discard(self, collection: str, written: Mapping[str, int]) -> list[int]:
        return await self._to_its_end(self._writer.discard(collection, written))

    async def record(self, collection: str, image_id: str) -> ImageRecord | None:
        return (await self.records(collection, [image_id])).get(image_id)

    async def records(self, collection: str, image_ids: Collection[str]) -> dict[str, ImageRecord]:
        return await self._of(collection, lambda key: self._images.records(key, image_ids))

    async def page(self, collection: str, after: str, limit: int) -> list[ImageRecord]:
        return await self._of(collection, lambda key: self._images.page(key, after, limit))

    async def known(self, collection: str, sha256: Collection[str]) -> set[str]:
        return await self._of(collection, lambda key: self._images.known(key, sha256))

    async def content(self, collection: str, image_id: str) -> StoredBytes | None:
        async def read(key: str) -> StoredBytes | None:
            # An image that is replaced between the two reads has lost the bytes that were looked for.
            for _ in range(_READ_ATTEMPTS):
                record = (await self._images.records(key, [image_id])).get(image_id)
                if record is None:
                    return None
                if (data := await self._blobs.read(record.sha256)) is not None:
                    return StoredBytes(data, record.content_type, record.sha256)
            raise TryAgain("The image is being replaced again and again.")

        return await self._of(collection, read)

    async def thumbnail(self, collection: str, image_id: str) -> StoredBytes | None:
        async def read(key: str) -> StoredBytes | None:
            for _ in range(_READ_ATTEMPTS):
                sha256 = await self._images.thumbnail(key, image_id)
                if sha256 is None:
                    return None
                if (data := await self._blobs.read(sha256)) is not None:
                    return StoredBytes(data, "image/jpeg", sha256)
            raise TryAgain("The image is being replaced again and again.")

        return await self._of(collection, read)

    async def vector(self, collection: str, image_id: str) -> Vector | None:
        return await self._of(collection, lambda key: self._images.vector(key, image_id))

    async def entries(self, key: str, after: str, limit: int) -> list[tuple[str, Entry]]:
        return await self._in_time(self._images.entries(key, after, limit))

    async def sample(self, key: str, count: int) -> list[Vector]:
        with in_our_words():  # large: each of its commands has a deadline, but the whole has none
            return await self._images.sample(key, count)

    async def changes(self, since: int, limit: int) -> Sequence[Change]:
        async def read() -> Sequence[Change]:
            changes, intents = await self._images.changes(since, limit)
            await self._ledger.resolve_expired(intents)
            return changes

        return await self._in_time(read())

    async def last_changes(self, collection: str, image_ids: Collection[str]) -> dict[str, Change]:
        return await self._of(collection, lambda key: self._images.last_changes(key, image_ids))

    async def collections(self) -> Mapping[str, collections.Collection]:
        async def read() -> Mapping[str, collections.Collection]:
            there, counts = await asyncio.gather(self._directory.all(), self._ledger.counts())
            return {
                entry["key"]: documents.collection(name, entry, counts.get(entry["key"], 0), aliases)
                for name, entry, aliases in there
            }

        return await self._in_time(read())

    async def create(self, name: str, facts: CollectionFacts) -> int | None:
        return await self._announced(self._directory.create(name, facts))

    async def describe(self, name: str, description: str) -> int | None:
        return await self._announced(self._directory.describe(name, description))

    async def drop(self, name: str) -> int | None:
        return await self._to_its_end(self._writer.drop(name))

    async def purge(self) -> bool:
        return await self._in_time(self._writer.purge())

    async def alias(self, alias: str, name: str) -> int | None:
        return await self._announced(self._directory.alias(alias, name))

    async def unalias(self, alias: str) -> int | None:
        return await self._announced(self._directory.unalias(alias))

    async def revision(self) -> int:
        return await self._in_time(self._ledger.horizon())

    async def forgotten(self) -> int:
        return await self._in_time(self._ledger.forgotten())

    async def forget_tombstones(self, older_than: datetime) -> int:
        async def forget() -> int:
            seq, tombstones = await self._images.forgettable(older_than, await self._ledger.horizon())
            if not seq:
                return 0
            await self._ledger.forget(seq)
            return await self._images.forget(tombstones)

        return await self._in_time(forget())

    async def sweep(self, older_than: datetime) -> int:
        with in_our_words():
            abandoned = await self._blobs.unsettled(older_than, _SWEPT_AT_ONCE)
            removed = sum([await self._blobs.abandon(sha256, older_than) for sha256 in abandoned])
            for image in await self._images.with_replaced():
                removed += await self._writer.settle_replaced(image["_id"], image["seq"], image["replaced"])
            await self._ledger.recount()
            await self._announce_all()
        return removed

    async def _announced(self, change: Coroutine[Any, Any, int | None]) -> int | None:
        async def announce() -> int | None:
            version = await change
            return None if version is None else await self._writer.announce(version)

        return await self._to_its_end(announce())

    async def _announce_all(self) -> None:
        """Announce what a service has changed of the collections that died before it could do so."""
        if await self._ledger.announced() < (version := await self._directory.changed()):
            await self._ledger.announce(version)

    async def _of(self, collection: str, read: Callable[[str], Coroutine[Any, Any, Answer]]) -> Answer:
        """Read something of a collection by its key, which its name is looked up for: it may be another one by now."""

        async def look_up_and_read() -> Answer:
            return await read(await self._directory.key(collection) or _NO_KEY)

        return await self._in_time(look_up_and_read())

    async def _in_time(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        with in_our_words():
            async with asyncio.timeout(self._options.timeout):
                return await work

    async def _to_its_end(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return await self._tasks.run(self._in_time(work))
