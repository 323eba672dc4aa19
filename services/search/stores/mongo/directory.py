"""The collections and the aliases: one document, so that a name never means two things."""

from collections import defaultdict
from collections.abc import Sequence

from bson import Int64

from services.search.stores.keys import new_key
from services.search.stores.mongo import documents
from services.search.stores.mongo.database import Database, Document, update_one
from services.search.stores.mongo.schema import DIRECTORY
from services.search.stores.spaces import require_recipe, require_space
from shared.contracts.collections import CollectionFacts
from shared.contracts.embedding import RecipeName, SpaceRef
from shared.errors import Conflict, LimitReached

_IT: Document = {"_id": DIRECTORY}
_ONE_MORE: Document = {"version": {"$add": ["$version", Int64(1)]}}
_TO_BE_ANNOUNCED: Document = {**_ONE_MORE, "changed": {"$add": ["$version", Int64(1)]}}


class Directory:
    """The one document of the collection `collections`.

    It has `collections` (by name: key, space, recipe and so on), `aliases` (the names that they stand for), `dropped`
    (keys whose images are still to be removed), `version`, which every change increases, and `changed`, the version of
    the last change that draws a number of its own: one that comes with an image needs none.

    Args:
        database: Where it is.
        limit: Number of collections that is admitted, and of aliases.
    """

    def __init__(self, database: Database, limit: int) -> None:
        self._directory = database.directory
        self._limit = limit

    async def changed(self) -> int:
        """Give the version of the last change that is to be announced."""
        return int((await self._read({"changed": 1}))["changed"])

    async def all(self) -> list[tuple[str, Document, list[str]]]:
        """Give name, entry and aliases of each collection, in the order of the names."""
        directory = await self._read({"collections": 1, "aliases": 1})
        aliases: dict[str, list[str]] = defaultdict(list)
        for alias, name in sorted(directory["aliases"].items()):
            aliases[name].append(alias)
        return [(name, entry, aliases[name]) for name, entry in sorted(directory["collections"].items())]

    async def key(self, name: str) -> str | None:
        """Give the key of a collection."""
        entry = await self._entry(name)
        return None if entry is None else str(entry["key"])

    async def create(self, name: str, facts: CollectionFacts) -> int | None:
        """Make an empty collection, and give the directory's version; None where these facts are true of one."""
        while True:
            version, entry = await self._admitted(name)
            if entry is not None:
                if not documents.collection(name, entry, 0, ()).agrees(facts):
                    raise Conflict(f"There is a collection {name} already, and other facts are true of it.")
                return None
            if await self._add(name, version, facts, _TO_BE_ANNOUNCED):
                return version + 1

    async def describe(self, name: str, description: str) -> int | None:
        """Replace a description, and give the directory's version."""
        literal = {"$literal": description}
        return await self._change(name, {f"collections.{name}.description": literal})

    async def drop(self, name: str) -> tuple[str, int] | None:
        """Take a collection and its aliases away, and give its key and the directory's version."""
        while (key := await self.key(name)) is not None:
            others = {"$filter": {"input": {"$objectToArray": "$aliases"}, "cond": {"$ne": ["$$this.v", name]}}}
            changed = await update_one(
                self._directory,
                {**_IT, f"collections.{name}.key": key},
                [
                    {
                        "$set": {
                            "dropped": {"$concatArrays": ["$dropped", [key]]},
                            "aliases": {"$arrayToObject": others},
                            **_TO_BE_ANNOUNCED,
                        }
                    },
                    {"$unset": f"collections.{name}"},
                ],
                projection={"version": 1},
                after=True,
            )
            if changed is not None:
                return key, int(changed["version"])
        return None

    async def dropped(self) -> Sequence[str]:
        """Give the keys of collections that are gone, but some of their images are perhaps not."""
        return list((await self._read({"dropped": 1}))["dropped"])

    async def forget(self, key: str) -> None:
        """Note that nothing is left of a collection that was dropped."""
        await self._directory.update_one(_IT, {"$pull": {"dropped": key}})

    async def alias(self, alias: str, name: str) -> int | None:
        """Let an alias stand for a collection, and give the directory's version; None if there is no collection."""
        others = {
            "$size": {"$setDifference": [{"$objectToArray": "$aliases"}, [{"k": alias, "v": f"$aliases.{alias}"}]]}
        }
        free = {f"collections.{alias}": {"$exists": False}, "$expr": {"$lt": [others, self._limit]}}
        version = await self._change(name, {f"aliases.{alias}": {"$literal": name}}, free)
        if version is not None or await self._entry(name) is None:
            return version
        if await self._entry(alias) is not None:
            raise Conflict(f"{alias} is the name of a collection.")
        raise LimitReached(f"There are {self._limit} aliases already, as many as are admitted.")

    async def unalias(self, alias: str) -> int | None:
        """Remove an alias, and give the directory's version."""
        changed = await update_one(
            self._directory,
            {**_IT, f"aliases.{alias}": {"$exists": True}},
            [{"$unset": f"aliases.{alias}"}, {"$set": _TO_BE_ANNOUNCED}],
            projection={"version": 1},
            after=True,
        )
        return None if changed is None else int(changed["version"])

    async def check(self, name: str, space: SpaceRef, recipe: RecipeName | None) -> str | None:
        """Give the key of the collection for an image; None where `enter` has to make it, or to give it its space.

        Raises:
            Conflict: The name is that of an alias.
            EmbeddingSpaceMismatch: The image's vector does not belong there.
            LimitReached: There are too many collections.
        """
        _, entry = await self._admitted(name)
        if entry is None:
            return None
        if entry["space"] is None:
            require_recipe(name, entry["recipe"], recipe)
            return None
        require_space(name, documents.space(entry["space"]), space)
        return str(entry["key"])

    async def enter(self, name: str, space: SpaceRef, recipe: RecipeName | None) -> str:
        """Give the key of the collection for its first image, and see to it that it is there and has a space.

        Raises:
            The same as `check`.
        """
        while (key := await self.check(name, space, recipe)) is None:
            version, entry = await self._admitted(name)
            if entry is None:
                await self._add(name, version, CollectionFacts(), _ONE_MORE)
            else:
                await self._fix(name, str(entry["key"]), space, recipe)
        return key

    async def _fix(self, name: str, key: str, space: SpaceRef, recipe: RecipeName | None) -> None:
        """Give a collection its space, unless another writer is first."""
        at = f"collections.{name}"
        fixed = {
            f"{at}.space": {"$literal": documents.space_document(space)},
            f"{at}.recipe": {"$ifNull": [f"${at}.recipe", {"$literal": recipe}]},
        }
        without_space = {**_IT, f"{at}.key": key, f"{at}.space": None}
        await self._directory.update_one(without_space, [{"$set": {**fixed, **_ONE_MORE}}])

    async def _add(self, name: str, version: int, facts: CollectionFacts, counted: Document) -> bool:
        """Add a collection, if the directory is still of the version in which there was none: so its key is new."""
        entry = {"$literal": documents.new_collection(new_key(name, version), facts)}
        unchanged = {**_IT, "version": Int64(version)}
        added = await self._directory.update_one(unchanged, [{"$set": {f"collections.{name}": entry, **counted}}])
        return added.modified_count > 0

    async def _change(self, name: str, change: Document, condition: Document | None = None) -> int | None:
        changed = await update_one(
            self._directory,
            {**_IT, f"collections.{name}": {"$exists": True}, **(condition or {})},
            [{"$set": {**change, **_TO_BE_ANNOUNCED}}],
            projection={"version": 1},
            after=True,
        )
        return None if changed is None else int(changed["version"])

    async def _entry(self, name: str) -> Document | None:
        directory = await self._read({f"collections.{name}": 1})
        entry: Document | None = directory.get("collections", {}).get(name)
        return entry

    async def _admitted(self, name: str) -> tuple[int, Document | None]:
        """Give the directory's version and the entry of a collection; None where there is none, and there may be one.

        Raises:
            Conflict: The name is that of an alias.
            LimitReached: There are too many collections.
        """
        directory = await self._read({"collections": 1, f"aliases.{name}": 1, "version": 1})
        if name in directory.get("aliases", {}):
            raise Conflict(f"{name} is an alias, which another collection cannot have as its name.")
        entries = directory["collections"]
        if name not in entries and len(entries) >= self._limit:
            raise LimitReached(f"There are {self._limit} collections already, as many as are admitted.")
        return int(directory["version"]), entries.get(name)

    async def _read(self, projection: Document) -> Document:
        directory = await self._directory.find_one(_IT, projection)
        assert directory is not None, "opening the store makes it"
        return directory
