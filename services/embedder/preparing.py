"""From bytes to what the network and the gallery need: the recipe's square input, and a thumbnail."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.embedder.decoding import Limits, decode
from services.embedder.recipes import Recipe
from shared.contracts.embedding import THUMBNAIL_SIDE, Thumbnail

THUMBNAIL_QUALITY = 85


@dataclass(frozen=True)
class PreparedImage:
    """A decoded image, reduced to what is still needed of it."""

    sha256: str
    content_type: str
    width: int
    height: int
    pixels: NDArray[Any]
    """(side, side, 3), RGB in 0 to 255: uint8 where the recipe anti-aliases, else float32."""
    thumbnail: Thumbnail | None


def prepare(data: bytes, recipe: Recipe, limits: Limits, with_thumbnail: bool) -> PreparedImage:
    """Decode an image once and make of it what `recipe` needs.

    Raises:
        EmptyUpload, UnsupportedMediaType, ImageTooLarge, UndecodableImage: As `decode` does.
    """
    # Twice as large as needed leaves the anti-aliasing filter enough to work on. A recipe without it takes single
    # pixels of the original, so a draft would be another picture.
    draft_side = 2 * max(recipe.image_size, THUMBNAIL_SIDE) if recipe.antialias else None
    decoded = decode(data, limits, draft_side)
    resize = _resize_antialiased if recipe.antialias else resize_bilinear
    return PreparedImage(
        sha256=hashlib.sha256(data).hexdigest(),
        content_type=decoded.content_type,
        width=decoded.width,
        height=decoded.height,
        pixels=resize(decoded.image, recipe.image_size),
        thumbnail=_thumbnail(decoded.image) if with_thumbnail else None,
    )


def _resize_antialiased(image: Image.Image, side: int) -> NDArray[np.uint8]:
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))


def resize_bilinear(image: Image.Image, side: int) -> NDArray[np.float32]:
    """Resize to a square by bilinear interpolation of four pixels, whatever the scale: no anti-aliasing.

    Computes what `tf.image.resize` does by default (half-pixel centres, `antialias=False`), in float32 as it does.

    Returns:
        (side, side, 3) float32 in 0 to 255, not rounded.
    """
    pixels = np.asarray(image)
    top, bottom, down = _neighbours(pixels.shape[0], side)
    left, right, across = _neighbours(pixels.shape[1], side)
    down, across = down[:, None, None], across[None, :, None]
    upper = _between(pixels[top][:, left], pixels[top][:, right], across)
    lower = _between(pixels[bottom][:, left], pixels[bottom][:, right], across)
    return _between(upper, lower, down)


def _neighbours(length: int, side: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    positions = (np.arange(side, dtype=np.float32) + np.float32(0.5)) * np.float32(length / side) - np.float32(0.5)
    before = np.floor(positions)
    first = np.maximum(before, 0).astype(np.intp)
    second = np.minimum(np.ceil(positions), length - 1).astype(np.intp)
    return first, second, positions - before


def _between(one: NDArray[Any], other: NDArray[Any], share: NDArray[np.float32]) -> NDArray[np.float32]:
    start = one.astype(np.float32)
    return start + (other.astype(np.float32) - start) * share


def _thumbnail(image: Image.Image) -> Thumbnail:
    scale = min(1, THUMBNAIL_SIDE / max(image.size))
    width, height = (max(1, round(length * scale)) for length in image.size)
    buffer = BytesIO()
    small = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3)
    small.save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    return Thumbnail(width=width, height=height, data=buffer.getvalue())
