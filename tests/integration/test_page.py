"""The page as browsers get it from the gateway: its files, its policy, and the API beside it."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from tests.support.serving import serving

INDEX = "<!doctype html><title>Lookalike</title><script src='/_next/static/a1.js'></script>"
SCRIPT = "document.title = 'Lookalike';" * 100
NOWHERE = "<!doctype html><title>There is no such page</title>"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A small page, as the build leaves one."""
    files = {
        "index.html": INDEX,
        "404.html": NOWHERE,
        "collection/index.html": INDEX.replace("Lookalike", "Collection"),
        "_next/static/a1.js": SCRIPT,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "_next/static/a1.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    return tmp_path


@pytest.fixture
async def http(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    with serving(create_app(GatewaySettings(web_folder=built)), ready=False) as gateway:
        async with httpx.AsyncClient(base_url=gateway) as client:
            yield client


async def test_the_page_opens_under_the_root(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_every_part_of_the_page_has_an_address(http: httpx.AsyncClient) -> None:
    assert "Collection" in (await http.get("/collection/")).text
    unslashed = await http.get("/collection?label=owl")
    assert unslashed.status_code == 307
    assert httpx.URL(unslashed.headers["location"]).raw_path == b"/collection/?label=owl"


async def test_the_policy_admits_nothing_from_elsewhere_and_no_inline_script(http: httpx.AsyncClient) -> None:
    policy = (await http.get("/")).headers["content-security-policy"]
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_scripts_are_kept_by_browsers_and_pages_are_asked_for_again(http: httpx.AsyncClient) -> None:
    script = await http.get("/_next/static/a1.js")
    assert "immutable" in script.headers["cache-control"]
    index = await http.get("/")
    assert index.headers["cache-control"] == "no-cache"
    again = await http.get("/", headers={"if-none-match": index.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_files_travel_compressed_to_those_who_take_it(http: httpx.AsyncClient) -> None:
    small = await http.get("/_next/static/a1.js", headers={"accept-encoding": "gzip, deflate, br"})
    assert small.headers["content-encoding"] == "gzip"
    assert small.text == SCRIPT
    plain = await http.get("/_next/static/a1.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == SCRIPT
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"])


async def test_the_api_and_its_documentation_stay_where_they_are(http: httpx.AsyncClient) -> None:
    assert (await http.get("/docs")).status_code == 200
    assert (await http.get("/healthz")).json() == {"status": "ok"}
    assert (await http.get("/v1/search")).status_code == 405


async def test_people_and_programs_are_told_of_a_wrong_address_in_their_own_ways(http: httpx.AsyncClient) -> None:
    person = await http.get("/colection/", headers={"accept": "text/html,application/xhtml+xml"})
    assert (person.status_code, person.text) == (404, NOWHERE)
    program = await http.get("/v1/nothing")
    assert (program.status_code, program.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/../settings.py", "/%2e%2e/settings.py", "/_next/static/", "/index.html.gz"])
async def test_nothing_but_the_page_is_given_out(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404


async def test_without_a_page_the_root_leads_to_the_documentation(tmp_path: Path) -> None:
    with serving(create_app(GatewaySettings(web_folder=tmp_path)), ready=False) as gateway:
        async with httpx.AsyncClient(base_url=gateway) as client:
            answer = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
