"""What an answer has inline of the images that were found, beside their links."""

from typing import Literal

from shared.contracts.base import Base64, Contract
from shared.contracts.heatmap import Heat

Include = Literal["thumbnail", "image", "vector", "heatmap"]
"""`heatmap`: where the image matches the example of the largest weight."""

MAX_HEATMAPS = 5
"""So many results, the nearest, get a heat map: each costs two passes of the network."""


class InlineFile(Contract):
    """A file, in base64 where the answer is JSON."""

    content_type: str
    data: Base64


class Included(Contract):
    """What was asked for with `include`."""

    thumbnail: InlineFile | None = None
    image: InlineFile | None = None
    vector: Base64 | None = None
    """As the embedder gave it: little-endian float32, in base64 where the answer is JSON."""
    heatmap: Heat | None = None
    omitted: tuple[Include, ...] = ()
    """What was asked for and is not here: the answer would be too long, or the image was removed meanwhile."""
