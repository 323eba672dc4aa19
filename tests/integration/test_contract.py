"""A running gateway does what its description says: requests that schemathesis makes up, and all of its checks."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.keys import token as tokens
from shared.keys.file import KeyFile
from tests.support.fuzzing.hooks import IMAGE_URL, STORED
from tests.support.images import jpeg, picture
from tests.support.stack import stack
from tests.support.static_site import static_site

CONFIG = Path(__file__).parents[1] / "support" / "fuzzing" / "schemathesis.toml"
EXAMPLES = os.environ.get("API_FUZZ_EXAMPLES")
"""Requests that are made up for each operation, beside those that its description leads to by itself."""


@dataclass(frozen=True)
class Target:
    gateway: str
    key: str
    image_url: str


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    """A gateway that wants a key, fetches images from one place, and holds two of them."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "pond.jpg").write_bytes(jpeg(picture(1)))
    keys = tmp_path / "keys.json"
    key, token = tokens.create("fuzz", ["admin"])
    KeyFile(keys).add(key)
    settings: dict[str, Any] = {"api_keys_file": keys, "url_fetch": True, "url_fetch_allowed_networks": "127.0.0.1"}
    with (
        static_site(site) as url,
        stack(tmp_path, url_fetch_ports=url.rpartition(":")[2], **settings) as services,
        httpx.Client(base_url=services.gateway, headers={"authorization": f"Bearer {token}"}, timeout=60) as http,
    ):
        for seed, image_id in enumerate(STORED):
            form = {"label": "pond", "metadata": '{"year": 2004}'}
            http.put(f"/v1/images/{image_id}", files={"image": jpeg(picture(seed))}, data=form).raise_for_status()
        yield Target(services.gateway, token, f"{url}/pond.jpg")


def test_every_answer_is_as_it_is_described(target: Target, tmp_path: Path) -> None:
    many = ["--max-examples", EXAMPLES or "2"]
    # In `make test` the same requests each time: what another seed would find is for `make fuzz-api`.
    same = [] if EXAMPLES else ["--generation-deterministic", "--phases", "examples,coverage,fuzzing"]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", *many, *same]
    shown = ["--header", f"Authorization: Bearer {target.key}", f"{target.gateway}/openapi.json"]
    environment = {**os.environ, IMAGE_URL: target.image_url, "PYTHONPATH": str(Path.cwd())}
    ended = subprocess.run([*command, *shown], cwd=tmp_path, env=environment, capture_output=True, text=True)
    report = ended.stdout + ended.stderr
    if EXAMPLES:
        sys.stdout.write(report)
    assert ended.returncode == 0, report
    sent = re.search(r"(\d+) generated", report)
    assert sent is not None
    assert int(sent[1]) >= 1000
