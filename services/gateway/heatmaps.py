"""The use case behind a heat map: an uploaded image against a stored one."""

import asyncio

from services.gateway.recipes import Recipes
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.heatmap import HeatMap
from shared.contracts.region import WHOLE, Region
from shared.contracts.search import ImageRecord


class HeatMaps:
    """Fetches a stored image's bytes and has the embedder compare an upload with them."""

    def __init__(self, embedder: EmbedderClient, search: SearchClient, recipes: Recipes) -> None:
        self._embedder = embedder
        self._search = search
        self._recipes = recipes

    async def of_upload(
        self, collection: str, image_id: str, data: bytes, region: Region | None
    ) -> tuple[ImageRecord, HeatMap]:
        """Show where a stored image matches an upload, or a region of it."""
        # Nobody would notice a wrong recipe here, so it is asked for, which takes no longer than the rest.
        record, file, recipe = await asyncio.gather(
            self._search.record(collection, image_id),
            self._search.content(collection, image_id),
            self._recipes.of(collection),
        )
        return record, await self._embedder.heatmap(data, file.data, region=region or WHOLE, recipe=recipe)
