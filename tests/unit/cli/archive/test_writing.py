"""An archive that is broken off and gone on with."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.archive.manifest import Manifest
from cli.archive.reading import ArchiveReader
from cli.archive.writing import ArchiveWriter, unfinished
from cli.failures import CommandFailed
from tests.support.archives import MANIFEST, archived, write
from tests.support.vectors import space

IMAGES = [archived(seed) for seed in range(5)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collection.tar"


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    return write(tmp_path / "whole.tar", IMAGES).read_bytes()


def go_on(path: Path) -> int:
    """Finish an archive, and tell how many of its images were there."""
    with ArchiveWriter.opened(path, MANIFEST) as writer:
        writer.append([image for image in IMAGES if image.record.id > writer.last_id])
        writer.complete()
        return writer.found


def test_cut_off_anywhere_it_is_gone_on_with_to_the_same_end(path: Path, whole: bytes) -> None:
    chance = random.Random(0)
    found = set()
    for length in [0, 1, 600, 1024, len(whole) - 1, len(whole), *(chance.randrange(len(whole)) for _ in range(30))]:
        unfinished(path).write_bytes(whole[:length])
        found.add(go_on(path))
        assert path.read_bytes() == whole
        path.unlink()
    assert found >= {0, 1, 2, 3, 4, 5}


def test_what_a_failing_disk_has_left_behind_the_last_whole_image_is_written_anew(path: Path, whole: bytes) -> None:
    damaged = bytearray(whole)
    damaged[len(whole) // 2 : len(whole) // 2 + 4096] = bytes(4096)
    unfinished(path).write_bytes(damaged)
    assert 0 < go_on(path) < 5
    assert path.read_bytes() == whole


def test_until_it_is_complete_it_has_another_name(path: Path) -> None:
    with ArchiveWriter.opened(path, MANIFEST) as writer:
        writer.append(IMAGES)
        assert not path.exists()
        writer.complete()
    assert path.exists()
    assert not unfinished(path).exists()


def test_an_archive_that_is_there_is_not_written_over(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(CommandFailed, match="is there already"), ArchiveWriter.opened(path, MANIFEST):
        pass
    assert path.read_text() == "precious"


def test_an_unfinished_file_of_something_else_is_left_alone(path: Path) -> None:
    unfinished(path).write_text("precious " * 100)
    with pytest.raises(CommandFailed, match="is no unfinished archive"), ArchiveWriter.opened(path, MANIFEST):
        pass
    assert unfinished(path).read_text() == "precious " * 100


@pytest.mark.parametrize(
    "other", [Manifest(collection="garden", space=space()), Manifest(collection="default", space=space(16))]
)
def test_an_unfinished_archive_of_another_collection_is_left_alone(path: Path, other: Manifest) -> None:
    with ArchiveWriter.opened(path, other) as writer:
        assert writer.images == 0
    before = unfinished(path).read_bytes()
    with pytest.raises(CommandFailed, match="was begun with the collection"), ArchiveWriter.opened(path, MANIFEST):
        pass
    assert unfinished(path).read_bytes() == before


def test_two_do_not_write_one_archive(path: Path) -> None:
    with (
        ArchiveWriter.opened(path, MANIFEST),
        pytest.raises(CommandFailed, match="Another export"),
        ArchiveWriter.opened(path, MANIFEST),
    ):
        pass


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(CommandFailed, match="cannot be written"),
        ArchiveWriter.opened(tmp_path / "no" / "a.tar", MANIFEST),
    ):
        pass


@pytest.mark.parametrize("year", [1, 1969, 2243, 9999])
def test_images_of_any_age_can_be_archived(path: Path, year: int) -> None:
    image = archived(0)
    record = image.record.model_copy(update={"created_at": datetime(year, 1, 1, tzinfo=UTC)})
    write(path, [replace(image, record=record)])
    with path.open("rb") as file:
        [read] = ArchiveReader(file)
    assert read.record == record
