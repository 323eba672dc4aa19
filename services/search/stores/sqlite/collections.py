"""The collections and aliases of the embedded store."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from sqlite3 import Row

from services.search.stores.keys import new_key
from services.search.stores.spaces import require_recipe, require_space
from services.search.stores.sqlite import rows
from services.search.stores.sqlite.database import Database, Session
from shared.contracts.collections import Collection, CollectionFacts
from shared.contracts.embedding import RecipeName, SpaceRef
from shared.errors import Conflict, LimitReached

_PURGED_AT_ONCE = 16
"""Images that are removed in one transaction: others wait for no more."""


class Collections:
    """The tables `collections` and `aliases`.

    Args:
        database: Has them.
        limit: Number of collections that is admitted, and of aliases.
    """

    def __init__(self, database: Database, limit: int) -> None:
        self._database = database
        self._limit = limit

    async def all(self) -> Mapping[str, Collection]:
        """Describe the collections by their keys."""
        aliases = defaultdict(list)
        for row in await self._database.read("SELECT name, collection FROM aliases ORDER BY name"):
            aliases[row["collection"]].append(row["name"])
        found = await self._database.read("SELECT * FROM collections WHERE name IS NOT NULL ORDER BY name")
        return {row["key"]: _collection(row, tuple(aliases[row["key"]])) for row in found}

    async def create(self, name: str, facts: CollectionFacts) -> int | None:
        """Make an empty collection, as the port has it."""
        async with self._database.transaction() as session:
            there = await self._find(session, name)
            if there is not None:
                if not _collection(there).agrees(facts):
                    raise Conflict(f"There is a collection {name} already, and other facts are true of it.")
                return None
            await self._add(session, name, facts)
            return await session.next_revision()

    async def describe(self, name: str, description: str) -> int | None:
        """Replace a description."""
        async with self._database.transaction() as session:
            if not await session.all(
                "UPDATE collections SET description = ? WHERE name = ? RETURNING key", description, name
            ):
                return None
            return await session.next_revision()

    async def drop(self, name: str) -> int | None:
        """Take a collection's name and aliases away."""
        async with self._database.transaction() as session:
            there = await self._find(session, name)
            if there is None:
                return None
            await session.all("DELETE FROM aliases WHERE collection = ?", there["key"])
            await session.all("UPDATE collections SET name = NULL, images = 0 WHERE key = ?", there["key"])
            return await session.next_revision()

    async def purge(self) -> bool:
        """Remove a few images of a collection without a name, or the collection itself after the last of them."""
        nameless = "SELECT key FROM collections WHERE name IS NULL LIMIT 1"
        if not await self._database.read(nameless):
            return False
        async with self._database.transaction() as session:
            gone = await session.one(nameless)
            if gone is None:
                return False
            removed = await session.all(
                "DELETE FROM images WHERE rowid IN (SELECT rowid FROM images WHERE collection = ? LIMIT ?) "
                "RETURNING sha256",
                gone["key"],
                _PURGED_AT_ONCE,
            )
            for row in removed:
                await session.all(rows.REMOVE_IF_UNUSED, row["sha256"])
            if len(removed) < _PURGED_AT_ONCE:
                await session.all("DELETE FROM collections WHERE key = ?", gone["key"])
            return True

    async def alias(self, alias: str, name: str) -> int | None:
        """Let an alias stand for a collection."""
        async with self._database.transaction() as session:
            there = await session.one("SELECT key FROM collections WHERE name = ?", name)
            if there is None:
                return None
            if await session.one("SELECT 1 FROM collections WHERE name = ?", alias):
                raise Conflict(f"{alias} is the name of a collection.")
            others = await session.all("SELECT name FROM aliases WHERE name != ?", alias)
            if len(others) >= self._limit:
                raise LimitReached(f"There are {self._limit} aliases already, as many as are admitted.")
            await session.all("INSERT OR REPLACE INTO aliases (name, collection) VALUES (?, ?)", alias, there["key"])
            return await session.next_revision()

    async def unalias(self, alias: str) -> int | None:
        """Remove an alias."""
        async with self._database.transaction() as session:
            if not await session.all("DELETE FROM aliases WHERE name = ? RETURNING name", alias):
                return None
            return await session.next_revision()

    async def enter(self, session: Session, name: str, space: SpaceRef, recipe: RecipeName | None) -> str:
        """Give the key of the collection for an image that is being committed; make the collection if need be.

        Raises:
            Conflict: The name is that of an alias.
            EmbeddingSpaceMismatch: The image's vector does not belong there.
            LimitReached: There are too many collections.
        """
        there = await self._find(session, name)
        if there is None:
            key = await self._add(session, name, CollectionFacts())
        elif there["fingerprint"] is None:
            key = str(there["key"])
            require_recipe(name, there["recipe"], recipe)
        else:
            require_space(name, rows.space(there), space)
            return str(there["key"])
        await session.all(
            "UPDATE collections SET fingerprint = ?, dimensions = ?, metric = ?, recipe = coalesce(recipe, ?) "
            "WHERE key = ?",
            space.fingerprint,
            space.dimensions,
            space.metric,
            recipe,
            key,
        )
        return key

    async def _find(self, session: Session, name: str) -> Row | None:
        if await session.one("SELECT 1 FROM aliases WHERE name = ?", name):
            raise Conflict(f"{name} is an alias, which another collection cannot have as its name.")
        return await session.one("SELECT * FROM collections WHERE name = ?", name)

    async def _add(self, session: Session, name: str, facts: CollectionFacts) -> str:
        there = await session.one(
            "SELECT revision, (SELECT count(*) FROM collections WHERE name IS NOT NULL) AS collections FROM sequence"
        )
        assert there is not None, "the schema makes the one row"
        if there["collections"] >= self._limit:
            raise LimitReached(f"There are {self._limit} collections already, as many as are admitted.")
        key = new_key(name, there["revision"])  # which grows with this transaction
        await session.all(
            "INSERT INTO collections (key, name, recipe, projection, description, created_at, images) "
            "VALUES (?, ?, ?, ?, ?, ?, 0)",
            key,
            name,
            facts.recipe,
            facts.projection,
            facts.description or "",
            rows.microseconds(datetime.now(UTC)),
        )
        return key


def _collection(row: Row, aliases: tuple[str, ...] = ()) -> Collection:
    return Collection(
        name=row["name"],
        images=row["images"],
        recipe=row["recipe"],
        space=None if row["fingerprint"] is None else rows.space(row),
        projection=row["projection"],
        description=row["description"],
        aliases=aliases,
        created_at=rows.moment(row["created_at"]),
    )
