import stat
from pathlib import Path

import pytest

from cli import service_token_file


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVICE_TOKEN", raising=False)


def test_each_start_has_a_token_of_its_own_that_the_owner_alone_can_read(tmp_path: Path) -> None:
    first, second = service_token_file.written(tmp_path), service_token_file.written(tmp_path)
    assert len({first, second}) == 2
    assert min(len(first), len(second)) >= 32
    [file] = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert service_token_file.server("http://127.0.0.1:8002", None, tmp_path).token == second


def test_the_token_of_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_TOKEN", "mine")
    assert service_token_file.written(tmp_path) == "mine"


def test_the_token_of_this_machine_is_shown_to_no_other(tmp_path: Path) -> None:
    token = service_token_file.written(tmp_path)
    assert service_token_file.server("http://localhost:1", None, tmp_path).token == token
    assert service_token_file.server("http://10.0.0.5:8002", None, tmp_path).token is None
    assert service_token_file.server("http://10.0.0.5:8002", "theirs", tmp_path).token == "theirs"


def test_where_no_token_was_made_none_is_shown(tmp_path: Path) -> None:
    assert service_token_file.server("http://127.0.0.1:8002", None, tmp_path / "nowhere").token is None
