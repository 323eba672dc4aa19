from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from services.embedder.extractors.deterministic import LAYOUT, DeterministicExtractor
from services.embedder.heat import draw, heat
from services.embedder.pooling import Map, pool
from services.embedder.recipes import RECIPES
from shared.contracts.region import Region
from tests.support.images import picture


def maps_of(image: Image.Image) -> list[Map]:
    pixels = np.asarray(image.resize((64, 64)), np.float32)[None]
    return [features[0] for features in DeterministicExtractor().maps(pixels)]


def plain(colour: str, size: tuple[int, int] = (64, 64)) -> Image.Image:
    return Image.new("RGB", size, colour)


def half_and_half() -> Image.Image:
    image = plain("blue")
    image.paste(plain("red", (32, 64)))
    return image


def test_the_half_that_looks_like_the_query_is_hot() -> None:
    cells = heat(LAYOUT, maps_of(half_and_half()), pool(LAYOUT, maps_of(plain("red"))))
    assert cells.shape == (17, 17)
    assert cells[:, :8].min() == pytest.approx(1, abs=1e-3)
    assert cells[:, 9:].max() < 0


@pytest.mark.parametrize("name", ["multilayer", "centred"])
@pytest.mark.parametrize("side", [8, 17])
def test_a_cell_has_the_score_that_it_would_have_as_a_region(side: int, name: str) -> None:
    chance = np.random.default_rng(0)
    maps = [chance.random((side, side, channels), np.float32) for channels in (768, 2048, 2048)]
    recipe = RECIPES[name]
    sought = pool(recipe, maps, Region(x=0, y=0, width=0.5, height=0.5))
    cells = heat(recipe, maps, sought)
    for row, column in ((0, 0), (3, side - 2), (side - 1, side - 1)):
        cell = Region(x=column / side, y=row / side, width=1 / side, height=1 / side)
        assert cells[row, column] == pytest.approx(float(pool(recipe, maps, cell) @ sought), abs=1e-5)


def test_a_coarser_map_is_spread_over_the_finest() -> None:
    maps = [np.zeros((17, 17, 768), np.float32), *(np.zeros((8, 8, 2048), np.float32) for _ in range(2))]
    for features in maps:
        features[..., 0] = 1
    maps[1][:, :4] = 0
    maps[1][:, :4, 1] = 1
    recipe, right = RECIPES["multilayer"], Region(x=0.9, y=0, width=0.1, height=1)
    cells = heat(recipe, maps, pool(recipe, maps, right))
    assert cells[:, 0] == pytest.approx(2 / 3, abs=1e-5)
    assert cells[:, 16] == pytest.approx(1, abs=1e-5)
    assert (np.diff(cells[5]) >= -1e-6).all()


def test_the_grid_is_that_of_the_finest_map() -> None:
    maps = [np.random.default_rng(0).random((8, 8, 2048), np.float32)]
    assert heat(RECIPES["pooled"], maps, pool(RECIPES["pooled"], maps)).shape == (8, 8)


@pytest.mark.parametrize(("size", "drawn"), [((320, 160), (224, 112)), ((100, 50), (100, 50)), ((1, 320), (1, 224))])
def test_a_drawing_is_a_small_png_of_the_pictures_shape(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    image = Image.open(BytesIO(draw(picture(1, size), np.random.default_rng(0).random((17, 17), np.float32))))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", drawn)


def test_a_drawing_is_red_where_it_is_hot_and_blue_where_it_is_cold() -> None:
    cells = np.full((17, 17), 0.4, np.float32)
    cells[:, 9:] = 0.3
    image = np.asarray(Image.open(BytesIO(draw(plain("gray", (200, 100)), cells))), int)
    assert image[50, 20, 0] - image[50, 20, 2] > 50
    assert image[50, 180, 2] - image[50, 180, 0] > 50


def test_even_heat_is_drawn_too() -> None:
    assert Image.open(BytesIO(draw(plain("gray"), np.full((8, 8), 0.5, np.float32)))).size == (64, 64)
