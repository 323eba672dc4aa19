"""The page in a browser, against the real services with the real network and the gallery in them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli import service_token_file
from cli.gallery import KINDS, write
from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from tests.support.lookalike import Installation
from tests.support.missing import missing
from tests.support.serving import serving

WEB = Path(__file__).parents[2] / "web"
PER_KIND = 6
BROWSERS = (os.environ.get("CHROMIUM", "chromium"), "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> str:
    """A browser, and the page built: where either is missing this is told, and in CI it is a failure."""
    if not (WEB / "out" / "index.html").is_file():
        missing("The page has not been built; `make page` does it.")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or missing("There is no Chromium (on Debian: apt-get install chromium).")


@pytest.fixture(scope="module")
def lookalike(browser: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation.at(tmp_path_factory.mktemp("page"))
    gallery = tmp_path_factory.mktemp("gallery")
    write(gallery, PER_KIND)
    with installation.serving("--images", str(gallery)):
        installation.wait_for_images(PER_KIND * len(KINDS))
        yield installation


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of each kind that the gallery has not."""
    folder = tmp_path_factory.mktemp("pictures")
    write(folder, per_kind=1, seed=77)
    return folder


@pytest.fixture(scope="module")
def keyed(lookalike: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Another gateway before the same services that wants a key, and the key."""
    file = tmp_path_factory.mktemp("keys") / "api-keys.json"
    scopes = ("--scope", "search", "--scope", "write")
    created = lookalike.run("keys", "create", "the page", "--file", str(file), *scopes)
    services = {name: f"http://127.0.0.1:{lookalike.ports[name]}" for name in ("embedder", "search")}
    token = service_token_file.server(services["search"], None, lookalike.folder / "data").token
    settings = GatewaySettings(
        embedder_url=services["embedder"],
        search_url=services["search"],
        service_token=SecretStr(token or ""),
        api_keys_file=file,
    )
    with serving(create_app(settings)) as url:
        yield {"LOOKALIKE_KEYED_URL": url, "LOOKALIKE_KEY": created.stdout.strip()}


SUBJECTS = sorted(path.name.removesuffix(".spec.ts") for path in (WEB / "tests").glob("*.spec.ts"))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_page_does_in_a_browser_what_it_promises(
    lookalike: Installation, keyed: dict[str, str], pictures: Path, browser: str, subject: str
) -> None:
    environment = {
        **os.environ,
        **keyed,
        "CHROMIUM": browser,
        "LOOKALIKE_URL": lookalike.url,
        "LOOKALIKE_PICTURES": str(pictures),
        "LOOKALIKE_PER_KIND": str(PER_KIND),
        "LOOKALIKE_TOTAL": str(PER_KIND * len(KINDS)),
    }
    command = ["npx", "--no-install", "playwright", "test", f"tests/{subject}.spec.ts"]
    ended = subprocess.run(command, cwd=WEB, env=environment, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr
