"""Altered copies of pictures, as other hands leave them: each should find its original."""

import io
import random
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from cli.evaluation.picture import Picture
from cli.evaluation.task import Task

Alteration = Callable[[Image.Image, random.Random], Image.Image]

_SIDE = 0.6
_DEGREES = 10
_QUALITY = 20
_WORDS = ("LOOK AT THIS", "special offer", "2 for 1", "share with friends", "draft", "photo: unknown")


def divide(source: str, pictures: Sequence[Picture], most: int) -> Task:
    """Search for all pictures, by altered copies of a seeded draw of them, in all about `most`."""
    drawn = sorted(pictures, key=lambda picture: picture.name)
    random.Random(0).shuffle(drawn)  # noqa: S311 - nothing secret
    drawn = drawn[: max(1, most // len(ALTERATIONS))]
    gallery = [Picture(picture.name, picture.name, picture.read) for picture in pictures]
    queries = [
        Picture(f"{picture.name} {kind}", picture.name, _Copy(picture, kind), kind)
        for picture in drawn
        for kind in ALTERATIONS
    ]
    return Task(source, "copies", gallery, queries)


class _Copy:
    """Makes an altered copy when it is read; the same one each time."""

    def __init__(self, original: Picture, kind: str) -> None:
        self._original = original
        self._kind = kind

    def __call__(self) -> bytes:
        return altered(self._original.read(), self._kind, self._original.name)


def altered(data: bytes, kind: str, seed: str) -> bytes:
    """Alter an image file in the way of this name; bytes that no picture can be made of stay as they are.

    Raises:
        KeyError: There is no such kind in `ALTERATIONS`.
    """
    try:
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return data  # the embedder says what is the matter with it
    chance = random.Random(f"{seed} {kind}")  # noqa: S311 - nothing secret
    quality = _QUALITY if kind == "recompressed" else 90
    encoded = io.BytesIO()
    ALTERATIONS[kind](picture, chance).save(encoded, "JPEG", quality=quality)
    return encoded.getvalue()


def _cropped(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Keep 60 % of either side, at a random place."""
    width, height = (max(1, round(_SIDE * side)) for side in picture.size)
    left, top = chance.randint(0, picture.width - width), chance.randint(0, picture.height - height)
    return picture.crop((left, top, left + width, top + height))


def _rotated(picture: Image.Image, chance: random.Random) -> Image.Image:
    degrees = chance.choice((-_DEGREES, _DEGREES))
    return picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 255, 255))


def _recompressed(picture: Image.Image, _: random.Random) -> Image.Image:
    return picture  # the quality that it is saved with does it


def _recoloured(picture: Image.Image, chance: random.Random) -> Image.Image:
    hue, saturation, value = picture.convert("HSV").split()
    turn = chance.randint(15, 40) * chance.choice((-1, 1))
    turned = hue.point([(level + turn) % 256 for level in range(256)])
    coloured = Image.merge("HSV", (turned, saturation, value)).convert("RGB")
    return ImageEnhance.Brightness(ImageEnhance.Color(coloured).enhance(0.7)).enhance(chance.uniform(0.8, 1.2))


def _overlaid(picture: Image.Image, chance: random.Random) -> Image.Image:
    overlaid = picture.copy()
    pen = ImageDraw.Draw(overlaid)
    font = ImageFont.load_default(max(10, picture.height // 8))
    for line in range(3):
        place = chance.uniform(0, 0.4) * picture.width, (line + chance.uniform(0.1, 0.6)) * picture.height / 3
        pen.text(place, chance.choice(_WORDS), (255, 255, 255), font, stroke_width=2, stroke_fill=(0, 0, 0))
    return overlaid


def _flipped(picture: Image.Image, _: random.Random) -> Image.Image:
    return ImageOps.mirror(picture)


ALTERATIONS: Mapping[str, Alteration] = MappingProxyType(
    {
        "cropped": _cropped,
        "rotated": _rotated,
        "recompressed": _recompressed,
        "recoloured": _recoloured,
        "overlaid": _overlaid,
        "flipped": _flipped,
    }
)
