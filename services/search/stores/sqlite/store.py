"""The embedded store: images in one SQLite file."""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from services.search.ports import Change, Entry, StoredBytes, StoreLimits, Vector
from services.search.stores.sqlite import rows
from services.search.stores.sqlite.collections import Collections
from services.search.stores.sqlite.database import Database, Session
from services.search.stores.sqlite.decisions import SqliteDecisions
from shared.contracts import collections
from shared.contracts.collections import CollectionFacts
from shared.contracts.search import Amendment, CommitResponse, ImageCommit, ImageRecord
from shared.errors import Conflict, LimitReached

_PREFIX = "sqlite:///"
_SWEPT_AT_ONCE = 100
_READ_AT_ONCE = 256


class SqliteStore:
    """Implements `ImageStore`; the sequence number of a write is taken in its transaction.

    Args:
        url: `sqlite:///` and a path: `sqlite:///data/x.db` is relative, `sqlite:////srv/x.db` absolute.
        limits: What is admitted.

    Raises:
        ValueError: The URL names no file.
    """

    kind: ClassVar[str] = "sqlite"

    def __init__(self, url: str, limits: StoreLimits) -> None:
        path = url.removeprefix(_PREFIX)
        if path in ("", url):
            raise ValueError(f"the URL of an SQLite store is {_PREFIX} and the path of a file")
        self._database = Database(Path(path), limits.bytes)
        self._collections = Collections(self._database, limits.collections)
        self._limits = limits
        self.decisions = SqliteDecisions(self._database)

    async def open(self) -> None:
        await self._database.open()

    async def identity(self) -> str:
        return str((await self._database.read("SELECT identity FROM sequence"))[0]["identity"])

    async def close(self) -> None:
        await self._database.close()

    async def put_blob(self, sha256: str, data: bytes) -> None:
        async with self._database.transaction() as session:
            await session.all(
                "INSERT INTO blobs (sha256, size, open_uploads, put_at) VALUES (?, ?, 1, ?) "
                "ON CONFLICT DO UPDATE SET open_uploads = open_uploads + 1, put_at = excluded.put_at",
                sha256,
                len(data),
                rows.microseconds(datetime.now(UTC)),
            )
            await session.all("INSERT INTO contents (sha256, data) VALUES (?, ?) ON CONFLICT DO NOTHING", sha256, data)

    async def release_blob(self, sha256: str) -> None:
        async with self._database.transaction() as session:
            await self._close_upload(session, sha256)
            await session.all(rows.REMOVE_IF_UNUSED, sha256)

    async def commit(self, collection: str, image_id: str, commit: ImageCommit) -> CommitResponse:
        async with self._database.transaction() as session:
            blob = await session.one("SELECT size FROM blobs WHERE sha256 = ?", commit.sha256)
            if blob is None:
                raise Conflict("The bytes of this image are not stored; send them again.")
            key = await self._collections.enter(session, collection, commit.space, commit.recipe)
            before = await session.one(
                "SELECT sha256, created_at, deleted FROM images WHERE collection = ? AND id = ?", key, image_id
            )
            created = before is None or bool(before["deleted"])
            if created:
                await self._count_one_more(session, key)
            now = rows.microseconds(datetime.now(UTC))
            began = rows.microseconds(commit.created_at) if commit.created_at else now
            record = rows.new_record(
                collection,
                image_id,
                commit,
                size=blob["size"],
                revision=await session.next_revision(),
                created_at=began if before is None or created else before["created_at"],
                updated_at=now,
            )
            await session.all(rows.WRITE_IMAGE, *rows.image_parameters(key, record, commit.vector))
            await session.all(
                "INSERT INTO thumbnails (sha256, data) VALUES (?, ?) ON CONFLICT DO UPDATE SET data = excluded.data",
                commit.sha256,
                commit.thumbnail.data,
            )
            await self._close_upload(session, commit.sha256)
            if before is not None and before["sha256"] not in (None, commit.sha256):
                await session.all(rows.REMOVE_IF_UNUSED, before["sha256"])
            return CommitResponse(record=record, created=created)

    async def amend(self, collection: str, image_id: str, amendment: Amendment) -> ImageRecord | None:
        async with self._database.transaction() as session:
            before = await session.one(rows.READ_WRITTEN, collection, image_id, amendment.revision)
            if before is None:
                return None
            revision, now = await session.next_revision(), rows.microseconds(datetime.now(UTC))
            facts = amendment.label, json.dumps(amendment.metadata)
            await session.all(rows.AMEND_IMAGE, revision, *facts, now, before["collection"], image_id)
            return rows.record(before).model_copy(
                update={
                    "revision": revision,
                    "label": amendment.label,
                    "metadata": amendment.metadata,
                    "updated_at": rows.moment(now),
                }
            )

    async def delete(self, collection: str, image_id: str) -> int | None:
        async with self._database.transaction() as session:
            before = await session.one(
                f"SELECT collection, sha256 FROM images WHERE collection = {rows.KEY} AND id = ? AND NOT deleted",  # noqa: S608
                collection,
                image_id,
            )
            if before is None:
                return None
            return await self._entomb(session, before["collection"], image_id, before["sha256"])

    async def discard(self, collection: str, written: Mapping[str, int]) -> list[int]:
        async with self._database.transaction() as session:
            there = await session.all(rows.READ_WRITES, collection, json.dumps(list(written)))
            return [
                await self._entomb(session, row["collection"], row["id"], row["sha256"])
                for row in there
                if row["revision"] == written[row["id"]]
            ]

    async def record(self, collection: str, image_id: str) -> ImageRecord | None:
        return (await self.records(collection, [image_id])).get(image_id)

    async def records(self, collection: str, image_ids: Collection[str]) -> dict[str, ImageRecord]:
        found = await self._database.read(rows.READ_RECORDS, collection, json.dumps(list(image_ids)))
        return {row["id"]: rows.record(row) for row in found}

    async def page(self, collection: str, after: str, limit: int) -> list[ImageRecord]:
        found = await self._database.read(rows.READ_PAGE, collection, after, limit)
        return [rows.record(row) for row in found]

    async def known(self, collection: str, sha256: Collection[str]) -> set[str]:
        found = await self._database.read(
            f"SELECT DISTINCT sha256 FROM images WHERE collection = {rows.KEY} "  # noqa: S608
            "AND sha256 IN (SELECT value FROM json_each(?))",
            collection,
            json.dumps(list(sha256)),
        )
        return {row["sha256"] for row in found}

    async def content(self, collection: str, image_id: str) -> StoredBytes | None:
        found = await self._of_image("sha256, content_type, data", "contents", collection, image_id)
        return StoredBytes(found["data"], found["content_type"], found["sha256"]) if found else None

    async def thumbnail(self, collection: str, image_id: str) -> StoredBytes | None:
        found = await self._of_image("data", "thumbnails", collection, image_id)
        if found is None:
            return None
        return StoredBytes(found["data"], "image/jpeg", hashlib.sha256(found["data"]).hexdigest())

    async def vector(self, collection: str, image_id: str) -> Vector | None:
        found = await self._database.read(
            f"SELECT vector FROM images WHERE collection = {rows.KEY} AND id = ? AND NOT deleted",  # noqa: S608
            collection,
            image_id,
        )
        return rows.vector(found[0]["vector"]) if found else None

    async def entries(self, key: str, after: str, limit: int) -> list[tuple[str, Entry]]:
        found = await self._database.read(rows.READ_ENTRIES, key, after, limit)
        return [(row["id"], rows.entry(row)) for row in found]

    async def sample(self, key: str, count: int) -> list[Vector]:
        drawn = [row["id"] for row in await self._database.read(rows.SAMPLE_IDS, key, count)]
        vectors = []
        for start in range(0, len(drawn), _READ_AT_ONCE):
            some = json.dumps(drawn[start : start + _READ_AT_ONCE])
            vectors += [rows.vector(row["vector"]) for row in await self._database.read(rows.READ_VECTORS, key, some)]
        return vectors

    async def changes(self, since: int, limit: int) -> Sequence[Change]:
        found = await self._database.read(rows.READ_CHANGES, since, limit)
        return [rows.change(row) for row in found]

    async def last_changes(self, collection: str, image_ids: Collection[str]) -> dict[str, Change]:
        found = await self._database.read(rows.READ_LAST_CHANGES, collection, json.dumps(list(image_ids)))
        return {row["id"]: rows.change(row) for row in found}

    async def collections(self) -> Mapping[str, collections.Collection]:
        return await self._collections.all()

    async def create(self, name: str, facts: CollectionFacts) -> int | None:
        return await self._collections.create(name, facts)

    async def describe(self, name: str, description: str) -> int | None:
        return await self._collections.describe(name, description)

    async def drop(self, name: str) -> int | None:
        return await self._collections.drop(name)

    async def purge(self) -> bool:
        return await self._collections.purge()

    async def alias(self, alias: str, name: str) -> int | None:
        return await self._collections.alias(alias, name)

    async def unalias(self, alias: str) -> int | None:
        return await self._collections.unalias(alias)

    async def revision(self) -> int:
        return int((await self._database.read("SELECT revision FROM sequence"))[0]["revision"])

    async def forgotten(self) -> int:
        return int((await self._database.read("SELECT forgotten FROM sequence"))[0]["forgotten"])

    async def forget_tombstones(self, older_than: datetime) -> int:
        async with self._database.transaction() as session:
            dropped = await session.all(
                "DELETE FROM images WHERE deleted AND updated_at < ? RETURNING revision", rows.microseconds(older_than)
            )
            latest = max((row["revision"] for row in dropped), default=0)
            await session.all("UPDATE sequence SET forgotten = max(forgotten, ?)", latest)
            return len(dropped)

    async def sweep(self, older_than: datetime) -> int:
        removed = 0
        while True:
            async with self._database.transaction() as session:
                abandoned = await session.all(
                    "UPDATE blobs SET open_uploads = 0 WHERE sha256 IN "
                    "(SELECT sha256 FROM blobs WHERE open_uploads > 0 AND put_at < ? LIMIT ?) RETURNING sha256",
                    rows.microseconds(older_than),
                    _SWEPT_AT_ONCE,
                )
                for row in abandoned:
                    removed += len(await session.all(rows.REMOVE_IF_UNUSED, row["sha256"]))
            if len(abandoned) < _SWEPT_AT_ONCE:
                return removed

    async def _count_one_more(self, session: Session, key: str) -> None:
        total = await session.one("SELECT sum(images) AS number FROM collections")
        assert total is not None, "an aggregate has a row"
        if total["number"] >= self._limits.images:
            raise LimitReached(f"There are {self._limits.images} images already, as many as are admitted.")
        await session.all("UPDATE collections SET images = images + 1 WHERE key = ?", key)

    async def _entomb(self, session: Session, key: str, image_id: str, sha256: str) -> int:
        revision = await session.next_revision()
        now = rows.microseconds(datetime.now(UTC))
        await session.all(rows.WRITE_TOMBSTONE, key, image_id, revision, now)
        await session.all("UPDATE collections SET images = images - 1 WHERE key = ?", key)
        await session.all(rows.REMOVE_IF_UNUSED, sha256)
        return revision

    async def _close_upload(self, session: Session, sha256: str) -> None:
        await session.all(
            "UPDATE blobs SET open_uploads = open_uploads - 1 WHERE sha256 = ? AND open_uploads > 0", sha256
        )

    async def _of_image(self, columns: str, table: str, collection: str, image_id: str) -> sqlite3.Row | None:
        found = await self._database.read(
            f"SELECT {columns} FROM images JOIN {table} USING (sha256) WHERE collection = {rows.KEY} AND id = ?",  # noqa: S608
            collection,
            image_id,
        )
        return found[0] if found else None
