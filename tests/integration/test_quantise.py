"""The int8 network as a user meets it: made by a command, run by the service."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from services.embedder import weights
from services.embedder.extractors import graph
from services.embedder.recipes import RECIPES
from shared.settings import CacheSettings
from tests.support import images
from tests.support.embedding import running
from tests.support.images import picture

SETTINGS = {"RECIPE": "pooled", "WEIGHTS": "inception-2015"}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with the weights and the network of the user's, and no int8 network."""
    own, cache = CacheSettings().lookalike_cache, tmp_path / "cache"
    found = weights.obtain("inception-2015", own)
    network = graph.obtain(RECIPES["pooled"], found, own).folder
    (cache / "networks" / network.name).mkdir(parents=True)
    (cache / found.path.name).symlink_to(found.path)
    (cache / "networks" / network.name / "float32").symlink_to(network / "float32")
    return cache


def folder_of(count: int, folder: Path) -> Path:
    folder.mkdir()
    (folder / "notes.txt").write_text("not an image")
    for seed in range(count):
        (folder / f"{seed}.jpg").write_bytes(images.jpeg(picture(seed)))
    return folder


def quantise(folder: Path, cache: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", "quantise", str(folder), *options]
    environment = os.environ | SETTINGS | {"LOOKALIKE_CACHE": str(cache)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_an_int8_network_is_made_once_and_served(cache: Path, tmp_path: Path) -> None:
    made = quantise(folder_of(8, tmp_path / "images"), cache)
    assert made.returncode == 0, made.stderr
    assert "quantised with 8 images" in made.stderr
    again = quantise(tmp_path / "images", cache)
    assert (again.returncode, again.stdout) == (0, made.stdout)
    assert "quantised" not in again.stderr

    served = {"EXTRACTOR": "inception", "RUNTIME": "openvino", "PRECISION": "int8", "LOOKALIKE_CACHE": str(cache)}
    with running(300, **SETTINGS, **served) as (_, url):
        files = [("images", ("picture", images.jpeg(picture(1))))]
        space = httpx.post(f"{url}/v1/embed", files=files, timeout=30).raise_for_status().json()["space"]
    assert space["precision"] == "int8"
    assert space["fingerprint"] != "a30ce503f5567000"
    assert made.stdout == f"int8 network, embedding space {space['fingerprint']}\n"


def test_too_few_images_make_no_network(cache: Path, tmp_path: Path) -> None:
    refused = quantise(folder_of(7, tmp_path / "images"), cache)
    assert refused.returncode == 1
    assert "has 7 images; 8 is the least" in refused.stderr
