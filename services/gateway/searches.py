"""The use case behind every search by upload: bytes to a vector, the vector to its neighbours."""

import asyncio

from services.gateway.recipes import Recipes
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.embedding import RecipeName
from shared.contracts.region import Region
from shared.contracts.search import ImageRecord, QueryOptions, QueryRequest, QueryResponse
from shared.errors import NotFound


class Searches:
    """Asks the embedder what an image looks like, and the search service what looks like that."""

    def __init__(self, embedder: EmbedderClient, search: SearchClient, recipes: Recipes) -> None:
        self._embedder = embedder
        self._search = search
        self._recipes = recipes

    async def by_upload(
        self, collection: str, data: bytes, options: QueryOptions, region: Region | None = None
    ) -> QueryResponse:
        """Find the images of a collection that are nearest to an uploaded one, or to a region of it."""
        regions = [] if region is None else [region]

        async def search(recipe: RecipeName | None) -> QueryResponse:
            space, image = await self._embedder.embed_one(data, regions=regions, recipe=recipe)
            vector = image.vector if region is None else image.regions[0]
            query = QueryRequest(space=space.ref(), vector=vector, **dict(options))
            return await self._search.query(collection, query)

        return await self._recipes.embedding(collection, search)

    async def by_upload_with_thumbnail(self, collection: str, data: bytes, k: int) -> tuple[bytes, QueryResponse]:
        """Find the k nearest images, and show the uploaded one: its thumbnail, a JPEG."""

        async def search(recipe: RecipeName | None) -> tuple[bytes, QueryResponse]:
            space, image = await self._embedder.embed_one(data, thumbnail=True, recipe=recipe)
            assert image.thumbnail is not None, "the embedder was asked for one"
            query = QueryRequest(space=space.ref(), vector=image.vector, k=k)
            return image.thumbnail.data, await self._search.query(collection, query)

        return await self._recipes.embedding(collection, search)

    async def thumbnails(self, found: QueryResponse) -> list[bytes]:
        """Read the thumbnails of all neighbours at once, nearest first; of images removed meanwhile there is none."""
        thumbnails = await asyncio.gather(*(self._thumbnail(near.record) for near in found.neighbours))
        return [thumbnail for thumbnail in thumbnails if thumbnail is not None]

    async def _thumbnail(self, record: ImageRecord) -> bytes | None:
        try:
            return (await self._search.thumbnail(record.collection, record.id)).data
        except NotFound:
            return None
