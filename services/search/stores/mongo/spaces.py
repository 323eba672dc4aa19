"""The collections and their embedding spaces, fixed once for all."""

from pymongo.errors import DuplicateKeyError

from services.search.stores.mongo import documents
from services.search.stores.mongo.database import Database, update_one
from shared.contracts.embedding import SpaceRef
from shared.errors import EmbeddingSpaceMismatch


class Spaces:
    """The collection `collections`: a document for each of ours, under its name."""

    def __init__(self, database: Database) -> None:
        self._spaces = database.spaces

    async def check(self, collection: str, space: SpaceRef) -> bool:
        """Tell whether the collection exists.

        Raises:
            EmbeddingSpaceMismatch: It does, and has another space.
        """
        found = await self._spaces.find_one({"_id": collection})
        if found is not None:
            _compare(collection, documents.space(found), space)
        return found is not None

    async def fix(self, collection: str, space: SpaceRef) -> None:
        """Give a new collection its space.

        Raises:
            EmbeddingSpaceMismatch: Another writer was first, with another space.
        """
        try:
            found = await update_one(
                self._spaces,
                {"_id": collection},
                {"$setOnInsert": documents.space_document(space)},
                upsert=True,
                after=True,
            )
        except DuplicateKeyError:
            # Two made it at the same moment, and this one came second.
            await self.check(collection, space)
        else:
            assert found is not None, "an upsert leaves a document"
            _compare(collection, documents.space(found), space)

    async def all(self) -> dict[str, SpaceRef]:
        """Give the spaces by the names of the collections, in the order of these."""
        return {found["_id"]: documents.space(found) async for found in self._spaces.find().sort("_id", 1)}


def _compare(collection: str, there: SpaceRef, space: SpaceRef) -> None:
    if there != space:
        raise EmbeddingSpaceMismatch(
            f"The collection {collection} holds vectors of the space {there.fingerprint}, "
            f"this one is of {space.fingerprint}."
        )
