import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from cli.ingest.scan import ImageFile, scan
from cli.ingest.source import PassedOver, Unreadable


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def labels(folder: Path) -> list[tuple[str, str | None]]:
    return [(found.source, found.label) for found in scan(folder) if isinstance(found, ImageFile)]


def passed_over(folder: Path) -> Counter[str]:
    return Counter(found.why for found in scan(folder) if isinstance(found, PassedOver))


def test_the_name_of_the_folder_is_the_label(tmp_path: Path) -> None:
    touch(tmp_path, "top.jpg", "cats/tom.png", "animals/dogs/rex.webp")
    assert labels(tmp_path) == [("top.jpg", None), ("animals/dogs/rex.webp", "dogs"), ("cats/tom.png", "cats")]


def test_image_files_are_known_by_their_suffix_in_any_case(tmp_path: Path) -> None:
    suffixes = ("AVIF", "bmp", "Gif", "jpeg", "JPG", "png", "tif", "TIFF", "webp")
    touch(tmp_path, *(f"{number}.{suffix}" for number, suffix in enumerate(suffixes)), "notes.txt", "jpg", "x.svg")
    assert len(labels(tmp_path)) == len(suffixes)
    assert passed_over(tmp_path) == {"other types": 3}


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, ".cover.jpg", ".thumbnails/a.jpg", "seen.jpg")
    assert labels(tmp_path) == [("seen.jpg", None)]
    assert passed_over(tmp_path) == {"hidden": 2}


def test_links_are_followed_to_files_inside_the_folder_alone(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    touch(inside, "a/real.jpg")
    touch(outside, "secret.jpg")
    (inside / "same.jpg").symlink_to(inside / "a" / "real.jpg")
    (inside / "secret.jpg").symlink_to(outside / "secret.jpg")
    (inside / "gone.jpg").symlink_to(inside / "nothing.jpg")
    (inside / "circle.jpg").symlink_to(inside / "circle.jpg")
    (inside / "again").symlink_to(inside / "a")
    (inside / "up").symlink_to(tmp_path)
    assert labels(inside) == [("same.jpg", None), ("a/real.jpg", "a")]
    assert passed_over(inside) == {"links": 5}


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    touch(tmp_path, "real/cats/tom.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert labels(tmp_path / "link") == [("cats/tom.jpg", "cats")]


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 names alone")
def test_a_name_that_is_no_utf8_is_made_sendable(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)  # noqa: PTH102 - a name in bytes
    Path(os.fsdecode(folder), "a.jpg").touch()
    assert labels(tmp_path) == [("caf\ufffd/a.jpg", "caf\ufffd")]


def test_a_folder_named_by_spaces_gives_no_label(tmp_path: Path) -> None:
    touch(tmp_path, "  /a.jpg")
    assert labels(tmp_path) == [("  /a.jpg", None)]


def test_a_folder_that_is_gone_while_scanning_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b/c.jpg")
    findings = scan(tmp_path)
    assert isinstance(next(findings), ImageFile)
    (tmp_path / "b" / "c.jpg").unlink()
    (tmp_path / "b").rmdir()
    assert list(findings) == [Unreadable("b", "No such file or directory")]
