import stat
import threading
from pathlib import Path

import pytest

from shared.keys import token as tokens
from shared.keys.file import KeyFile, KeyFileDamaged


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


def test_keys_come_back_as_they_were_until_they_are_removed(file: KeyFile) -> None:
    keys = [tokens.create(name, ["search", "write"], ["garden"])[0] for name in ("a", "b")]
    for key in keys:
        file.add(key)
    assert file.read() == tuple(keys)
    assert file.remove(keys[0].id) == keys[0]
    assert file.remove(keys[0].id) is None
    assert file.read() == (keys[1],)


def test_the_owner_alone_may_read_the_file(file: KeyFile) -> None:
    file.add(tokens.create("a", ["search"])[0])
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_file_that_is_not_there_holds_no_keys(file: KeyFile) -> None:
    assert file.read() == ()
    assert file.version() is None


def test_every_change_makes_another_version(file: KeyFile) -> None:
    versions = [file.version()]
    for name in ("a", "b", "c"):
        file.add(tokens.create(name, ["search"])[0])
        versions.append(file.version())
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', '{"keys": [{"id": "x"}]}'])
def test_a_damaged_file_is_told_and_never_written_over(file: KeyFile, content: str) -> None:
    file.path.write_text(content)
    with pytest.raises(KeyFileDamaged):
        file.read()
    with pytest.raises(KeyFileDamaged):
        file.add(tokens.create("a", ["search"])[0])
    assert file.path.read_text() == content


def test_of_keys_that_are_added_at_the_same_time_none_is_lost(file: KeyFile) -> None:
    keys = [tokens.create(f"key {number}", ["search"])[0] for number in range(16)]
    threads = [threading.Thread(target=KeyFile(file.path).add, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key.id for key in file.read()} == {key.id for key in keys}
    assert list(file.path.parent.iterdir()) == [file.path]
