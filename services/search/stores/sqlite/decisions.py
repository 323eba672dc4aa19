"""Decisions about near-duplicates: a row each, and one for each image that a decision names."""

import json
import sqlite3
from collections.abc import Collection, Sequence

from services.search.ports.decisions import MAX_DECISIONS
from services.search.stores.sqlite import rows
from services.search.stores.sqlite.database import Database
from shared.contracts.duplicates import StoredDecision
from shared.errors import LimitReached, NotFound

_PAGE = f"SELECT * FROM decisions WHERE collection = {rows.KEY} AND id > ? ORDER BY id LIMIT ?"  # noqa: S608

_ABOUT = f"""
    SELECT * FROM decisions WHERE (collection, id) IN
        (SELECT collection, decision FROM decided_images
         WHERE collection = {rows.KEY} AND image IN (SELECT value FROM json_each(?)))
    ORDER BY id
"""  # noqa: S608


class SqliteDecisions:
    """Implements `Decisions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, collection: str, decision: StoredDecision) -> None:
        async with self._database.transaction() as session:
            there = await session.one("SELECT key FROM collections WHERE name = ?", collection)
            if there is None:
                raise NotFound(f"There is no collection {collection}.")
            others = await session.all(
                "SELECT 1 FROM decisions WHERE collection = ? AND id <> ? LIMIT ?",
                there["key"],
                decision.id,
                MAX_DECISIONS,
            )
            if len(others) == MAX_DECISIONS:
                raise LimitReached(f"There are {MAX_DECISIONS} decisions already, as many as are admitted.")
            await session.all(
                "INSERT OR REPLACE INTO decisions (collection, id, ids, verdict, keep, decided_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                there["key"],
                decision.id,
                json.dumps(decision.ids),
                decision.verdict,
                decision.keep,
                rows.microseconds(decision.decided_at),
            )
            await session.all(
                "INSERT OR IGNORE INTO decided_images (collection, image, decision) "
                "SELECT ?, value, ? FROM json_each(?)",
                there["key"],
                decision.id,
                json.dumps(decision.ids),
            )

    async def remove(self, collection: str, decision_id: str) -> bool:
        async with self._database.transaction() as session:
            removed = await session.all(
                f"DELETE FROM decisions WHERE collection = {rows.KEY} AND id = ? RETURNING id",  # noqa: S608
                collection,
                decision_id,
            )
            return bool(removed)

    async def page(self, collection: str, after: str, limit: int) -> Sequence[StoredDecision]:
        return [_decision(row) for row in await self._database.read(_PAGE, collection, after, limit)]

    async def about(self, collection: str, image_ids: Collection[str]) -> Sequence[StoredDecision]:
        found = await self._database.read(_ABOUT, collection, json.dumps(list(image_ids)))
        return [_decision(row) for row in found]


def _decision(row: sqlite3.Row) -> StoredDecision:
    return StoredDecision(
        id=row["id"],
        ids=tuple(json.loads(row["ids"])),
        verdict=row["verdict"],
        keep=row["keep"],
        decided_at=rows.moment(row["decided_at"]),
    )
