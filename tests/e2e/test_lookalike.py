"""What a newcomer does: start everything on a folder of pictures, search, stop, start again, and survive a crash."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.gallery import KINDS, write
from tests.support.lookalike import Installation

PER_KIND = 4
QUERIES_PER_KIND = 1


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Two folders, with a folder a kind in each: pictures to ingest, and others of the same kinds to search with."""
    gallery = tmp_path_factory.mktemp("gallery")
    queries = tmp_path_factory.mktemp("queries")
    write(gallery, per_kind=PER_KIND + QUERIES_PER_KIND, seed=11)
    for kind in KINDS:
        (queries / kind).mkdir()
        for file in sorted((gallery / kind).iterdir())[PER_KIND:]:
            shutil.move(file, queries / kind / file.name)
    yield gallery, queries
    shutil.rmtree(gallery)
    shutil.rmtree(queries)


@pytest.fixture
def lookalike(tmp_path: Path) -> Installation:
    return Installation.at(tmp_path)


def answers(lookalike: Installation, queries: Path) -> dict[str, list[tuple[str, str]]]:
    """Search with every query picture; ids and labels found, by the query's path."""
    found = {}
    with httpx.Client(base_url=lookalike.url, timeout=60) as http:
        for file in sorted(queries.rglob("*.jpg")):
            results = http.post("/v1/search", params={"k": 5}, files={"image": file.read_bytes()}).json()["results"]
            found[str(file.relative_to(queries))] = [(result["id"], result["label"]) for result in results]
    return found


def test_a_folder_is_served_searched_and_served_again(tmp_path: Path, pictures: tuple[Path, Path]) -> None:
    lookalike = Installation.at(tmp_path, runtime="tensorflow")
    gallery, queries = pictures
    total = len(KINDS) * PER_KIND
    with lookalike.serving("--images", str(gallery)):
        lookalike.wait_for_images(total)
        first = answers(lookalike, queries)
        right = [found[0][1] == Path(query).parent.name for query, found in first.items()]
        assert sum(right) / len(right) >= 0.85, [query for query, good in zip(first, right, strict=True) if not good]

        one = next(queries.rglob("*.jpg"))
        printed = json.loads(lookalike.run("search", str(one), "-k", "5", "--json").stdout)
        assert [result["id"] for result in printed["results"]] == [i for i, _ in first[str(one.relative_to(queries))]]

    with lookalike.serving("--images", str(gallery)):
        assert lookalike.images() == total
        assert answers(lookalike, queries) == first
        again = lookalike.run("ingest", str(gallery))
        assert f"{total} already there" in again.stdout + again.stderr
        assert lookalike.images() == total


def test_what_was_killed_in_the_middle_of_an_ingest_is_completed_by_the_next(
    lookalike: Installation, pictures: tuple[Path, Path]
) -> None:
    gallery, _ = pictures
    total = len(KINDS) * PER_KIND
    for _ in range(2):
        with lookalike.serving("--sample", "none") as services:
            ingest = subprocess.Popen(
                lookalike.command("ingest", str(gallery)),
                env=lookalike.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            lookalike.wait_for_images(lookalike.images() + 10)
            os.kill(services.pid, signal.SIGKILL)
            ingest.kill()
            ingest.wait()
            services.wait()
        wait_until_nobody_listens(lookalike)

    with lookalike.serving("--sample", "none"):
        assert 20 <= lookalike.images() < total
        lookalike.run("ingest", str(gallery))
        with httpx.Client(base_url=lookalike.url, timeout=30) as http:
            images = http.get("/v1/images", params={"limit": 1000}).json()["images"]
            assert len(images) == len({image["sha256"] for image in images}) == total
            for image in images:
                assert len(http.get(image["links"]["content"]).content) == image["size"]
                assert http.get(image["links"]["thumbnail"]).status_code == 200


def wait_until_nobody_listens(lookalike: Installation) -> None:
    """The children of a killed `serve` end by themselves; until then their ports are taken."""
    deadline = time.monotonic() + 30
    for port in lookalike.ports.values():
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
            except httpx.TransportError:
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_file_that_is_no_image_is_listed_and_does_not_stop_the_rest(
    lookalike: Installation, pictures: tuple[Path, Path], tmp_path: Path
) -> None:
    gallery, _ = pictures
    mixed = tmp_path / "mixed"
    shutil.copytree(gallery / next(iter(KINDS)), mixed / "good")
    (mixed / "broken.jpg").write_bytes(next((mixed / "good").iterdir()).read_bytes()[:1500])
    with lookalike.serving("--sample", "none"):
        ingest = lookalike.run("ingest", str(mixed), check=False)
        assert ingest.returncode == 1
        assert "broken.jpg" in ingest.stdout + ingest.stderr
        assert lookalike.images() == PER_KIND
