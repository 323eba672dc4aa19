"""Large JPEGs are decoded at a part of their size; the network must not notice."""

from functools import cache
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cli.gallery import draw
from services.embedder.app import EXTRACTORS
from services.embedder.decoding import Limits, decode
from services.embedder.ports import Extractor
from services.embedder.preparing import prepare
from services.embedder.recipes import RECIPES, Recipe
from services.embedder.self_test import cosine
from services.embedder.settings import EmbedderSettings
from tests.support import images

LIMITS = Limits(max_bytes=200 * 2**20, max_pixels=64_000_000)
PHOTOS = (
    ("butterfly", (1290, 1300)),
    ("skyline", (2600, 1950)),
    ("teapot", (1290, 5200)),
    ("chessboard", (5300, 3980)),
)


def photo(kind: str, size: tuple[int, int], seed: int) -> bytes:
    """A drawing in very many pixels, with the grain that a sensor leaves in each."""
    drawn = np.asarray(draw(kind, seed).convert("RGB").resize(size, Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(seed).integers(-12, 13, drawn.shape, np.int16)
    return images.jpeg(Image.fromarray(np.clip(drawn + grain, 0, 255).astype(np.uint8)), quality=90)


def undrafted(data: bytes) -> bytes:
    """The same pixels in a format of which there are no drafts."""
    with Image.open(BytesIO(data)) as file:
        return images.png(file, compress_level=0)


@cache
def with_and_without_draft(kind: str, size: tuple[int, int], recipe: Recipe) -> NDArray[np.float32]:
    data = photo(kind, size, seed=5)
    assert decode(data, LIMITS, draft_side=640).image.width < size[0], "large enough for a draft"
    both = [prepare(form, recipe, LIMITS, with_thumbnail=False).pixels for form in (data, undrafted(data))]
    return np.stack(both).astype(np.float32)


@pytest.mark.parametrize("name", RECIPES)
def test_a_draft_has_nearly_the_vector_of_the_whole_photo(name: str) -> None:
    extractor = _extractor(RECIPES[name])
    recipe = extractor.recipe
    # Recipes that want the same pixels share them: drawing photos of 20 megapixels takes longest here.
    pixels_as = next(other for other in RECIPES.values() if _pixels(other) == _pixels(recipe))
    for kind, size in PHOTOS:
        drafted, whole = extractor.extract(with_and_without_draft(kind, size, pixels_as))
        assert cosine(drafted, whole) >= 0.995, (kind, size)


def _extractor(recipe: Recipe) -> Extractor:
    settings = EmbedderSettings(weights="inception-2015", precision="float32")
    return EXTRACTORS["inception"].load(settings, recipe)


def _pixels(recipe: Recipe) -> tuple[int, bool]:
    return recipe.image_size, recipe.antialias
