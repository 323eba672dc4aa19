from pathlib import Path

import pytest

from services.embedder.artifact import Artifact


def made(folder: Path, text: str = "text") -> Artifact:
    artifact = Artifact(folder)

    def write(scratch: Path) -> None:
        (scratch / "file").write_text(text)

    artifact.make(write)
    return artifact


def test_what_was_made_is_whole_and_has_a_name_of_its_own(tmp_path: Path) -> None:
    one, same, other = made(tmp_path / "a"), made(tmp_path / "b"), made(tmp_path / "c", "other")
    assert one.is_whole()
    assert one.path("file").read_text() == "text"
    assert one.sha256() == same.sha256() != other.sha256()


@pytest.mark.parametrize("harm", ["change", "remove", "garble", "never made"])
def test_what_is_damaged_or_missing_is_not_whole(tmp_path: Path, harm: str) -> None:
    artifact = made(tmp_path / "a")
    match harm:
        case "change":
            artifact.path("file").write_text("test")
        case "remove":
            artifact.path("file").unlink()
        case "garble":
            artifact.path("sha256.json").write_text("[]")
        case _:
            artifact = Artifact(tmp_path / "b")
    assert not artifact.is_whole()


def test_making_it_again_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    made(tmp_path / "a", "old")
    assert made(tmp_path / "a", "new").path("file").read_text() == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    artifact = made(tmp_path / "a")

    def fail(scratch: Path) -> None:
        (scratch / "file").write_text("half")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - ours
        artifact.make(fail)
    assert artifact.is_whole()
    assert artifact.path("file").read_text() == "text"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
