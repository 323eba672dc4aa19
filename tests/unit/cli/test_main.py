import socket
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"not looked at here")
    return path


def test_the_version_is_the_projects() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"lookalike {version('lookalike')}\n")


def test_the_help_names_the_commands() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    for command in (
        "serve",
        "ingest",
        "import-npz",
        "search",
        "duplicates",
        "delete",
        "collections",
        "quantise",
        "reembed",
        "export",
        "import",
        "verify",
        "evaluate",
        "doctor",
    ):
        assert command in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["search"],
        ["search", "no-such-file.jpg"],
        ["search", "{photo}", "-k", "0"],
        ["search", "{photo}", "--url", "127.0.0.1:8000"],
        ["search", "{photo}", "--weight", "2"],
        ["search", "{photo}", "--weight", "1", "--weight", "1"],
        ["search", "{photo}", "--from-url", "https://pond.example/pond.jpg"],
        ["search", "--like", "no id"],
        ["search", *["{photo}"] * 17],
        ["search", "{photo}", "--collection", "Not A Name"],
        ["ingest", "{photo}"],
        ["duplicates", "--min-score", "1.5"],
        ["delete"],
        ["delete", "--filter", "nonsense"],
        ["delete", "--filter", '{{"label": "x"}}'],
        ["ingest", "no-such-folder"],
        ["ingest", ".", "--jobs", "0"],
        ["verify", "--search", "127.0.0.1:8002"],
        ["verify", "--collection", "Not A Name"],
        ["verify", "--source", "no-such-folder"],
        ["export"],
        ["export", "."],
        ["import", "no-such-file.tar"],
        ["quantise", "no-such-folder"],
        ["quantise", "--images", "7"],
        ["evaluate"],
        ["evaluate", ".", "--collection", "default"],
        ["evaluate", ".", "--gallery", "{photo}"],
        ["evaluate", ".", "--protocol", "something"],
        ["evaluate", "--collection", "default", "--protocol", "copies"],
        ["evaluate", ".", "--embedder", "127.0.0.1:8001"],
        ["serve", "--sample", "something"],
        ["serve", "--images", "no-such-folder"],
        ["serve", "--gateway-port", "70000"],
    ],
)
def test_wrong_usage_ends_with_status_2(arguments: list[str], photo: Path) -> None:
    result = CliRunner().invoke(app, [argument.format(photo=photo) for argument in arguments])
    assert result.exit_code == 2
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["search {photo}", "ingest {folder}"])
def test_a_gateway_that_does_not_run_is_told_in_one_line_and_what_to_do(command: str, photo: Path, nobody: str) -> None:
    arguments = command.format(photo=photo, folder=photo.parent).split()
    result = CliRunner().invoke(app, [*arguments, "--url", nobody])
    assert result.exit_code == 1
    assert result.stdout == ""
    told, advice = result.stderr.splitlines()
    assert told == f"Error: Lookalike cannot be reached at {nobody}."
    assert "make run" in advice


@pytest.mark.parametrize("command", ["verify", "export {folder}/archive.tar"])
def test_a_search_service_that_does_not_run_is_told_in_one_line_and_what_to_do(
    command: str, photo: Path, nobody: str
) -> None:
    arguments = command.format(folder=photo.parent).split()
    result = CliRunner().invoke(app, [*arguments, "--search", nobody])
    assert result.exit_code == 1
    assert result.stdout == ""
    told, advice = result.stderr.splitlines()
    assert told == f"Error: The search service cannot be reached at {nobody}."
    assert "--search" in advice


def test_the_search_services_can_come_from_the_environment(nobody: str) -> None:
    result = CliRunner(env={"LOOKALIKE_SEARCH_URL": f"{nobody} http://127.0.0.1:8002"}).invoke(app, ["verify"])
    assert f"cannot be reached at {nobody}" in result.stderr


def test_the_address_can_come_from_the_environment(photo: Path, nobody: str) -> None:
    result = CliRunner(env={"LOOKALIKE_URL": nobody}).invoke(app, ["search", str(photo)])
    assert nobody in result.stderr


def test_serve_refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        result = CliRunner().invoke(app, ["serve", "--data", str(tmp_path / "data"), "--gateway-port", port])
    assert result.exit_code == 1
    assert f"Port {port}, for the gateway, is taken" in result.stderr
    assert not (tmp_path / "data").exists()
