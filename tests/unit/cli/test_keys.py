from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from shared.keys import token as tokens
from shared.keys.file import KeyFile


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "keys.json"


def keys(file: Path, *arguments: str) -> Result:
    return CliRunner(env={"API_KEYS_FILE": str(file)}).invoke(app, ["keys", *arguments])


def test_a_key_is_printed_once_and_alone(file: Path) -> None:
    made = keys(
        file, "create", "the shop", "--scope", "search", "--scope", "write", "--collection", "shoes", "--days", "9"
    )
    assert made.exit_code == 0, made.stderr
    token = made.stdout.strip()
    [key] = KeyFile(file).read()
    assert tokens.opens(token, key)
    assert (key.name, key.scopes, key.collections) == ("the shop", ("search", "write"), ("shoes",))
    assert key.expires_at is not None
    assert round((key.expires_at - key.created_at) / timedelta(days=1), 3) == 9
    assert token not in keys(file, "list").stdout
    assert token not in file.read_text()


def test_a_key_can_search_where_nothing_else_is_asked_for(file: Path) -> None:
    keys(file, "create", "a")
    [key] = KeyFile(file).read()
    assert (key.scopes, key.collections, key.expires_at) == (("search",), None, None)


def test_keys_are_listed_and_revoked(file: Path) -> None:
    for name in ("first", "second"):
        keys(file, "create", name)
    heading, first, second = [line.split("\t") for line in keys(file, "list").stdout.splitlines()]
    assert heading == ["id", "name", "scopes", "collections", "created", "expires"]
    assert (first[1:4], second[1]) == (["first", "search", "all"], "second")
    assert keys(file, "revoke", first[0]).exit_code == 0
    assert [key.name for key in KeyFile(file).read()] == ["second"]
    again = keys(file, "revoke", first[0])
    assert again.exit_code == 1
    assert "no key" in again.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["create"],
        ["create", ""],
        ["create", "a", "--scope", "everything"],
        ["create", "a", "--collection", "Not A Name"],
        ["create", "a", "--days", "0"],
        ["revoke"],
    ],
)
def test_wrong_usage_ends_with_status_2(file: Path, arguments: list[str]) -> None:
    result = keys(file, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert not file.exists()


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    file.write_text("{}notes")
    for arguments in (["create", "a"], ["list"], ["revoke", "a"]):
        result = keys(file, *arguments)
        assert result.exit_code == 1
        assert "does not hold API keys" in result.stderr
    assert file.read_text() == "{}notes"
