"""Decisions about near-duplicates: a document each."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from pymongo.errors import DuplicateKeyError

from services.search.ports.decisions import MAX_DECISIONS
from services.search.stores.mongo import documents
from services.search.stores.mongo.database import Collection as Documents
from services.search.stores.mongo.database import Database, Document
from services.search.stores.mongo.directory import Directory
from services.search.stores.mongo.documents import microseconds
from services.search.stores.mongo.errors import in_our_words
from shared.contracts.duplicates import StoredDecision
from shared.errors import LimitReached, NotFound

_NO_KEY = ""


class MongoDecisions:
    """Implements `Decisions` in the collection `decisions`; each write is one of a single document.

    Args:
        timeout: Deadline of one read or write, in seconds.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._decisions: Documents
        self._directory: Directory

    def use(self, database: Database, directory: Directory) -> None:
        """Read and write in this database, where collections have the keys that the directory gives them."""
        self._decisions = database.decisions
        self._directory = directory

    async def put(self, collection: str, decision: StoredDecision) -> None:
        async with self._in_time():
            if (in_collection := await self._directory.key(collection)) is None:
                raise NotFound(f"There is no collection {collection}.")
            key = documents.key(in_collection, decision.id)
            # Two who put the last one at the same moment may both be let in; the bound is there for the disk.
            others = {"collection": in_collection, "_id": {"$ne": key}}
            if await self._decisions.count_documents(others, limit=MAX_DECISIONS) == MAX_DECISIONS:
                raise LimitReached(f"There are {MAX_DECISIONS} decisions already, as many as are admitted.")
            written = {
                "collection": in_collection,
                "id": decision.id,
                "ids": list(decision.ids),
                "verdict": decision.verdict,
                "keep": decision.keep,
                "decided_at": microseconds(decision.decided_at),
            }
            try:
                await self._decisions.replace_one({"_id": key}, written, upsert=True)
            except DuplicateKeyError:  # another one made it at the same moment: now it is there to be replaced
                await self._decisions.replace_one({"_id": key}, written)

    async def remove(self, collection: str, decision_id: str) -> bool:
        async with self._in_time():
            key = documents.key(await self._directory.key(collection) or _NO_KEY, decision_id)
            return (await self._decisions.delete_one({"_id": key})).deleted_count == 1

    async def page(self, collection: str, after: str, limit: int) -> Sequence[StoredDecision]:
        async with self._in_time():
            wanted = {"collection": await self._directory.key(collection), "id": {"$gt": after}}
            return [_decision(document) async for document in self._decisions.find(wanted).sort("id", 1).limit(limit)]

    async def about(self, collection: str, image_ids: Collection[str]) -> Sequence[StoredDecision]:
        async with self._in_time():
            wanted = {"collection": await self._directory.key(collection), "ids": {"$in": list(image_ids)}}
            return [_decision(document) async for document in self._decisions.find(wanted).sort("id", 1)]

    async def forget(self, key: str) -> None:
        """Remove all decisions of a collection that was dropped."""
        await self._decisions.delete_many({"collection": key})

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        with in_our_words():
            async with asyncio.timeout(self._timeout):
                yield


def _decision(document: Document) -> StoredDecision:
    return StoredDecision(
        id=document["id"],
        ids=tuple(document["ids"]),
        verdict=document["verdict"],
        keep=document["keep"],
        decided_at=documents.moment(document["decided_at"]),
    )
