"""What is inline in the answer to a search, within a bound on its bytes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from services.gateway.examples import Pictured
from services.gateway.recipes import Recipes
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient, StoredFile
from shared.contracts.checks import MAX_VECTORS
from shared.contracts.heatmap import Heat
from shared.contracts.inclusion import MAX_HEATMAPS, Include, Included, InlineFile
from shared.contracts.search import ImageRecord, QueryResponse
from shared.errors import BodyTooLarge, NotFound

_READ_AT_ONCE = 8

Read = TypeVar("Read")


class _Budget:
    """Bytes that may still be taken."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, size: int) -> bool:
        """Take bytes if there are so many."""
        if size > self._left:
            return False
        self._left -= size
        return True


class Inclusions:
    """Reads thumbnails, images, vectors and heat maps of neighbours: what is small first, and the nearest first.

    Args:
        embedder: Draws heat maps.
        search: Has the rest.
        recipes: Knows how a collection's images are embedded.
        max_bytes: Of one answer, before anything is written in base64.
    """

    def __init__(self, embedder: EmbedderClient, search: SearchClient, recipes: Recipes, max_bytes: int) -> None:
        self._embedder = embedder
        self._search = search
        self._recipes = recipes
        self._max_bytes = max_bytes

    async def of(
        self, collection: str, found: QueryResponse, wanted: Sequence[Include], pictured: Pictured | None
    ) -> tuple[Included, ...]:
        """Read what is wanted of each neighbour; what does not fit, or is gone by now, is named as omitted.

        Args:
            collection: Where the neighbours are.
            found: The neighbours.
            wanted: What is read.
            pictured: What heat maps are drawn for; None: there are none.
        """
        records, budget = [near.record for near in found.neighbours], _Budget(self._max_bytes)
        nothing = [None] * len(records)
        heats = await self._heats(collection, records, pictured, budget) if pictured else nothing
        thumbnails = await self._thumbnails(collection, records, budget) if "thumbnail" in wanted else nothing
        vectors = await self._vectors(collection, records, budget, found) if "vector" in wanted else nothing
        images = await self._images(collection, records, budget) if "image" in wanted else nothing
        return tuple(
            _included(wanted, Included(thumbnail=thumbnail, image=image, vector=vector, heatmap=heat))
            for thumbnail, image, vector, heat in zip(thumbnails, images, vectors, heats, strict=True)
        )

    async def _heats(
        self, collection: str, records: Sequence[ImageRecord], pictured: Pictured, budget: _Budget
    ) -> list[Heat | None]:
        first = records[:MAX_HEATMAPS]
        if not first:
            return []
        query, region, recipe = pictured.data, pictured.region, await self._recipes.of(collection)
        if query is None:
            assert pictured.id is not None, "what is drawn for is bytes or a stored image"
            query = (await self._search.content(collection, pictured.id)).data

        async def draw(record: ImageRecord) -> Heat | None:
            file = await self._search.content(collection, record.id)
            try:
                return (await self._embedder.heatmap(query, file.data, region=region, recipe=recipe)).candidate
            except BodyTooLarge:  # the two images together
                return None

        drawn = await _each(first, draw)
        fitting = [heat if heat is not None and budget.take(len(heat.png)) else None for heat in drawn]
        return fitting + [None] * (len(records) - len(first))

    async def _thumbnails(
        self, collection: str, records: Sequence[ImageRecord], budget: _Budget
    ) -> list[InlineFile | None]:
        files = await _each(records, lambda record: self._search.thumbnail(collection, record.id))
        return [_inline(file) if file is not None and budget.take(len(file.data)) else None for file in files]

    async def _vectors(
        self, collection: str, records: Sequence[ImageRecord], budget: _Budget, found: QueryResponse
    ) -> list[bytes | None]:
        ids = [record.id for record in records if budget.take(4 * found.space.dimensions)]
        vectors = {}
        for start in range(0, len(ids), MAX_VECTORS):
            answer = await self._search.vectors(collection, ids[start : start + MAX_VECTORS])
            vectors.update({image.id: image.vector for image in answer.vectors})
        return [vectors.get(record.id) for record in records]

    async def _images(
        self, collection: str, records: Sequence[ImageRecord], budget: _Budget
    ) -> list[InlineFile | None]:
        fitting = [record for record in records if budget.take(record.size)]
        files = await _each(fitting, lambda record: self._search.content(collection, record.id))
        by_id = {record.id: file for record, file in zip(fitting, files, strict=True) if file is not None}
        return [_inline(by_id[record.id]) if record.id in by_id else None for record in records]


async def _each(
    records: Sequence[ImageRecord], read: Callable[[ImageRecord], Awaitable[Read | None]]
) -> list[Read | None]:
    """Read something of each record, some at a time; of images removed meanwhile there is nothing."""
    places = asyncio.Semaphore(_READ_AT_ONCE)

    async def one(record: ImageRecord) -> Read | None:
        async with places:
            try:
                return await read(record)
            except NotFound:
                return None

    return list(await asyncio.gather(*map(one, records)))


def _inline(file: StoredFile) -> InlineFile:
    return InlineFile(content_type=file.content_type, data=file.data)


def _included(wanted: Sequence[Include], there: Included) -> Included:
    omitted = tuple(part for part in dict.fromkeys(wanted) if getattr(there, part) is None)
    return there.model_copy(update={"omitted": omitted})
