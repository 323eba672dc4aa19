import re
import socket
from pathlib import Path

from cli.diagnosis import Finding, examine


def examined(data: Path, listening: dict[str, int]) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(data, listening, running=None)}


def test_what_this_machine_has_is_found(tmp_path: Path) -> None:
    found = examined(tmp_path / "not" / "yet" / "there", {})
    for what in ("Python 3.11 or newer", "Packages of search", "Packages of cli", "Data folder"):
        assert found[what].good, found[what]
    assert re.fullmatch(r"\d+ packages", found["Packages of search"].detail)


def test_each_finding_says_how_to_mend_it(tmp_path: Path) -> None:
    assert all(finding.mend for finding in examined(tmp_path, {"gateway": 1}).values())


def test_a_port_that_is_taken_is_a_fault(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        finding = examined(tmp_path, {"search": port})[f"Port {port} for the search"]
    assert not finding.good
    assert finding.needed
    assert f"SEARCH_PORT={port + 10}" in finding.mend


def test_services_that_do_not_run_and_a_missing_node_are_no_fault(tmp_path: Path) -> None:
    found = examined(tmp_path, {})
    assert not found["Running services"].good
    assert not found["Running services"].needed
    assert not found["Node.js 20 or newer"].needed


def test_a_data_folder_that_is_a_file_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert not examined(file, {})["Data folder"].good
