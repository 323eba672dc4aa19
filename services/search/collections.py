"""The use cases of collections and aliases."""

from contextlib import suppress

from services.search.directory import Directory
from services.search.follower import Follower
from services.search.ports import ImageStore
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.collections import (
    Alias,
    AliasList,
    Collection,
    CollectionFacts,
    CollectionList,
    DeletedAlias,
    DeletedCollection,
    NewCollection,
    StoredAlias,
    StoredCollection,
)
from shared.errors import Conflict, NotFound, TryAgain

_NOTHING_YET = Collection(
    name=DEFAULT_COLLECTION,
    images=0,
    recipe=None,
    space=None,
    projection=None,
    description="",
    aliases=(),
    created_at=None,
)


class Collections:
    """Writes go to the store, and are answered once this service knows them; others learn of them as of all writes.

    Every method that names a collection or an alias that does not exist raises `NotFound`. The collection `default`
    always exists: one that was deleted is empty, and has no embedding space.

    Args:
        store: Has the collections.
        follower: Knows them.
        revision_wait_seconds: How long a write may take to be known here before it is answered all the same.
    """

    def __init__(self, store: ImageStore, follower: Follower, revision_wait_seconds: float) -> None:
        self._store = store
        self._follower = follower
        self._revision_wait = revision_wait_seconds

    async def resolve(self, name: str) -> str:
        """Give the collection's name for an alias, and any other name as it is.

        This is the one place where aliases are resolved. Whatever another service was told before is known: else, for
        a moment, an alias might stand for a collection that is deleted already.
        """
        if name not in self._follower.directory.keys:
            try:
                await self._follower.catch_up()
            except TryAgain:  # an index is away: the store knows, too
                return Directory.of(await self._store.collections()).resolve(name)
        return self._follower.directory.resolve(name)

    async def create(self, new: NewCollection) -> StoredCollection:
        """Make an empty collection; one that is there already, and that the same is said of, is no mistake.

        Raises:
            Conflict: There is one of which something else is said, or the name is that of an alias.
            LimitReached: There are as many collections as the settings admit.
        """
        revision = await self._store.create(new.name, CollectionFacts(**new.model_dump(exclude={"name"})))
        await self._show(revision)
        return StoredCollection(
            collection=await self.get(new.name),
            created=revision is not None,
            revision=self._follower.revision if revision is None else revision,
        )

    async def list(self) -> CollectionList:
        """Describe all collections."""
        there = {collection.name: collection for collection in (await self._store.collections()).values()}
        there.setdefault(DEFAULT_COLLECTION, _NOTHING_YET)
        return CollectionList(collections=tuple(there[name] for name in sorted(there)))

    async def get(self, name: str) -> Collection:
        """Describe a collection."""
        for collection in (await self.list()).collections:
            if collection.name == name:
                return collection
        raise _no_collection(name)

    async def describe(self, name: str, description: str) -> StoredCollection:
        """Replace a collection's description."""
        await self._make_default(name)
        revision = await self._store.describe(name, description)
        if revision is None:
            raise _no_collection(name)
        await self._show(revision)
        return StoredCollection(collection=await self.get(name), created=False, revision=revision)

    async def delete(self, name: str) -> DeletedCollection:
        """Remove a collection with its aliases and all its images.

        When this is answered nobody finds any of it; its bytes are removed soon after.

        Raises:
            Conflict: The name is that of an alias: it stands for a collection that others may know by its name.
        """
        real = await self.resolve(name)
        if real != name:
            raise Conflict(f"{name} is an alias of the collection {real}; delete that, or the alias.")
        revision = await self._store.drop(name)
        if revision is None and name != DEFAULT_COLLECTION:
            raise _no_collection(name)
        await self._show(revision)
        return DeletedCollection(name=name, revision=self._follower.revision if revision is None else revision)

    async def put_alias(self, alias: str, collection: str) -> StoredAlias:
        """Let an alias stand for a collection from now on, whatever it stood for.

        Raises:
            Conflict: The alias is the name of a collection.
            LimitReached: There are as many aliases as the settings admit collections.
        """
        if alias == DEFAULT_COLLECTION:
            raise Conflict(f"{alias} is the name of a collection.")
        name = await self.resolve(collection)
        await self._make_default(name)
        revision = await self._store.alias(alias, name)
        if revision is None:
            raise _no_collection(name)
        await self._show(revision)
        return StoredAlias(alias=alias, collection=name, revision=revision)

    async def aliases(self) -> AliasList:
        """Give all aliases."""
        there = (await self._store.collections()).values()
        pairs = sorted((alias, collection.name) for collection in there for alias in collection.aliases)
        return AliasList(aliases=tuple(Alias(alias=alias, collection=name) for alias, name in pairs))

    async def delete_alias(self, alias: str) -> DeletedAlias:
        """Remove an alias."""
        revision = await self._store.unalias(alias)
        if revision is None:
            raise NotFound(f"There is no alias {alias}.")
        await self._show(revision)
        return DeletedAlias(alias=alias, revision=revision)

    async def _make_default(self, name: str) -> None:
        if name == DEFAULT_COLLECTION:
            await self._store.create(name, CollectionFacts())

    async def _show(self, revision: int | None) -> None:
        if revision is not None:
            with suppress(TryAgain):
                await self._follower.wait_for(revision, self._revision_wait)


def _no_collection(name: str) -> NotFound:
    return NotFound(f"There is no collection {name}.")
