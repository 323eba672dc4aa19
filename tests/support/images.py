"""Pictures that the tests draw themselves, and the bytes of every kind that an upload can be.

The drawing uses additions, products and comparisons of float64 alone, which every machine rounds alike: a picture
is the same array wherever the tests run.
"""

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageOps

ORIENTATION_TAG = 0x0112

# How the pixels of an upright image are stored so that the EXIF orientation turns them upright again.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def picture(seed: int = 0, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Draw soft coloured ellipses on a gradient: RGB, different for each seed, and not symmetric in any way."""
    chance = random.Random(seed)
    width, height = size
    x = ((np.arange(width) + 0.5) / width)[None, :, None]
    y = ((np.arange(height) + 0.5) / height)[:, None, None]
    slant = chance.uniform(0.2, 0.8)
    along = slant * x + (1 - slant) * y
    canvas = _colour(chance) * (1 - along) + _colour(chance) * along
    for _ in range(chance.randint(4, 7)):
        dx = (x - chance.random()) / chance.uniform(0.08, 0.35)
        dy = (y - chance.random()) / chance.uniform(0.08, 0.35)
        cover = np.clip(chance.uniform(1.5, 8) * (1 - dx * dx - dy * dy), 0, 1)
        canvas = canvas * (1 - cover) + _colour(chance) * cover
    return Image.fromarray(np.floor(canvas + 0.5).astype(np.uint8))


def _colour(chance: random.Random) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return np.array([chance.uniform(0, 255) for _ in range(3)])


def encoded(image: Image.Image, media_format: str, **options: Any) -> bytes:
    """Write `image` as Pillow's `media_format`, such as `PNG`."""
    buffer = BytesIO()
    image.save(buffer, media_format, **options)
    return buffer.getvalue()


def jpeg(image: Image.Image, quality: int = 95, **options: Any) -> bytes:
    return encoded(image, "JPEG", quality=quality, **options)


def png(image: Image.Image, **options: Any) -> bytes:
    return encoded(image, "PNG", **options)


def webp(image: Image.Image, **options: Any) -> bytes:
    return encoded(image, "WEBP", **{"lossless": True} | options)


def gif(image: Image.Image, **options: Any) -> bytes:
    return encoded(image, "GIF", **options)


def bmp(image: Image.Image) -> bytes:
    return encoded(image, "BMP")


def tiff(image: Image.Image, **options: Any) -> bytes:
    return encoded(image, "TIFF", **options)


def avif(image: Image.Image, **options: Any) -> bytes:
    return encoded(image, "AVIF", **{"quality": 95, "speed": 10} | options)


ENCODERS: dict[str, Callable[[Image.Image], bytes]] = {
    "image/jpeg": jpeg,
    "image/png": png,
    "image/webp": webp,
    "image/gif": gif,
    "image/bmp": bmp,
    "image/tiff": tiff,
    "image/avif": avif,
}
"""One encoder for each admitted media type."""


def oriented(image: Image.Image, orientation: int, encode: Callable[..., bytes] = jpeg, **options: Any) -> bytes:
    """Store `image` turned or mirrored, with the EXIF orientation (1 to 8) under which it is shown as it was."""
    stored = image.transpose(_STORED[orientation]) if orientation in _STORED else image
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    return encode(stored, exif=exif, **options)


def cmyk_jpeg(image: Image.Image) -> bytes:
    """Write four inks, inverted and with Adobe's marker, as print software does."""
    return jpeg(image.convert("CMYK"))


def grey16_png(image: Image.Image) -> bytes:
    """Write luminance in 16 bits: 65,535 is white."""
    grey = np.asarray(image.convert("L"), dtype=np.uint16) * np.uint16(257)
    return png(Image.fromarray(grey))


def one_bit_png(image: Image.Image) -> bytes:
    return png(image.convert("1"))


def grey_alpha_png(image: Image.Image) -> bytes:
    """Write luminance with a transparent left half."""
    return png(with_transparent_left_half(image).convert("LA"))


def rgba_png(image: Image.Image) -> bytes:
    """Write colours with a transparent left half."""
    return png(with_transparent_left_half(image))


def palette_png(image: Image.Image) -> bytes:
    """Write 64 colours, of which none is transparent."""
    return png(image.quantize(64))


def transparent_palette_png(image: Image.Image) -> bytes:
    """Write a palette whose first entry, the left half, is transparent."""
    paletted = image.quantize(63)
    indices = np.asarray(paletted) + np.uint8(1)
    indices[:, : image.width // 2] = 0
    shifted = Image.fromarray(indices)
    shifted.putpalette([255, 0, 255, *(paletted.getpalette() or [])[: 63 * 3]])
    return png(shifted, transparency=0)


def with_transparent_left_half(image: Image.Image) -> Image.Image:
    """Make the left half wholly transparent; the colours under it are kept, and must not be seen."""
    alpha = np.full((image.height, image.width), 255, np.uint8)
    alpha[:, : image.width // 2] = 0
    transparent = image.convert("RGBA")
    transparent.putalpha(Image.fromarray(alpha))
    return transparent


def on_white(image: Image.Image) -> Image.Image:
    """Show `image` as it looks when its left half is transparent on white."""
    shown = image.convert("RGB")
    shown.paste((255, 255, 255), (0, 0, image.width // 2, image.height))
    return shown


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    both = Image.new("RGB", (left.width + right.width, max(left.height, right.height)))
    both.paste(left)
    both.paste(right, (left.width, 0))
    return both


def animated_gif(frames: list[Image.Image]) -> bytes:
    first, *others = frames
    return gif(first, save_all=True, append_images=others, duration=40, loop=0)


def bomb(size: tuple[int, int] = (10_000, 10_000)) -> bytes:
    """Write a whole, valid PNG of very many pixels in very few bytes: 100 megapixels in 12 kB."""
    width, height = size
    rows = bytes((1 + (width + 7) // 8) * height)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(name, body) for name, body in chunks)


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def truncated(data: bytes, keep: float = 0.5) -> bytes:
    """Cut off the end, as an interrupted upload does."""
    return data[: int(len(data) * keep)]


def not_an_image() -> bytes:
    return b"%PDF-1.7\n" + b"This is a document and not a picture.\n" * 20


def mean_difference(one: Image.Image, other: Image.Image) -> float:
    """Average the absolute difference over all pixels and channels, in steps of 8-bit colour."""
    assert one.size == other.size, f"{one.size} is not {other.size}"
    difference = np.asarray(one.convert("RGB"), np.int16) - np.asarray(other.convert("RGB"), np.int16)
    return float(np.abs(difference).mean())


def shown(data: bytes) -> Image.Image:
    """Open encoded bytes as a viewer shows them: upright, RGB."""
    return ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB")
