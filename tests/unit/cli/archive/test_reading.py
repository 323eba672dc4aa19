"""What the reader of archives takes for one, and what it refuses."""

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.archive.members import Foreign, Torn, encode
from cli.archive.reading import ArchiveReader
from tests.support.archives import MANIFEST, archived, write

IMAGES = [archived(seed) for seed in range(3)]


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    return write(tmp_path / "a.tar", IMAGES).read_bytes()


def read(data: bytes) -> ArchiveReader:
    reader = ArchiveReader(io.BytesIO(data))
    list(reader)
    return reader


def rebuilt(archive: bytes, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> bytes:
    """The same members, each as `change` has it; None leaves one out."""
    members = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            if changed := change(member.name, file.read()):
                members.append(encode(*changed, 0))
    return b"".join(members) + bytes(1024)


def test_an_archive_gives_back_what_was_put_in(archive: bytes) -> None:
    reader = ArchiveReader(io.BytesIO(archive))
    assert reader.manifest == MANIFEST
    assert list(reader) == IMAGES
    assert reader.completion is not None
    assert (reader.images, reader.last_id) == (3, "0002")


def test_any_tool_for_tar_files_can_unpack_it(archive: bytes, tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    folder = tmp_path / "unpacked" / "00000002"
    assert sorted(path.name for path in folder.iterdir()) == ["image.png", "record.json", "thumbnail.jpg", "vector.npy"]
    assert (folder / "image.png").read_bytes() == IMAGES[1].data
    assert json.loads((folder / "record.json").read_text())["metadata"] == {"source": "1.png"}
    assert json.loads((tmp_path / "unpacked" / "complete.json").read_text())["images"] == 3


def test_cut_off_anywhere_it_is_not_complete(archive: bytes) -> None:
    end = len(archive.rstrip(b"\0"))
    chance = random.Random(0)
    for length in [0, 1, 511, 512, 1024, *(chance.randrange(end) for _ in range(60))]:
        with pytest.raises((Torn, Foreign)):
            read(archive[:length])


def test_no_changed_byte_goes_unnoticed(archive: bytes) -> None:
    end = len(archive.rstrip(b"\0"))
    chance = random.Random(1)
    for _ in range(300):
        damaged = bytearray(archive)
        damaged[chance.randrange(end)] ^= 1 << chance.randrange(8)
        with pytest.raises((Torn, Foreign)):
            read(bytes(damaged))


def test_bytes_behind_the_end_are_refused(archive: bytes) -> None:
    with pytest.raises(Foreign, match="goes on behind its end"):
        read(archive + b"more")


@pytest.mark.parametrize("words", [b"", b"hello", b"hello " * 1000, bytes(10240)])
def test_other_files_are_refused(words: bytes) -> None:
    with pytest.raises((Torn, Foreign)):
        read(words)


def test_members_in_another_order_or_of_other_names_are_refused(archive: bytes) -> None:
    def escaping(name: str, data: bytes) -> tuple[str, bytes]:
        return name.replace("00000001/image.png", "../../image.png"), data

    def without_one_image(name: str, data: bytes) -> tuple[str, bytes] | None:
        return None if name.startswith("00000002/") else (name, data)

    for change in (escaping, without_one_image):
        with pytest.raises(Foreign, match="where that belongs"):
            read(rebuilt(archive, change))


def test_links_and_folders_are_refused(archive: bytes) -> None:
    link = tarfile.TarInfo("00000001/record.json")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(Foreign, match="something else than plain files"):
        read(archive[:1024] + link.tobuf(tarfile.USTAR_FORMAT) + bytes(1024))


@pytest.mark.parametrize("size", [2**33 - 1, 2**62])
def test_a_member_that_claims_to_be_huge_is_refused_without_reading_it(archive: bytes, size: int) -> None:
    huge = tarfile.TarInfo("00000001/record.json")
    huge.size = size
    with pytest.raises(Foreign, match="longer than"):
        read(archive[:1024] + huge.tobuf(tarfile.GNU_FORMAT))


def test_a_vector_that_claims_to_be_huge_is_refused_without_making_room_for_it(archive: bytes) -> None:
    huge: dict[str, bytes] = {}

    def change(name: str, data: bytes) -> tuple[str, bytes]:
        if name == "00000001/record.json":
            npy = IMAGES[0].npy.replace(b"(8,), }" + b" " * 12, b"(8000000000000,), }")
            assert npy != IMAGES[0].npy
            huge["npy"] = npy
            record = json.loads(data)
            record["vector"] = {"size": len(npy), "sha256": hashlib.sha256(npy).hexdigest()}
            return name, json.dumps(record).encode()
        return name, huge["npy"] if name == "00000001/vector.npy" else data

    with pytest.raises(Foreign, match="no row of float32"):
        read(rebuilt(archive, change))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "../escape"),
        ("content_type", "image/svg+xml"),
        ("content_type", "image/jpeg"),
        ("width", 0),
        ("metadata", {"nested": {"a": 1}}),
        ("created_at", "yesterday"),
        ("created_at", "2015-05-17T08:30:15"),
        ("created_at", "0001-01-01T00:00:00+14:00"),
        ("unheard_of", 1),
    ],
)
def test_a_record_of_another_form_is_refused(archive: bytes, field: str, value: object) -> None:
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        if name == "00000001/record.json":
            return name, json.dumps({**json.loads(data), field: value}).encode()
        return name, data

    with pytest.raises(Foreign):
        read(rebuilt(archive, change))


def test_an_archive_of_a_later_format_is_refused(archive: bytes) -> None:
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        return name, data.replace(b'"lookalike_archive": 2', b'"lookalike_archive": 9')

    with pytest.raises(Foreign, match="not what this version of Lookalike writes"):
        read(rebuilt(archive, change))


def test_images_that_come_twice_are_refused(tmp_path: Path) -> None:
    archive = write(tmp_path / "twice.tar", [IMAGES[1], IMAGES[1]])
    with pytest.raises(Foreign, match="order of their ids"):
        read(archive.read_bytes())
