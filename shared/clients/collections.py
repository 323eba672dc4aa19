"""The calls about collections and aliases, which the gateway and the search service answer alike."""

from shared.clients.base import ServiceClient
from shared.contracts.base import CollectionName
from shared.contracts.collections import (
    AliasList,
    AliasTarget,
    Collection,
    CollectionList,
    CollectionPatch,
    DeletedAlias,
    DeletedCollection,
    NewCollection,
    ProjectionKind,
    StoredAlias,
    StoredCollection,
)
from shared.contracts.embedding import RecipeName


class CollectionsClient(ServiceClient):
    """Makes, describes and removes collections.

    Where a method names a collection or an alias that does not exist, it raises `NotFound`.
    """

    async def create_collection(
        self,
        name: CollectionName,
        *,
        recipe: RecipeName | None = None,
        projection: ProjectionKind | None = None,
        description: str | None = None,
    ) -> StoredCollection:
        """Make an empty collection. Done again it changes nothing; what is left out agrees with whatever is there.

        Raises:
            Conflict: There is one of which something else is said, or the name is that of an alias.
            InvalidRequest: There is no such recipe.
            LimitReached: There are as many collections as the settings admit.
        """
        new = NewCollection(name=name, recipe=recipe, projection=projection, description=description)
        return await self._call("POST", "/v1/collections", StoredCollection, json=new.model_dump())

    async def collections(self) -> CollectionList:
        """Describe all collections."""
        return await self._call("GET", "/v1/collections", CollectionList)

    async def collection(self, name: CollectionName) -> Collection:
        """Describe one collection."""
        return await self._call("GET", f"/v1/collections/{name}", Collection)

    async def describe_collection(self, name: CollectionName, description: str) -> StoredCollection:
        """Replace a collection's description."""
        patch = CollectionPatch(description=description)
        return await self._call("PATCH", f"/v1/collections/{name}", StoredCollection, json=patch.model_dump())

    async def delete_collection(self, name: CollectionName) -> DeletedCollection:
        """Remove a collection with all its images and aliases. `default` comes back, empty.

        Raises:
            Conflict: The name is that of an alias.
        """
        return await self._call("DELETE", f"/v1/collections/{name}", DeletedCollection)

    async def put_alias(self, alias: CollectionName, collection: CollectionName) -> StoredAlias:
        """Let an alias stand for a collection from now on.

        Raises:
            Conflict: The alias is the name of a collection.
            LimitReached: There are as many aliases as the settings admit collections.
        """
        target = AliasTarget(collection=collection)
        return await self._call("PUT", f"/v1/aliases/{alias}", StoredAlias, json=target.model_dump())

    async def aliases(self) -> AliasList:
        """Give all aliases."""
        return await self._call("GET", "/v1/aliases", AliasList)

    async def delete_alias(self, alias: CollectionName) -> DeletedAlias:
        """Remove an alias; the collection that it stands for stays."""
        return await self._call("DELETE", f"/v1/aliases/{alias}", DeletedAlias)
