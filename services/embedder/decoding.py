"""Untrusted bytes to an upright RGB image, or a typed refusal."""

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from shared.errors import EmptyUpload, ImageTooLarge, UndecodableImage, UnsupportedMediaType

MAX_SIDE = 65_535
"""A JPEG has no longer side. Resizing a row of many million pixels takes thousands of times its memory."""

_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
}
_SIGNATURES = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "WEBP": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "GIF": re.compile(rb"GIF8[79]a"),
    "BMP": re.compile(rb"BM.{4}\0{4}", re.DOTALL),
    "TIFF": re.compile(rb"II[*+]\0|MM\0[*+]"),
    # The brand may stand behind the major one; HEIC, which shares the container, has none of these.
    "AVIF": re.compile(rb".{4}ftyp.{0,64}?(avif|avis)", re.DOTALL),
}
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = (5, 6, 7, 8)
_ORIENTATION_TAG = 0x0112
_STRIP_PIXELS = 2**20
_FROM_PILLOW = re.compile(r"PIL\.")


@dataclass(frozen=True)
class Limits:
    """The largest image that is taken."""

    max_bytes: int
    max_pixels: int


@dataclass(frozen=True)
class DecodedImage:
    """An image as it is shown."""

    image: Image.Image
    """Upright, RGB, without metadata; smaller than the original where a draft was enough."""
    content_type: str
    width: int
    height: int
    """Size of the original in pixels, as it is shown."""


def decode(data: bytes, limits: Limits, draft_side: int | None = None) -> DecodedImage:
    """Decode the first frame: EXIF orientation applied, transparency on white, any colour model to RGB.

    Args:
        data: The file's bytes.
        limits: What is refused unread (bytes) and undecoded (pixels).
        draft_side: Where given, a large JPEG may be decoded at a half, a quarter or an eighth of its size, as long
            as no side gets shorter than this. That costs a fraction of the time and memory.

    Raises:
        EmptyUpload: There are no bytes.
        UnsupportedMediaType: They do not begin like an image of an admitted format.
        ImageTooLarge: More bytes or more pixels than `limits`, or a side longer than `MAX_SIDE`.
        UndecodableImage: They begin like one, but are truncated or damaged.
    """
    if not data:
        raise EmptyUpload("The file has no bytes.")
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(f"The file has {len(data)} bytes; at most {limits.max_bytes} are taken.")
    name = next((name for name, signature in _SIGNATURES.items() if signature.match(data)), None)
    if name is None:
        raise UnsupportedMediaType("Send a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF image.")
    _silence_pillow()
    try:
        with Image.open(BytesIO(data), formats=(name,)) as file:
            return _decode(file, _MEDIA_TYPES[name], limits, draft_side)
    except ImageTooLarge:
        raise
    except Image.DecompressionBombError:
        raise ImageTooLarge(f"The image has more than {limits.max_pixels} pixels.") from None
    except UnidentifiedImageError:
        raise UndecodableImage("The image's header is truncated or damaged.") from None
    # Codecs answer hostile bytes with exceptions of any class: OSError, ValueError, SyntaxError, struct.error,
    # OverflowError, IndexError, MemoryError, ...
    except Exception as error:
        raise UndecodableImage("The image is truncated or damaged.") from error


def _decode(file: Image.Image, content_type: str, limits: Limits, draft_side: int | None) -> DecodedImage:
    width, height = file.size
    if width * height > limits.max_pixels:
        raise ImageTooLarge(f"The image has {width * height} pixels; at most {limits.max_pixels} are taken.")
    if max(width, height) > MAX_SIDE:
        raise ImageTooLarge(f"A side of the image has {max(width, height)} pixels; at most {MAX_SIDE} are taken.")
    if draft_side is not None:
        file.draft(file.mode, (draft_side, draft_side))
    file.load()
    # Asked after loading: a PNG may carry its EXIF at the end, and Pillow itself turns a TIFF while it loads.
    orientation = _orientation(file)
    image = _to_rgb(file)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    if orientation in _LYING:
        width, height = height, width
    image.info = {}
    return DecodedImage(image, content_type, width, height)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # A picture whose EXIF block alone is damaged is still a picture.
        return 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _grey_of_16_bits(image)
    if image.mode in ("I", "F"):
        return _stretched(image)
    if image.has_transparency_data:
        image = _in_mode(image, "RGBA")
        canvas = Image.new("RGB", image.size, "white")
        canvas.paste(image, mask=image)
        return canvas
    return _in_mode(image, "RGB")


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    # Pillow's conversion copies also where there is nothing to convert.
    return image if image.mode == mode else image.convert(mode)


def _grey_of_16_bits(image: Image.Image) -> Image.Image:
    # Pillow's own conversion clips: everything brighter than 255 of 65,535 would be white.
    transparent = image.info.get("transparency")

    def grey(numbers: NDArray[Any]) -> NDArray[np.uint8]:
        values = numbers.astype(np.uint16)
        if transparent is not None:
            values[values == transparent] = 0xFFFF
        return (values // 257).astype(np.uint8)

    return _strip_by_strip(image, grey)


def _stretched(image: Image.Image) -> Image.Image:
    # Nothing says which numbers are black and white here: as viewers do, take the lowest and the highest.
    extremes: list[float] = []
    for box in _strips(image.size):
        numbers = np.asarray(image.crop(box))
        finite = numbers[np.isfinite(numbers)]
        extremes += [float(finite.min()), float(finite.max())] if finite.size else []
    low, high = (min(extremes), max(extremes)) if extremes else (0.0, 0.0)

    def grey(numbers: NDArray[Any]) -> NDArray[np.uint8]:
        with np.errstate(all="ignore"):  # some numbers are none, and some are larger than any
            values = np.nan_to_num(numbers.astype(np.float64), nan=low, posinf=high, neginf=low)
            return ((values - low) * (255 / ((high - low) or 1))).astype(np.uint8)

    return _strip_by_strip(image, grey)


def _strip_by_strip(image: Image.Image, grey: Callable[[NDArray[Any]], NDArray[np.uint8]]) -> Image.Image:
    shown = Image.new("L", image.size)
    for box in _strips(image.size):
        shown.paste(Image.fromarray(grey(np.asarray(image.crop(box)))), box)
    return shown.convert("RGB")


def _strips(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    # NumPy's copies of a whole image would take many times the memory that Pillow does.
    width, height = size
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)


def _silence_pillow() -> None:
    # What Pillow warns of, hostile bytes can trigger at will, and it says nothing that an operator could act on.
    # `warnings.catch_warnings` is no way: it changes and restores the filters of all threads.
    silence = ("ignore", None, Warning, _FROM_PILLOW, 0)
    if silence not in warnings.filters:
        warnings.filterwarnings("ignore", module=_FROM_PILLOW.pattern)
