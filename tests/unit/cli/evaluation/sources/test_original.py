from pathlib import Path

import pytest

from cli.evaluation.sources.original import divide
from cli.failures import CommandFailed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for label, count in (("owl", 40), ("Anchor", 35)):
        (tmp_path / label).mkdir()
        for number in range(count):
            (tmp_path / label / f"image_{number:04}.jpg").write_bytes(b"not looked at here")
    (tmp_path / "owl" / "notes.txt").write_text("no picture")
    return tmp_path


def test_thirty_of_each_label_are_the_half_that_the_gallery_comes_from(folder: Path) -> None:
    task = divide(folder)
    drawn, rest = 2 * 30 - 1, 10 + 5 + 1  # the notes are drawn too, and thrown away
    assert (len(task.gallery), len(task.queries)) == (round(0.8 * drawn), round(0.9 * (rest - 1)))
    assert not {picture.name for picture in task.gallery} & {picture.name for picture in task.queries}
    assert {picture.label for picture in task.gallery} == {"anchor", "owl"}
    assert task.places is None


def test_the_order_is_that_of_tensorflow_datasets(folder: Path) -> None:
    from tensorflow_datasets.core.hashing import Hasher

    names = [picture.name for picture in divide(folder).gallery]
    hasher = Hasher("train")
    assert names == sorted(names, key=hasher.hash_key)


def test_the_division_is_the_same_each_time(folder: Path) -> None:
    first, second = divide(folder), divide(folder)
    assert [picture.name for picture in first.queries] == [picture.name for picture in second.queries]


def test_a_label_of_too_few_pictures_is_refused(folder: Path) -> None:
    for number in range(10):
        (folder / "Anchor" / f"image_{number:04}.jpg").unlink()
    with pytest.raises(CommandFailed, match="draws 30 pictures of each label; Anchor has 25"):
        divide(folder)
