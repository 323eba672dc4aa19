"""One SQLite file: a connection that writes, a few that read, and a lock against other processes."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from services.search.ports import StoreUnusable
from services.search.stores.sqlite import schema
from shared.errors import LimitReached, TryAgain

_READERS = 4
_PAGE_BYTES = 8192
_BUSY_SECONDS = 5
_WAL_BYTES = 64 * 2**20

_MAY_HEAL = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR})
_NOT_OURS = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH})
_NO_STORE = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_TOOBIG})


class Session:
    """One connection; each call runs a statement to its end in the connection's own thread."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def all(self, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        """Run a statement and read all rows of its result."""
        return list(await self._connection.execute_fetchall(sql, parameters))

    async def one(self, sql: str, *parameters: Any) -> sqlite3.Row | None:
        """Run a statement and read the first row of its result."""
        rows = await self.all(sql, *parameters)
        return rows[0] if rows else None

    async def next_revision(self) -> int:
        """Take the next number of the store's sequence, within a transaction."""
        row = await self.one("UPDATE sequence SET revision = revision + 1 RETURNING revision")
        assert row is not None, "the schema makes the one row"
        return int(row["revision"])

    async def rollback(self) -> None:
        """End a transaction, if one is open, without a trace."""
        await self._connection.rollback()


class Database:
    """Gives out transactions, one at a time, and reads, which never wait for them.

    A file belongs to one process: indexes live in the memory of the process that feeds them, so a second service would
    answer without the first one's latest writes. The lock on a file beside it ends with the process, however it ends.

    Args:
        path: The file; it is made, with its folder, if it is not there.
        max_bytes: What the file may grow to.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._writing = asyncio.Lock()
        self._readers: asyncio.LifoQueue[Session] = asyncio.LifoQueue()
        self._opened = AsyncExitStack()
        self._writer: Session

    async def open(self) -> None:
        """Open or make the file.

        Raises:
            TryAgain: Another process has it open, or the disk does not answer.
            StoreUnusable: The file is of a newer version, or no store at all.
        """
        async with AsyncExitStack() as opening:
            with _in_our_words(), _unusable_where_nothing_helps(self._path):
                await asyncio.to_thread(self._path.parent.mkdir, parents=True, exist_ok=True)
                await self._lock(opening)
                self._writer = await self._connect(opening)
                await self._prepare(self._writer)
                self._readers = asyncio.LifoQueue()
                for _ in range(_READERS):
                    reader = await self._connect(opening)
                    await reader.one("PRAGMA query_only = ON")
                    self._readers.put_nowait(reader)
            self._opened = opening.pop_all()

    async def close(self) -> None:
        """Wait for the transaction under way, and close everything."""
        async with self._writing:
            await self._opened.aclose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Hold the write connection in a transaction: committed when the body ends, undone if it raises.

        Raises:
            LimitReached: The disk or the file is full.
            TryAgain: The disk failed, or something outside holds a lock on the file.
        """
        with _in_our_words():
            async with self._writing:
                try:
                    await self._writer.one("BEGIN IMMEDIATE")
                    yield self._writer
                    await self._writer.one("COMMIT")
                except BaseException:
                    # A cancelled statement may still run; this one queues behind it.
                    await self._writer.rollback()
                    raise

    async def read(self, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        """Run one query; it sees all transactions that have ended."""
        with _in_our_words():
            reader = await self._readers.get()
            try:
                return await reader.all(sql, *parameters)
            finally:
                self._readers.put_nowait(reader)

    async def _lock(self, opening: AsyncExitStack) -> None:
        beside = self._path.with_name(self._path.name + ".lock")
        lock = await opening.enter_async_context(aiosqlite.connect(beside, isolation_level=None, timeout=0))
        try:
            await lock.execute_fetchall("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if _kind(error) == sqlite3.SQLITE_BUSY:
                raise TryAgain("Another process has the store's file open.") from error
            raise

    async def _connect(self, opening: AsyncExitStack) -> Session:
        connection = aiosqlite.connect(self._path, isolation_level=None, timeout=_BUSY_SECONDS)
        await opening.enter_async_context(connection)
        connection.row_factory = sqlite3.Row
        return Session(connection)

    async def _prepare(self, writer: Session) -> None:
        version = await self._version(writer)
        await writer.one(f"PRAGMA page_size = {_PAGE_BYTES}")
        await writer.one("PRAGMA journal_mode = WAL")
        await writer.one("PRAGMA synchronous = FULL")
        await writer.one(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        await writer.one(f"PRAGMA max_page_count = {self._max_bytes // _PAGE_BYTES}")
        if version < schema.VERSION:
            await writer.one("BEGIN IMMEDIATE")
            for statement in (statement for step in schema.STEPS[version:] for statement in step):
                await writer.one(statement)
            await writer.one(f"PRAGMA user_version = {schema.VERSION}")
            await writer.one("COMMIT")
        # Only now, for a step may replace a table that others refer to.
        await writer.one("PRAGMA foreign_keys = ON")

    async def _version(self, writer: Session) -> int:
        version = int((await writer.all("PRAGMA user_version"))[0][0])
        if version > schema.VERSION:
            raise StoreUnusable(
                f"{self._path} was written by a newer version of Lookalike (its schema is {version}, "
                f"this one reads up to {schema.VERSION}). Start that version, or name another file in STORE_URL."
            )
        if version == 0 and await writer.one("SELECT 1 FROM sqlite_master"):
            raise StoreUnusable(f"{self._path} is an SQLite file of another program. Name another in STORE_URL.")
        return version


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if _kind(error) in _FULL:
            raise LimitReached("The store is full: its disk or its largest size is reached.") from error
        if _kind(error) in _MAY_HEAL:
            raise TryAgain("The store's file cannot be read or written at the moment.") from error
        raise


@contextmanager
def _unusable_where_nothing_helps(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if _kind(error) in _NO_STORE:
            raise StoreUnusable(f"{path} is damaged, or no SQLite file. Name another in STORE_URL.") from error
        if _kind(error) in _NOT_OURS:
            raise StoreUnusable(f"{path} cannot be opened for writing.") from error
        raise
    except OSError as error:
        raise StoreUnusable(f"The folder of {path} cannot be made: {error.strerror}.") from error


def _kind(error: sqlite3.DatabaseError) -> int:
    # The higher bits tell which operation failed.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
