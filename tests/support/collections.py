"""Collections of drawn pictures in real search services."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from shared.clients.search import SearchClient
from shared.contracts.embedding import THUMBNAIL_SIDE, SpaceRef, Thumbnail
from shared.contracts.metadata import MetadataValue
from shared.contracts.search import ImageCommit
from tests.support.images import jpeg, picture, png
from tests.support.vectors import space, vector_of


@dataclass(frozen=True)
class Drawing:
    """A picture as the embedder would hand it to the search service."""

    data: bytes
    content_type: str = "image/png"

    @classmethod
    def of(cls, seed: int, size: tuple[int, int] = (64, 48)) -> "Drawing":
        return cls(png(picture(seed, size)))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def id(self) -> str:
        return self.sha256[:32]

    @property
    def thumbnail(self) -> Thumbnail:
        with Image.open(BytesIO(self.data)) as image:
            small = image.convert("RGB")
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        return Thumbnail(width=small.width, height=small.height, data=jpeg(small))

    def commit(
        self, metadata: Mapping[str, MetadataValue] | None = None, in_space: SpaceRef | None = None
    ) -> ImageCommit:
        with Image.open(BytesIO(self.data)) as image:
            width, height = image.size
        used = in_space or space()
        return ImageCommit(
            sha256=self.sha256,
            content_type=self.content_type,
            width=width,
            height=height,
            label="drawing",
            metadata=dict(metadata or {}),
            space=used,
            vector=vector_of(self.data, used.dimensions).tobytes(),
            thumbnail=self.thumbnail,
        )


async def fill(
    client: SearchClient, count: int, collection: str = "default", in_space: SpaceRef | None = None
) -> list[Drawing]:
    """Add drawings, each with its number as its source."""
    drawings = [Drawing.of(seed) for seed in range(count)]
    for number, drawing in enumerate(drawings):
        await client.put_blob(drawing.sha256, drawing.data)
        await client.commit(collection, drawing.id, drawing.commit({"source": f"{number}.png"}, in_space))
    return drawings
