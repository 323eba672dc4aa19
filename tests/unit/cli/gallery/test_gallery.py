from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.gallery import KINDS, Written, draw, write

PER_KIND = 2


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gallery")
    assert write(folder, PER_KIND) == Written(drawn=PER_KIND * len(KINDS), kept=0)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_there_are_many_kinds() -> None:
    assert len(KINDS) >= 14


def test_a_picture_is_the_same_whenever_it_is_drawn() -> None:
    assert draw("owl", 7).tobytes() == draw("owl", 7).tobytes()


def test_another_seed_gives_another_picture() -> None:
    assert draw("owl", 7).tobytes() != draw("owl", 8).tobytes()


def test_each_kind_has_its_folder_of_numbered_pictures(gallery: Path) -> None:
    expected = {f"{kind}/{kind}-{number:02}.jpg" for kind in KINDS for number in range(PER_KIND)}
    assert set(files(gallery)) == expected


def test_all_pictures_differ_and_have_one_size(gallery: Path) -> None:
    pictures = [Image.open(path) for path in sorted(gallery.rglob("*.jpg"))]
    assert {(picture.size, picture.mode, picture.format) for picture in pictures} == {((400, 300), "RGB", "JPEG")}
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)


def test_no_picture_is_empty(gallery: Path) -> None:
    for path in gallery.rglob("*.jpg"):
        assert np.ptp(np.asarray(Image.open(path).convert("L"), dtype=int)) > 100, path


def test_what_is_there_is_kept_and_what_is_broken_is_drawn_again(gallery: Path) -> None:
    before = files(gallery)
    missing, cut = gallery / "fish" / "fish-00.jpg", gallery / "owl" / "owl-01.jpg"
    missing.unlink()
    cut.write_bytes(cut.read_bytes()[:500])
    told = []
    total = PER_KIND * len(KINDS)

    written = write(gallery, PER_KIND, on_progress=lambda done, of: told.append((done, of)))

    assert written == Written(drawn=2, kept=total - 2)
    assert told == [(done, total) for done in range(1, total + 1)]
    assert files(gallery) == before
