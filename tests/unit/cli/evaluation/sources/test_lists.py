from pathlib import Path

import pytest

from cli.evaluation.sources.lists import divide, groups
from cli.failures import CommandFailed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("owl/1.jpg", "owl/2.jpg", "fox/1.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def listed(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines))
    return path


def test_a_label_is_what_the_list_says_or_the_name_of_the_folder(folder: Path) -> None:
    task = divide(folder, listed(folder, "g", "owl/1.jpg", "", "fox/1.jpg"), listed(folder, "q", "owl/2.jpg\tfox"))
    assert [picture.label for picture in task.gallery] == ["owl", "fox"]
    assert [(query.label, query.read()) for query in task.queries] == [("fox", b"owl/2.jpg")]


def test_near_duplicates_are_to_find_their_group(folder: Path) -> None:
    task = groups(folder, listed(folder, "l", "owl/1.jpg\tnight", "fox/1.jpg\tnight", "owl/2.jpg\tday"))
    assert (task.protocol, task.places) == ("groups", [0, 1])


@pytest.mark.parametrize("line", ["owl/3.jpg", "../elsewhere", "\tonly a label"])
def test_what_is_not_there_is_named(folder: Path, line: str) -> None:
    with pytest.raises(CommandFailed, match="which is not below"):
        groups(folder, listed(folder, "l", line))


def test_an_empty_list_is_refused(folder: Path) -> None:
    with pytest.raises(CommandFailed, match="is empty"):
        groups(folder, listed(folder, "l", ""))
