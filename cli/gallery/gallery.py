"""The gallery: every kind of picture by its name, and a folder of them."""

import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

from cli.gallery import animals, buildings, insects, landscapes, plants, skies, tables, things
from cli.gallery.drawing import Pen, Random

PER_KIND = 12

Painter = Callable[[Pen, Random], None]

KINDS: Mapping[str, Painter] = MappingProxyType(
    {
        "apples": tables.apples,
        "balloon": skies.balloon,
        "butterfly": insects.butterfly,
        "cactus": plants.cactus,
        "chessboard": tables.chessboard,
        "clock": things.clock,
        "fish": animals.fish,
        "flower": plants.flower,
        "forest": landscapes.forest,
        "house": buildings.house,
        "ladybird": insects.ladybird,
        "lighthouse": buildings.lighthouse,
        "mountains": landscapes.mountains,
        "owl": animals.owl,
        "planet": skies.planet,
        "sailboat": buildings.sailboat,
        "skyline": landscapes.skyline,
        "snowman": skies.snowman,
        "sunset": landscapes.sunset,
        "teapot": tables.teapot,
        "toadstool": plants.toadstool,
        "umbrella": things.umbrella,
        "windmill": buildings.windmill,
    }
)

_JPEG_END = b"\xff\xd9"
_SEEDS_APART = 100_000  # two galleries of different seeds share no picture


@dataclass(frozen=True, slots=True)
class Written:
    """How many pictures a call of `write` drew, and how many were there before."""

    drawn: int
    kept: int


def draw(kind: str, seed: int) -> Image.Image:
    """Draw a picture, RGB of 400 x 300 pixels; the same seed gives the same one.

    Raises:
        KeyError: There is no such kind in `KINDS`.
        ValueError: The seed is negative.
    """
    random = np.random.default_rng((seed, zlib.crc32(kind.encode())))
    pen = Pen.on_blank()
    KINDS[kind](pen, random)
    return pen.finish(random)


def write(
    folder: Path,
    per_kind: int = PER_KIND,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Draw `per_kind` pictures of each kind as JPEG files `folder/kind/kind-03.jpg`.

    A file that is there and complete is kept, so an interrupted call is taken up where it stopped. Each file appears
    whole or not at all.

    Args:
        folder: Made where it is missing.
        per_kind: Pictures of each kind, numbered from 0.
        seed: Chooses among galleries.
        on_progress: Told after each picture how many of how many are there.
    """
    drawn = kept = 0
    for number in range(per_kind):
        for kind in KINDS:
            path = folder / kind / f"{kind}-{number:02}.jpg"
            if _is_complete(path):
                kept += 1
            else:
                _save(draw(kind, seed * _SEEDS_APART + number), path)
                drawn += 1
            if on_progress:
                on_progress(drawn + kept, per_kind * len(KINDS))
    return Written(drawn, kept)


def _is_complete(path: Path) -> bool:
    return path.is_file() and path.read_bytes().endswith(_JPEG_END)


def _save(image: Image.Image, path: Path) -> None:
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=90)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")  # hidden: an ingest that runs now passes it over
    unfinished.write_bytes(encoded.getvalue())
    unfinished.replace(path)
