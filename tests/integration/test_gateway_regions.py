"""Searching with a part of an image, and seeing where images match, through all services."""

from collections.abc import AsyncIterator
from io import BytesIO

import httpx
import numpy as np
import pytest
from PIL import Image

from shared.clients.embedder import EmbedderClient
from shared.clients.gateway import GatewayClient
from shared.contracts.region import Region
from shared.errors import NotFound, UndecodableImage
from tests.support.images import jpeg, picture, png, side_by_side, truncated
from tests.support.stack import Stack

LEFT, RIGHT = Region(x=0, y=0, width=0.5, height=1), Region(x=0.5, y=0, width=0.5, height=1)


@pytest.fixture
async def http(services: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=60) as client:
        yield client


@pytest.fixture
async def lookalike(http: httpx.AsyncClient) -> GatewayClient:
    """A gateway whose default collection has the pictures 0 to 5, each under its number."""
    client = GatewayClient(http)
    for seed in range(6):
        await client.put(str(seed), jpeg(picture(seed)))
    return client


async def test_a_region_of_a_picture_finds_what_it_shows(lookalike: GatewayClient) -> None:
    both = png(side_by_side(picture(2), picture(4)))
    for region, shown in ((LEFT, "2"), (RIGHT, "4")):
        best = (await lookalike.search(both, region=region, k=1)).results[0]
        assert best.id == shown
        assert best.score > 0.99
    assert (await lookalike.search(both, k=1)).results[0].score < 0.9


@pytest.mark.parametrize("at", ["params", "data"])
async def test_a_region_may_stand_in_the_address_or_in_the_form(
    lookalike: GatewayClient, http: httpx.AsyncClient, at: str
) -> None:
    files = {"image": png(side_by_side(picture(1), picture(3)))}
    parts = {"files": files, at: {"region": "0.5,0,0.5,1"}}
    assert (await http.post("/v1/search", **parts)).json()["results"][0]["id"] == "3"  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/v1/search", "/v1/images/1/heatmap"])
@pytest.mark.parametrize("region", ["0,0,2,1", "left", ""])
async def test_what_is_not_a_region_is_refused_by_name(
    lookalike: GatewayClient, http: httpx.AsyncClient, path: str, region: str
) -> None:
    answer = await http.post(path, params={"region": region}, files={"image": png(picture(1))})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_region")


async def test_a_heat_map_shows_where_a_stored_image_matches(lookalike: GatewayClient) -> None:
    await lookalike.put("both", png(side_by_side(picture(2), picture(4))), collection="pairs")
    found = await lookalike.heatmap("both", png(picture(4)), collection="pairs")
    cells = np.array(found.image.cells)
    assert cells.shape == (17, 17)
    assert cells[:, 9:].mean() > cells[:, :8].mean()
    assert (found.id, found.collection) == ("both", "pairs")
    assert found.links.self == "/v1/images/both?collection=pairs"
    for drawing, size in ((found.image.png, (224, 84)), (found.query.png, (224, 168))):
        assert Image.open(BytesIO(drawing)).size == size


async def test_the_score_of_a_heat_map_is_the_cosine_in_the_embedding_space(
    lookalike: GatewayClient, services: Stack
) -> None:
    query = png(side_by_side(picture(3), picture(5)))
    async with httpx.AsyncClient(base_url=services.embedder, timeout=60) as http:
        embedder = EmbedderClient("embedder", http)
        asked = np.frombuffer((await embedder.embed_one(query, regions=[LEFT]))[1].regions[0], "<f4")
        for seed in (3, 5):
            stored = np.frombuffer((await embedder.embed_one(jpeg(picture(seed))))[1].vector, "<f4")
            heatmap = await lookalike.heatmap(str(seed), query, region=LEFT)
            assert heatmap.score == pytest.approx(float(asked @ stored), abs=1e-5)


async def test_a_heat_map_can_be_looked_at(lookalike: GatewayClient, http: httpx.AsyncClient) -> None:
    files = {"image": png(picture(4))}
    answer = await http.post("/v1/images/2/heatmap", files=files, headers={"accept": "image/png"})
    assert answer.headers["content-type"] == "image/png"
    found = await lookalike.heatmap("2", files["image"])
    assert answer.content == found.image.png


async def test_a_heat_map_needs_a_stored_image_and_a_good_one(lookalike: GatewayClient) -> None:
    with pytest.raises(NotFound):
        await lookalike.heatmap("nobody", png(picture(1)))
    with pytest.raises(UndecodableImage):
        await lookalike.heatmap("1", truncated(png(picture(1))))
