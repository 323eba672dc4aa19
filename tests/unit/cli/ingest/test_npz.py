import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cli.failures import CommandFailed
from cli.ingest.npz import NpzFile, NpzPicture
from cli.ingest.source import Finding, Unreadable
from tests.support.images import picture

PICTURES = [picture(seed, (224, 224)) for seed in range(4)]


def arrays(**changed: Any) -> dict[str, Any]:
    """What the original system saves."""
    return {
        "features": np.zeros((4, 51), np.float32),
        "labels": np.array(["kite", "kite", "lotus", ""]),
        "Images": np.stack([np.asarray(shown) for shown in PICTURES]).astype(np.float32) / 255,
    } | changed


def saved(path: Path, **changed: Any) -> Path:
    file = path / "features.npz"
    np.savez(file, **{key: array for key, array in arrays(**changed).items() if array is not None})
    return file


def pictures(findings: list[Finding]) -> list[NpzPicture]:
    return [finding for finding in findings if isinstance(finding, NpzPicture)]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_every_picture_comes_back_pixel_by_pixel_with_its_label(tmp_path: Path, kind: type) -> None:
    source = NpzFile.open(saved(tmp_path, Images=arrays()["Images"].astype(kind)))
    found = pictures(list(source.findings()))
    assert source.count() == len(found) == 4
    for given, original in zip(found, PICTURES, strict=True):
        assert Image.open(io.BytesIO(given.read())).tobytes() == original.tobytes()
    assert [given.label for given in found] == ["kite", "kite", "lotus", None]
    assert [given.source for given in found] == [f"features.npz#{number}" for number in range(4)]


@pytest.mark.parametrize("labels", [np.array([7, 7, 8, 9]), np.array([b"7", b"7", b"8", b"9"])])
def test_labels_may_be_numbers_or_bytes(tmp_path: Path, labels: Any) -> None:
    found = pictures(list(NpzFile.open(saved(tmp_path, labels=labels)).findings()))
    assert [given.label for given in found] == ["7", "7", "8", "9"]


def test_values_beyond_the_range_are_cut(tmp_path: Path) -> None:
    images = arrays()["Images"]
    images[0, 0, 0] = (-1, 2, np.nan)
    found = pictures(list(NpzFile.open(saved(tmp_path, Images=images)).findings()))
    assert Image.open(io.BytesIO(found[0].png)).getpixel((0, 0)) == (0, 255, 0)


@pytest.mark.parametrize("content", [b"", b"PK no zip", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_npz_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.npz"
    file.write_bytes(content)
    with pytest.raises(CommandFailed, match=r"cannot be read|lacks the arrays"):
        NpzFile.open(file)


def test_labels_that_only_a_pickle_could_hold_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="cannot be read"):
        NpzFile.open(saved(tmp_path, labels=np.array([{}, {}, {}, {}])))


@pytest.mark.parametrize("key", ["features", "labels", "Images"])
def test_a_missing_array_is_named(tmp_path: Path, key: str) -> None:
    with pytest.raises(CommandFailed, match=f"lacks the arrays: {key}"):
        NpzFile.open(saved(tmp_path, **{key: None}))


@pytest.mark.parametrize("key", ["features", "labels", "Images"])
def test_counts_that_differ_are_told(tmp_path: Path, key: str) -> None:
    with pytest.raises(CommandFailed, match=f"different lengths: .*3 {key}"):
        NpzFile.open(saved(tmp_path, **{key: arrays()[key][:3]}))


@pytest.mark.parametrize("images", [np.zeros((4, 224, 224), np.float32), np.zeros((4, 8, 8, 3), np.uint8)])
def test_what_is_no_pictures_is_refused(tmp_path: Path, images: Any) -> None:
    with pytest.raises(CommandFailed, match="no RGB pictures"):
        NpzFile.open(saved(tmp_path, Images=images))


def test_a_file_that_is_damaged_further_on_gives_what_comes_before(tmp_path: Path) -> None:
    file = saved(tmp_path)
    whole = file.read_bytes()
    middle = whole.index(b"Images.npy") + len(arrays()["Images"].tobytes()) // 2
    file.write_bytes(whole[:middle] + bytes(4096) + whole[middle + 4096 :])
    *_, last = NpzFile.open(file).findings()
    assert last == Unreadable("features.npz#3", "The file is damaged from this picture on.")
