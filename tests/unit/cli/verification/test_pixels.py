import numpy as np
import pytest
from PIL import Image

from cli.verification.pixels import difference
from tests.support.images import grey16_png, jpeg, oriented, palette_png, picture, png, rgba_png, truncated, webp


def test_the_same_pixels_in_other_files_are_equal() -> None:
    drawn = picture(1, (40, 30))
    assert difference(png(drawn), png(drawn, compress_level=1)) is None
    assert difference(webp(drawn), png(drawn)) is None
    assert difference(oriented(drawn, 6, png), png(drawn)) is None
    assert difference(rgba_png(drawn), rgba_png(drawn)) is None


def test_pixels_that_differ_are_counted() -> None:
    drawn = np.array(picture(1, (40, 30)))
    other = drawn.copy()
    other[3, 4] ^= 1
    other[5, 6, 0] ^= 16
    told = difference(png(Image.fromarray(other)), png(Image.fromarray(drawn)))
    assert told == "2 of 1200 pixels differ from its source, by up to 16."


@pytest.mark.parametrize("make", [jpeg, palette_png, rgba_png])
def test_a_lossy_or_transparent_copy_differs(make: object) -> None:
    drawn = picture(1, (40, 30))
    assert callable(make)
    assert "pixels differ" in str(difference(make(drawn), png(drawn)))


def test_sixteen_bits_are_compared_whole() -> None:
    bright = np.full((4, 4), 60_000, np.uint16)
    brighter = bright.copy()
    brighter[1, 2] += 3
    assert difference(png(Image.fromarray(bright)), png(Image.fromarray(bright))) is None
    told = difference(png(Image.fromarray(brighter)), png(Image.fromarray(bright)))
    assert told == "1 of 16 pixels differ from its source, by up to 3."
    assert difference(grey16_png(picture(1)), png(picture(1))) is not None


def test_another_size_and_damage_are_told() -> None:
    drawn = picture(1, (40, 30))
    told = difference(png(drawn.resize((20, 15))), png(drawn))
    assert told == "The image has 20 x 15 pixels, its source 40 x 30."
    assert str(difference(truncated(png(drawn)), png(drawn))).startswith("The image cannot be decoded")
    assert str(difference(png(drawn), b"words")).startswith("Its source cannot be decoded")
