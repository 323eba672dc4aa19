import hashlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from services.embedder.decoding import Limits
from services.embedder.preparing import PreparedImage, prepare, resize_bilinear
from services.embedder.recipes import RECIPES
from tests.support import images
from tests.support.images import mean_difference, picture

LIMITS = Limits(max_bytes=40 * 2**20, max_pixels=64_000_000)


def prepared(data: bytes, recipe: str = "multilayer") -> PreparedImage:
    return prepare(data, RECIPES[recipe], LIMITS, with_thumbnail=True)


def test_facts_are_those_of_the_file() -> None:
    data = images.oriented(picture(), 6)
    answer = prepared(data)
    assert answer.sha256 == hashlib.sha256(data).hexdigest()
    assert (answer.content_type, answer.width, answer.height) == ("image/jpeg", 320, 240)


@pytest.mark.parametrize(("recipe", "side"), [("classic", 224), ("pooled", 299), ("multilayer", 299)])
def test_pixels_have_the_recipes_size(recipe: str, side: int) -> None:
    pixels = prepared(images.png(picture()), recipe).pixels
    assert pixels.shape == (side, side, 3)
    assert np.abs(pixels.astype(float) - np.asarray(picture(0, (side, side)), float)).mean() < 1


@pytest.mark.parametrize("recipe", RECIPES)
def test_one_pixel_is_enough(recipe: str) -> None:
    answer = prepared(images.png(Image.new("RGB", (1, 1), (10, 20, 30))), recipe)
    assert np.unique(answer.pixels.reshape(-1, 3), axis=0).tolist() == [[10, 20, 30]]
    assert answer.thumbnail is not None
    assert (answer.thumbnail.width, answer.thumbnail.height) == (1, 1)


def test_a_draft_gives_nearly_the_pixels_of_the_whole() -> None:
    large = picture(2, (2600, 1950))
    from_draft = prepared(images.jpeg(large)).pixels.astype(float)
    from_whole = prepared(images.png(large)).pixels.astype(float)
    assert np.abs(from_draft - from_whole).mean() < 1


def test_the_classic_recipe_takes_single_pixels_of_the_original() -> None:
    # Stripes of one pixel: anti-aliasing, or a draft, would make them grey.
    stripes = np.zeros((2240, 2240, 3), np.uint8)
    stripes[:, ::2] = 255
    pixels = prepared(images.jpeg(Image.fromarray(stripes), quality=100), "classic").pixels
    assert pixels.std() < 3
    one_in_three = np.zeros((2240 // 10 * 3, 672, 3), np.uint8)
    one_in_three[:, 1::3] = 255
    assert prepared(images.png(Image.fromarray(one_in_three)), "classic").pixels.min() == 255
    assert prepared(images.png(Image.fromarray(one_in_three)), "pooled").pixels.max() < 130


@pytest.mark.parametrize("size", [(320, 240), (224, 224), (97, 501), (1, 7), (1023, 33)])
@pytest.mark.parametrize("side", [224, 64, 5])
def test_bilinear_is_tensorflows_own_default(size: tuple[int, int], side: int) -> None:
    import tensorflow as tf  # seconds that the other tests need not wait

    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    expected = tf.image.resize(noise, (side, side)).numpy()
    np.testing.assert_allclose(resize_bilinear(Image.fromarray(noise), side), expected, atol=1e-3)


@pytest.mark.parametrize(
    ("size", "shown"),
    [((640, 480), (320, 240)), ((480, 1920), (80, 320)), ((100, 50), (100, 50)), ((5000, 3), (320, 1))],
)
def test_a_thumbnail_fits_and_keeps_its_proportions(size: tuple[int, int], shown: tuple[int, int]) -> None:
    thumbnail = prepared(images.png(picture(1, size))).thumbnail
    assert thumbnail is not None
    assert (thumbnail.width, thumbnail.height) == shown
    assert Image.open(BytesIO(thumbnail.data)).size == shown


def test_a_thumbnail_is_an_upright_jpeg_without_metadata() -> None:
    thumbnail = prepared(images.oriented(picture(1, (640, 480)), 6, comment=b"at home")).thumbnail
    assert thumbnail is not None
    image = Image.open(BytesIO(thumbnail.data))
    assert image.format == "JPEG"
    assert not image.getexif()
    assert "comment" not in image.info
    assert mean_difference(image, picture(1, (320, 240))) < 3


def test_no_thumbnail_is_made_unasked() -> None:
    assert prepare(images.png(picture()), RECIPES["pooled"], LIMITS, with_thumbnail=False).thumbnail is None
