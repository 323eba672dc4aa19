"""The command line against the real services, with an extractor that needs no weights."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.support.images import jpeg, picture, png, side_by_side, truncated
from tests.support.stack import Stack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures in two folders."""
    images = tmp_path / "images"
    for seed in range(6):
        path = images / ("even" if seed % 2 == 0 else "odd") / f"{seed}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(picture(seed)))
    return images


def lookalike(services: Stack, *arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--url", services.gateway])


def test_a_folder_is_ingested_once_and_searched(services: Stack, folder: Path) -> None:
    first = lookalike(services, "ingest", folder, "--collection", "once")
    assert (first.exit_code, first.stdout) == (0, "6 added, 0 already there, 0 failed\n"), first.stderr
    again = lookalike(services, "ingest", folder, "--collection", "once")
    assert (again.exit_code, again.stdout) == (0, "0 added, 6 already there, 0 failed\n")

    found = lookalike(services, "search", folder / "odd" / "3.jpg", "-k", 4, "--collection", "once")
    assert found.exit_code == 0
    heading, nearest, *others = [line.split("\t") for line in found.stdout.splitlines()]
    assert heading == ["rank", "label", "score", "distance", "id", "source"]
    assert (nearest[0], nearest[1], nearest[2], nearest[5]) == ("1", "odd", "1.0000", "odd/3.jpg")
    assert len(others) == 3


def test_a_search_can_answer_in_json(services: Stack, folder: Path) -> None:
    lookalike(services, "ingest", folder, "--collection", "json")
    found = lookalike(services, "search", folder / "even" / "2.jpg", "-k", 2, "--json", "--collection", "json")
    results = json.loads(found.stdout)["results"]
    assert [result["label"] for result in results][:1] == ["even"]
    assert results[0]["metadata"] == {"source": "even/2.jpg"}
    assert len(results) == 2


def test_a_search_can_look_longer(services: Stack, folder: Path) -> None:
    lookalike(services, "ingest", folder, "--collection", "longer")
    asked = ("search", folder / "even" / "2.jpg", "--json", "--collection", "longer")
    plain, high = (
        json.loads(lookalike(services, *asked, "--quality", quality).stdout) for quality in ("standard", "high")
    )
    assert {result["id"] for result in plain["results"]} == {result["id"] for result in high["results"]}
    assert [result["score"] for result in plain["results"]] != [result["score"] for result in high["results"]]


def test_a_part_of_a_picture_can_be_searched_with(services: Stack, folder: Path, tmp_path: Path) -> None:
    lookalike(services, "ingest", folder, "--collection", "parts")
    both = tmp_path / "both.png"
    both.write_bytes(png(side_by_side(picture(2), picture(3))))
    for region, source in (("0,0,.5,1", "even/2.jpg"), ("0.5,0,0.5,1", "odd/3.jpg")):
        found = lookalike(services, "search", both, "--region", region, "-k", 1, "--collection", "parts")
        assert found.stdout.splitlines()[1].endswith(source)
    refused = lookalike(services, "search", both, "--region", "0,0,2,2", "--collection", "parts")
    assert refused.exit_code == 2
    assert "x,y,w,h" in refused.stderr


def test_pictures_and_stored_images_are_searched_with_together(services: Stack, folder: Path) -> None:
    lookalike(services, "ingest", folder, "--collection", "together")
    asked = ("search", "--collection", "together", "-k", 6)

    def sources(*arguments: object) -> list[str]:
        found = lookalike(services, *asked, *arguments)
        assert found.exit_code == 0, found.stderr
        return [line.split("\t")[5] for line in found.stdout.splitlines()[1:]]

    two, three = folder / "even" / "2.jpg", folder / "odd" / "3.jpg"
    ids = {
        line.split("\t")[5]: line.split("\t")[4] for line in lookalike(services, *asked, two).stdout.splitlines()[1:]
    }
    assert set(sources(two, three)[:2]) == {"even/2.jpg", "odd/3.jpg"}
    assert sources(two, three, "--weight", 1, "--weight", -1)[-1] == "odd/3.jpg"
    liked = sources("--like", ids["even/2.jpg"])
    assert liked == [source for source in sources(two) if source != "even/2.jpg"]
    beside = sources(three, "--like", ids["even/2.jpg"], "--unlike", ids["odd/1.jpg"])
    assert beside[0] == "odd/3.jpg"
    assert not {"even/2.jpg", "odd/1.jpg"} & set(beside)


def test_searching_by_address_is_refused_where_nothing_is_fetched(services: Stack) -> None:
    refused = lookalike(services, "search", "--from-url", "https://pond.example/pond.jpg")
    assert refused.exit_code == 1
    assert "URL_FETCH=true" in refused.stderr


def test_files_that_fail_are_listed_with_their_reason(services: Stack, folder: Path) -> None:
    (folder / "cut.jpg").write_bytes(truncated(jpeg(picture(9))))
    (folder / "empty.png").touch()
    (folder / "words.gif").write_text("no picture")
    (folder / "notes.txt").write_text("not looked at")

    result = lookalike(services, "ingest", folder, "--collection", "failing")

    assert result.exit_code == 1
    assert result.stdout == "6 added, 0 already there, 3 failed, passed over: 1 other types\n"
    reasons = dict(line.split(": ", 1) for line in result.stderr.splitlines() if ": " in line)
    assert set(reasons) == {"cut.jpg", "empty.png", "words.gif"}
    assert all(reasons.values())


def test_searching_with_a_file_that_is_no_image_is_refused(services: Stack, tmp_path: Path) -> None:
    file = tmp_path / "words.jpg"
    file.write_text("no picture")
    result = lookalike(services, "search", file)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")


def test_the_originals_file_of_features_is_taken_over(services: Stack, tmp_path: Path) -> None:
    shown = np.stack([np.asarray(picture(seed, (224, 224))) for seed in range(3)]).astype(np.float32) / 255
    file = tmp_path / "train_features.npz"
    np.savez(file, features=np.zeros((3, 5)), labels=np.array(["kite", "lotus", "rhino"]), Images=shown)

    first = lookalike(services, "import-npz", file, "--collection", "npz")
    assert (first.exit_code, first.stdout) == (0, "3 added, 0 already there, 0 failed\n"), first.stderr
    assert lookalike(services, "import-npz", file, "--collection", "npz").stdout.startswith("0 added, 3 already there")

    query = tmp_path / "lotus.png"
    picture(1, (224, 224)).save(query)
    found = lookalike(services, "search", query, "-k", 1, "--collection", "npz").stdout.splitlines()[1].split("\t")
    assert (found[1], found[2], found[5]) == ("lotus", "1.0000", "train_features.npz#1")

    np.savez(file, labels=np.array(["kite"]))
    refused = lookalike(services, "import-npz", file, "--collection", "npz")
    assert refused.exit_code == 1
    assert "lacks the arrays: features, Images" in refused.stderr


def test_the_doctor_sees_the_running_services(services: Stack) -> None:
    result = lookalike(services, "doctor")
    line = next(line for line in result.stdout.splitlines() if "Running services" in line)
    assert line.startswith("✓")
    assert httpx.get(f"{services.gateway}/v1/stats").json()["embedder"]["fingerprint"] in line


@contextmanager
def served(data: Path, *options: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `lookalike serve` on free ports; its process and the gateway's URL."""
    with socket.create_server(("", 0)) as a, socket.create_server(("", 0)) as b, socket.create_server(("", 0)) as c:
        gateway, embedder, search = (str(free.getsockname()[1]) for free in (a, b, c))
    ports = {"GATEWAY_PORT": gateway, "EMBEDDER_PORT": embedder, "SEARCH_PORT": search}
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "serve", "--data", str(data), *map(str, options)],
        env={**os.environ, **ports, "EXTRACTOR": "deterministic"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process, f"http://127.0.0.1:{gateway}"
    finally:
        process.kill()
        process.communicate()


def until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    for line in process.stdout:
        if line.startswith("Lookalike is ready"):
            return
    raise AssertionError(process.communicate())


def test_serve_loads_a_folder_and_ends_by_one_ctrl_c(folder: Path, tmp_path: Path) -> None:
    with served(tmp_path / "data", "--images", folder) as (process, url):
        until_ready(process)
        answer = httpx.post(f"{url}/v1/search", files={"image": (folder / "odd" / "1.jpg").read_bytes()}, timeout=60)
        assert answer.json()["results"][0]["label"] == "odd"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/healthz")


def test_serve_ends_when_a_service_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECODE_PROCESSES", "0")  # a setting that the embedder refuses
    with served(tmp_path / "data", "--sample", "none") as (process, _):
        _, told = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "The embedder ended by itself, with exit status 2. Everything stops." in told


def test_the_services_end_with_a_killed_serve(tmp_path: Path) -> None:
    with served(tmp_path / "data", "--sample", "none") as (process, url):
        until_ready(process)
        process.kill()
        deadline = time.monotonic() + 60
        while answers(url):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


def test_near_duplicates_are_listed(services: Stack, tmp_path: Path) -> None:
    for number, quality in enumerate((95, 90, 85)):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(picture(1), quality=quality))
    (tmp_path / "other.jpg").write_bytes(jpeg(picture(2)))
    lookalike(services, "ingest", tmp_path, "--collection", "same")

    found = lookalike(services, "duplicates", "--min-score", 0.98, "--collection", "same")
    assert found.exit_code == 0, found.stderr
    heading, *images = [line.split("\t") for line in found.stdout.splitlines()]
    assert heading == ["group", "score", "label", "size", "id", "source"]
    assert sorted(image[5] for image in images) == ["0.jpg", "1.jpg", "2.jpg"]
    assert {image[0] for image in images} == {"1"}
    assert "3 images in 1 groups" in found.stderr
    in_json = lookalike(services, "duplicates", "--min-score", 0.98, "--json", "--collection", "same")
    assert json.loads(in_json.stdout)["size"] == 3


def test_images_of_a_filter_are_removed_after_a_question(services: Stack, folder: Path) -> None:
    lookalike(services, "ingest", folder, "--collection", "removing")
    wanted = ("delete", "--filter", '{"labels": ["even"]}', "--collection", "removing")

    dry = lookalike(services, *wanted, "--dry-run")
    assert (dry.exit_code, dry.stdout.partition(":")[0]) == (0, "3 images")
    refused = CliRunner().invoke(app, [*wanted, "--url", services.gateway], input="n\n")
    assert refused.exit_code == 1
    assert lookalike(services, *wanted, "--dry-run").stdout == dry.stdout

    removed = lookalike(services, *wanted, "--yes")
    assert (removed.exit_code, removed.stdout) == (0, dry.stdout + "3 removed\n"), removed.stderr
    assert lookalike(services, *wanted, "--yes").stdout == "0 images\n"
    assert lookalike(services, "ingest", folder, "--collection", "removing").stdout.startswith("3 added, 3 already")
