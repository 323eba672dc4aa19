"""Images' files as caches, players and browsers ask for them: under conditions, and in parts."""

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.clients.gateway import GatewayClient
from shared.contracts.gateway import Image
from tests.support.images import jpeg, picture, png
from tests.support.stack import Stack

DATA = png(picture(1, (400, 300)))
LENGTH = len(DATA)


@pytest.fixture
async def http(services: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=30) as client:
        yield client


@pytest.fixture
async def image(http: httpx.AsyncClient) -> Image:
    return (await GatewayClient(http).put("kite", DATA, collection="files")).image


async def test_the_links_lead_to_addresses_that_may_be_kept(http: httpx.AsyncClient, image: Image) -> None:
    content = await http.get(image.links.content)
    assert content.headers["etag"] == f'"{image.sha256}"'
    assert content.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert content.headers["accept-ranges"] == "bytes"
    assert (await http.get(image.links.thumbnail)).headers["cache-control"] == "private, max-age=31536000"
    for part in ("content", "thumbnail"):
        plain = await http.get(f"/v1/images/kite/{part}", params={"collection": "files"})
        assert plain.headers["cache-control"] == "private, no-cache"


async def test_a_kept_address_never_shows_other_bytes(http: httpx.AsyncClient, image: Image) -> None:
    replaced = (await GatewayClient(http).put("kite", jpeg(picture(2)), collection="files")).image
    for link in (image.links.content, image.links.thumbnail):
        answer = await http.get(link)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await http.get(replaced.links.content)).content == jpeg(picture(2))


@pytest.mark.parametrize("part", ["content", "thumbnail"])
async def test_what_the_client_has_is_not_sent_again(http: httpx.AsyncClient, image: Image, part: str) -> None:
    link = getattr(image.links, part)
    first = await http.get(link)
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await http.get(link, headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert "max-age" in again.headers["cache-control"]
    for other in ('"other"', tag[:-2] + '"', tag.strip('"')):
        again = await http.get(link, headers={"if-none-match": other})
        assert (again.status_code, again.content) == (200, first.content)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-99", slice(0, 100)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-50", slice(-50, None)),
        ("BYTES=0-0", slice(0, 1)),
        (f"bytes=0-{10**15}", slice(0, None)),
        (f"bytes=-{10**15}", slice(0, None)),
        (f"bytes={LENGTH - 1}-", slice(LENGTH - 1, None)),
    ],
)
async def test_a_range_is_answered_with_that_part(
    http: httpx.AsyncClient, image: Image, asked: str, part: slice
) -> None:
    answer = await http.get(image.links.content, headers={"range": asked})
    start, stop, _ = part.indices(LENGTH)
    assert (answer.status_code, answer.content) == (206, DATA[part])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{LENGTH}"
    assert answer.headers["content-length"] == str(len(DATA[part]))
    assert (answer.headers["content-type"], answer.headers["etag"]) == ("image/png", f'"{image.sha256}"')


@pytest.mark.parametrize(
    "asked", ["bytes=5-4", "bytes=-", "bytes=0-1,5-6", "lines=0-1", "bytes", "bytes=a-b", "bytes=" + "9" * 40 + "-"]
)
async def test_several_ranges_and_nonsense_are_answered_with_the_whole_file(
    http: httpx.AsyncClient, image: Image, asked: str
) -> None:
    answer = await http.get(image.links.content, headers={"range": asked})
    assert (answer.status_code, answer.content) == (200, DATA)
    assert "content-range" not in answer.headers


@pytest.mark.parametrize("asked", [f"bytes={LENGTH}-", f"bytes={LENGTH + 5}-{LENGTH + 9}", "bytes=-0"])
async def test_a_range_behind_the_end_is_refused(http: httpx.AsyncClient, image: Image, asked: str) -> None:
    answer = await http.get(image.links.content, headers={"range": asked})
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{LENGTH}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "cache-control" not in answer.headers


async def test_a_range_of_another_version_is_answered_with_the_whole_file(
    http: httpx.AsyncClient, image: Image
) -> None:
    asked = {"range": "bytes=0-9"}
    same = await http.get(image.links.content, headers=asked | {"if-range": f'"{image.sha256}"'})
    assert (same.status_code, same.content) == (206, DATA[:10])
    for other in ('"other"', f'W/"{image.sha256}"', "Wed, 21 Oct 2015 07:28:00 GMT"):
        answer = await http.get(image.links.content, headers=asked | {"if-range": other})
        assert (answer.status_code, answer.content) == (200, DATA)


async def test_head_tells_all_but_the_bytes(http: httpx.AsyncClient, image: Image) -> None:
    for link in (image.links.content, image.links.thumbnail):
        whole, head = await http.get(link), await http.head(link, headers={"range": "bytes=0-9"})
        assert (head.status_code, head.content) == (200, b"")
        told = ("content-type", "content-length", "etag", "cache-control", "accept-ranges")
        assert [head.headers[name] for name in told] == [whole.headers[name] for name in told]
        known = await http.head(link, headers={"if-none-match": whole.headers["etag"]})
        assert known.status_code == 304
    assert (await http.head("/v1/images/nobody/content")).status_code == 404


async def test_a_record_that_the_client_has_is_not_sent_again(http: httpx.AsyncClient, image: Image) -> None:
    first = await http.get(image.links.self)
    assert first.headers["etag"] == f'"{image.revision}"'
    again = await http.get(image.links.self, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await http.get(image.links.self, headers={"if-none-match": '"0"'})).status_code == 200
