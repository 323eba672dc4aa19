import io

import numpy as np
import pytest
from PIL import Image

from cli.evaluation.picture import Picture
from cli.evaluation.sources.copies import ALTERATIONS, altered, divide
from tests.support.images import jpeg, mean_difference, not_an_image, picture, shown

ORIGINAL = picture(3)


@pytest.mark.parametrize("kind", ALTERATIONS)
def test_a_copy_is_another_picture_and_the_same_each_time(kind: str) -> None:
    data = jpeg(ORIGINAL)
    copy = altered(data, kind, "seed")
    assert copy == altered(data, kind, "seed") != data


def test_a_cropped_copy_has_six_tenths_of_either_side() -> None:
    assert shown(altered(jpeg(ORIGINAL), "cropped", "seed")).size == (192, 144)


def test_a_flipped_copy_is_the_mirror_image() -> None:
    mirrored = Image.fromarray(np.asarray(ORIGINAL)[:, ::-1].copy())
    assert mean_difference(shown(altered(jpeg(ORIGINAL), "flipped", "seed")), mirrored) < 3


def test_a_recompressed_copy_is_much_smaller_and_much_the_same() -> None:
    data = jpeg(ORIGINAL)
    copy = altered(data, "recompressed", "seed")
    assert len(copy) < len(data) / 3
    assert mean_difference(shown(copy), ORIGINAL) < 6


def test_what_is_no_picture_is_left_to_the_embedder_to_refuse() -> None:
    assert altered(not_an_image(), "flipped", "seed") == not_an_image()


def test_each_copy_is_to_find_its_own_original() -> None:
    originals = [Picture(f"{number}.jpg", "label", lambda: jpeg(ORIGINAL)) for number in range(10)]
    task = divide("test", originals, most=18)
    assert (len(task.gallery), len(task.queries)) == (10, 18)
    assert {query.label for query in task.queries} < {picture.label for picture in task.gallery}
    assert len({picture.label for picture in task.gallery}) == 10
    assert {query.kind for query in task.queries} == set(ALTERATIONS)
    assert Image.open(io.BytesIO(task.queries[0].read())).format == "JPEG"
