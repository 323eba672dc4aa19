"""Images from the web, through all services: what is searched with and what is added."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from shared.clients.gateway import GatewayClient
from shared.clients.searches import UploadedExample
from shared.contracts.gateway import SearchResponse
from shared.contracts.region import Region
from shared.contracts.searches import UrlExample
from shared.errors import FetchFailed, Forbidden, InvalidExamples, UndecodableImage, UrlForbidden
from tests.support.images import jpeg, picture, png, side_by_side, truncated
from tests.support.names import Names
from tests.support.serving import serving
from tests.support.stack import Stack
from tests.support.web import Website, answer

RIGHT = Region(x=0.5, y=0, width=0.5, height=1)


@pytest.fixture
async def site() -> AsyncIterator[Website]:
    pages = {f"/{seed}.jpg": answer(jpeg(picture(seed))) for seed in range(6)}
    site = Website({**pages, "/cut.png": answer(truncated(png(picture(1))))})
    async with site.on("127.0.0.2"):
        yield site


@pytest.fixture
async def lookalike(services: Stack, site: Website) -> AsyncIterator[GatewayClient]:
    """A gateway that fetches, and whose default collection has the pictures 0 to 5."""
    settings = GatewaySettings(
        embedder_url=services.embedder,
        search_url=services.search,
        url_fetch=True,
        url_fetch_ports=f"{site.port}",
        url_fetch_allowed_networks="127.0.0.2",
    )
    with serving(create_app(settings, resolve=Names({"pond.example": [["127.0.0.2"]]}))) as url:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            client = GatewayClient(http)
            for seed in range(6):
                await client.put(str(seed), jpeg(picture(seed)))
            yield client


def at(site: Website, path: str, weight: float = 1, region: Region | None = None) -> UrlExample:
    return UrlExample(url=f"http://pond.example:{site.port}{path}", weight=weight, region=region)


def ids(found: SearchResponse) -> list[str]:
    return [result.id for result in found.results]


async def test_images_of_the_web_find_what_the_same_uploads_find(lookalike: GatewayClient, site: Website) -> None:
    site.pages["/both.png"] = answer(both := png(side_by_side(picture(2), picture(4))))
    examples = [at(site, "/1.jpg", 0.4), at(site, "/both.png", 1, RIGHT), at(site, "/3.jpg", -0.5)]
    found = await lookalike.search_by_url(examples, include=["heatmap"])
    uploads = [
        UploadedExample(jpeg(picture(1)), 0.4),
        UploadedExample(both, 1, RIGHT),
        UploadedExample(jpeg(picture(3)), -0.5),
    ]
    assert ids(found) == ids(await lookalike.search_by_examples(uploads))
    assert ids(found)[0] == "4"
    assert {"fetch", "embed", "search", "total"} <= found.timings.keys()
    assert found.results[0].included is not None
    expected = await lookalike.heatmap("4", both, region=RIGHT)
    assert found.results[0].included.heatmap == expected.image


async def test_an_image_of_the_web_is_added_as_if_it_had_been_uploaded(lookalike: GatewayClient, site: Website) -> None:
    url = at(site, "/2.jpg").url
    added = await lookalike.add_from_url(url, label="pond", metadata={"year": 2004}, collection="fetched")
    assert (added.created, added.image.label, added.image.metadata) == (True, "pond", {"year": 2004})
    assert await lookalike.content(added.image.id, collection="fetched") == jpeg(picture(2))
    assert not (await lookalike.add(jpeg(picture(2)), collection="fetched")).created
    named = await lookalike.add_from_url(url, image_id="mine", collection="fetched")
    assert (named.image.id, named.image.label) == ("mine", None)


async def test_what_cannot_be_fetched_is_told_by_its_kind(lookalike: GatewayClient, site: Website) -> None:
    with pytest.raises(UrlForbidden) as refused:
        await lookalike.search_by_url([at(site, "/1.jpg"), UrlExample(url="http://127.0.0.1/x.png")])
    assert [fault.field for fault in refused.value.errors] == ["body.examples.1.url"]
    with pytest.raises(FetchFailed):
        await lookalike.search_by_url([at(site, "/nothing.jpg")])
    with pytest.raises(FetchFailed):
        await lookalike.add_from_url(at(site, "/nothing.jpg").url)
    with pytest.raises(UndecodableImage):
        await lookalike.search_by_url([at(site, "/cut.png")])
    before = site.connections
    with pytest.raises(InvalidExamples):
        await lookalike.search_by_url([at(site, "/1.jpg", -1)])
    assert site.connections == before


async def test_nothing_is_fetched_unless_that_is_turned_on(services: Stack, site: Website) -> None:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=60) as http:
        client = GatewayClient(http)
        with pytest.raises(Forbidden, match="URL_FETCH"):
            await client.search_by_url([at(site, "/1.jpg")])
        with pytest.raises(Forbidden, match="URL_FETCH"):
            await client.add_from_url(at(site, "/1.jpg").url)
    assert site.connections == 0
