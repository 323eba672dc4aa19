"""The embedder's client."""

from collections.abc import Sequence

from shared.clients.base import ServiceClient
from shared.contracts.embedding import EmbeddedImage, EmbeddingSpace, EmbedResponse, RecipeList, RecipeName
from shared.contracts.heatmap import HeatMap
from shared.contracts.region import WHOLE, Region


class EmbedderClient(ServiceClient):
    """Calls the embedder: bytes in, vectors out.

    A method that takes a recipe uses the embedder's default where none is named. It raises `InvalidRequest` where there
    is no such recipe, and `NotReady` while it is being loaded.
    """

    async def recipes(self) -> RecipeList:
        """Give the recipes that there are."""
        return await self._call("GET", "/v1/recipes", RecipeList)

    async def space(self, recipe: RecipeName | None = None) -> EmbeddingSpace:
        """Describe the embedding space that all vectors of a recipe belong to."""
        return await self._call("GET", "/v1/space", EmbeddingSpace, params=_named(recipe))

    async def embed(
        self,
        images: Sequence[bytes],
        *,
        thumbnails: bool = False,
        regions: Sequence[Region] = (),
        recipe: RecipeName | None = None,
    ) -> EmbedResponse:
        """Embed images, and the same regions of each; each image has its outcome, in the order given.

        Args:
            images: The files.
            thumbnails: Whether there is to be a thumbnail of each.
            regions: Parts that get a vector, too.
            recipe: How images become vectors.

        Raises:
            InvalidRegion: The recipe has no regions, or there are too many.
            EmptyUpload, UnsupportedMediaType, UndecodableImage, ImageTooLarge: Why the only image is refused.
        """
        files = [("images", (f"{number}", image, "application/octet-stream")) for number, image in enumerate(images)]
        params = {"thumbnails": thumbnails, "region": [str(region) for region in regions], **_named(recipe)}
        return await self._call("POST", "/v1/embed", EmbedResponse, files=files, params=params, reads=True)

    async def embed_one(
        self,
        image: bytes,
        *,
        thumbnail: bool = False,
        regions: Sequence[Region] = (),
        recipe: RecipeName | None = None,
    ) -> tuple[EmbeddingSpace, EmbeddedImage]:
        """Embed one image.

        Raises:
            InvalidRegion: The recipe has no regions, or there are too many.
            EmptyUpload, UnsupportedMediaType, UndecodableImage, ImageTooLarge: Why it is refused.
        """
        response = await self.embed([image], thumbnails=thumbnail, regions=regions, recipe=recipe)
        outcome = response.images[0]
        assert isinstance(outcome, EmbeddedImage), "the refusal of a single image is raised"
        return response.space, outcome

    async def heatmap(
        self, query: bytes, candidate: bytes, *, region: Region = WHOLE, recipe: RecipeName | None = None
    ) -> HeatMap:
        """Show where the candidate matches a region of the query, and where the query matches the candidate.

        Raises:
            InvalidRegion: The recipe has no regions.
            EmptyUpload, UnsupportedMediaType, UndecodableImage, ImageTooLarge: Why one of the images is refused.
        """
        files = {"query": query, "candidate": candidate}
        params = {"region": str(region), **_named(recipe)}
        return await self._call("POST", "/v1/heatmap", HeatMap, files=files, params=params, reads=True)


def _named(recipe: RecipeName | None) -> dict[str, str]:
    return {} if recipe is None else {"recipe": recipe}
