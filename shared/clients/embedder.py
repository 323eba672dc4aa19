"""The embedder's client."""

from collections.abc import Sequence

from shared.clients.base import ServiceClient
from shared.contracts.embedding import EmbeddedImage, EmbeddingSpace, EmbedResponse


class EmbedderClient(ServiceClient):
    """Calls the embedder: bytes in, vectors out."""

    async def space(self) -> EmbeddingSpace:
        """Describe the embedding space that all vectors of this embedder belong to."""
        return await self._call("GET", "/v1/space", EmbeddingSpace)

    async def embed(self, images: Sequence[bytes], *, thumbnails: bool = False) -> EmbedResponse:
        """Embed images; each has its outcome, in the order given. The refusal of a single image is raised."""
        files = [("images", (f"{number}", image, "application/octet-stream")) for number, image in enumerate(images)]
        return await self._call("POST", "/v1/embed", EmbedResponse, files=files, params={"thumbnails": thumbnails})

    async def embed_one(self, image: bytes, *, thumbnail: bool = False) -> tuple[EmbeddingSpace, EmbeddedImage]:
        """Embed one image.

        Raises:
            EmptyUpload, UnsupportedMediaType, UndecodableImage, ImageTooLarge: Why it is refused.
        """
        response = await self.embed([image], thumbnails=thumbnail)
        outcome = response.images[0]
        assert isinstance(outcome, EmbeddedImage), "the refusal of a single image is raised"
        return response.space, outcome
