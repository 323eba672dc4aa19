"""The use case behind every search: examples to vectors, vectors to neighbours, neighbours to an answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.examples import FileExample, Pictured, embed, leading
from services.gateway.inclusions import Inclusions
from services.gateway.recipes import Recipes
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.embedding import RecipeName, SpaceRef
from shared.contracts.examples import Example
from shared.contracts.inclusion import Included
from shared.contracts.search import ImageRecord, QueryOptions, QueryRequest, QueryResponse
from shared.contracts.searches import SearchOptions, StoredExample, VectorExample
from shared.errors import ImageTooLarge, NotFound
from shared.examples import check
from shared.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, and for each neighbour what is inline."""

    found: QueryResponse
    included: tuple[Included | None, ...]


class Searches:
    """Asks the embedder what images look like, and the search service what looks like that.

    Args:
        embedder: Turns images into vectors.
        search: Has the collections.
        recipes: Knows how a collection's images are embedded.
        inclusions: Reads what is inline in an answer.
        max_bytes: Of the images that one search embeds, together.
    """

    def __init__(
        self,
        embedder: EmbedderClient,
        search: SearchClient,
        recipes: Recipes,
        inclusions: Inclusions,
        max_bytes: int,
    ) -> None:
        self._embedder = embedder
        self._search = search
        self._recipes = recipes
        self._inclusions = inclusions
        self._max_bytes = max_bytes

    async def by_images(
        self,
        collection: str,
        options: SearchOptions,
        files: Sequence[FileExample],
        stored: Sequence[StoredExample] = (),
        watch: Stopwatch | None = None,
    ) -> Answer:
        """Find what looks like files and stored images together; the latter are left out of the answer.

        Raises:
            InvalidExamples: No weight is above zero, or the examples cancel each other out.
            ImageTooLarge: The images that have to be embedded are too long together.
        """
        watch = watch or Stopwatch()
        check([example.weight for example in files] + [example.weight for example in stored])
        whole = [Example(id=example.id, weight=example.weight) for example in stored if example.region is None]
        parts = [example for example in stored if example.region is not None]
        if parts:
            with watch.stage("fetch"):
                files = (*files, *await self._read(collection, parts, sum(len(file.data) for file in files)))

        async def search(recipe: RecipeName | None) -> QueryResponse:
            with watch.stage("embed"):
                space, embedded = await embed(self._embedder, files, recipe)
            return await self._search.query(collection, _query(options, space, (*embedded, *whole)))

        pictured = leading(files, whole) if "heatmap" in options.include else None
        if files:
            found = await self._recipes.embedding(collection, search)
        else:
            found = await self._search.query(collection, _query(options, None, whole))
        return await self._answer(collection, options, found, pictured, watch)

    async def by_vectors(
        self, collection: str, options: SearchOptions, space: SpaceRef, examples: Sequence[VectorExample]
    ) -> Answer:
        """Find what is near vectors.

        Raises:
            InvalidExamples: No weight is above zero, or the vectors cancel each other out.
            InvalidRequest: A vector is not one of the space, or heat maps are asked for.
        """
        watch = Stopwatch()
        check([example.weight for example in examples])
        given = [Example(vector=example.vector, weight=example.weight) for example in examples]
        pictured = leading((), given) if "heatmap" in options.include else None
        found = await self._search.query(collection, _query(options, space, given))
        return await self._answer(collection, options, found, pictured, watch)

    async def by_upload_with_thumbnail(self, collection: str, data: bytes, k: int) -> tuple[bytes, QueryResponse]:
        """Find the k nearest images, and show the uploaded one: its thumbnail, a JPEG."""

        async def search(recipe: RecipeName | None) -> tuple[bytes, QueryResponse]:
            space, image = await self._embedder.embed_one(data, thumbnail=True, recipe=recipe)
            assert image.thumbnail is not None, "the embedder was asked for one"
            query = QueryRequest.of_vector(space.ref(), image.vector, k)
            return image.thumbnail.data, await self._search.query(collection, query)

        return await self._recipes.embedding(collection, search)

    async def thumbnails(self, found: QueryResponse) -> list[bytes]:
        """Read the thumbnails of all neighbours at once, nearest first; of images removed meanwhile there is none."""
        thumbnails = await asyncio.gather(*(self._thumbnail(near.record) for near in found.neighbours))
        return [thumbnail for thumbnail in thumbnails if thumbnail is not None]

    async def _answer(
        self,
        collection: str,
        options: SearchOptions,
        found: QueryResponse,
        pictured: Pictured | None,
        watch: Stopwatch,
    ) -> Answer:
        included: tuple[Included | None, ...] = (None,) * len(found.neighbours)
        if options.include:
            with watch.stage("include"):
                included = await self._inclusions.of(collection, found, options.include, pictured)
        return Answer(found.model_copy(update={"timings": watch.finish(found.timings)}), included)

    async def _read(self, collection: str, examples: Sequence[StoredExample], taken: int) -> list[FileExample]:
        records = await asyncio.gather(*(self._search.record(collection, example.id) for example in examples))
        if taken + sum(record.size for record in records) > self._max_bytes:
            raise ImageTooLarge(f"The images of one search have at most {self._max_bytes} bytes together.")
        stored = await asyncio.gather(*(self._search.content(collection, example.id) for example in examples))
        return [
            FileExample(file.data, example.weight, example.region, example.id)
            for file, example in zip(stored, examples, strict=True)
        ]

    async def _thumbnail(self, record: ImageRecord) -> bytes | None:
        try:
            return (await self._search.thumbnail(record.collection, record.id)).data
        except NotFound:
            return None


def _query(options: SearchOptions, space: SpaceRef | None, examples: Sequence[Example]) -> QueryRequest:
    asked = {name: getattr(options, name) for name in QueryOptions.model_fields}
    return QueryRequest(space=space, examples=tuple(examples), **asked)
