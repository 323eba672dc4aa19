"""Every way to search, through all services."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from services.gateway.app import create_app as create_gateway
from services.gateway.settings import GatewaySettings
from shared.clients.embedder import EmbedderClient
from shared.clients.gateway import GatewayClient
from shared.clients.searches import UploadedExample
from shared.contracts.embedding import EmbeddedImage
from shared.contracts.gateway import SearchResponse
from shared.contracts.region import Region
from shared.contracts.searches import StoredExample, VectorExample
from shared.errors import (
    EmbeddingSpaceMismatch,
    InvalidExamples,
    InvalidRequest,
    NotFound,
    UndecodableImage,
)
from tests.support.images import jpeg, picture, png, side_by_side, truncated
from tests.support.serving import serving
from tests.support.stack import Stack

LEFT, RIGHT = Region(x=0, y=0, width=0.5, height=1), Region(x=0.5, y=0, width=0.5, height=1)


@pytest.fixture
async def http(services: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=60) as client:
        yield client


@pytest.fixture
async def lookalike(http: httpx.AsyncClient) -> GatewayClient:
    """A gateway whose default collection has the pictures 0 to 7, and 2 and 4 side by side as `both`."""
    client = GatewayClient(http)
    for seed in range(8):
        await client.put(str(seed), jpeg(picture(seed)), metadata={"seed": seed})
    await client.put("both", png(side_by_side(picture(2), picture(4))))
    return client


def ids(answer: SearchResponse) -> list[str]:
    return [result.id for result in answer.results]


def sent(seed: int, weight: float = 1, region: Region | None = None) -> UploadedExample:
    return UploadedExample(jpeg(picture(seed)), weight, region)


async def test_uploads_find_what_the_same_stored_images_find(lookalike: GatewayClient) -> None:
    """A picture that is sent is the same example as its stored self, which a search by id leaves out."""
    examples = ((1, 1.0), (3, 0.5), (6, -0.7))
    uploaded = await lookalike.search_by_examples([sent(seed, weight) for seed, weight in examples], k=9)
    stored = await lookalike.search_by_id([StoredExample(id=str(seed), weight=weight) for seed, weight in examples])
    mixed = await lookalike.search_by_examples(
        [sent(1)], [StoredExample(id="3", weight=0.5), StoredExample(id="6", weight=-0.7)]
    )
    assert set(ids(uploaded)) - set(ids(stored)) == {"1", "3", "6"}
    assert [key for key in ids(uploaded) if key not in ("1", "3", "6")] == ids(stored)
    assert [key for key in ids(uploaded) if key not in ("3", "6")] == ids(mixed)
    scores = {result.id: result.score for result in uploaded.results}
    assert [result.score for result in stored.results] == pytest.approx([scores[key] for key in ids(stored)], abs=1e-5)


async def test_more_like_this_draws_near_and_less_like_this_pushes_away(lookalike: GatewayClient) -> None:
    alone = await lookalike.search_by_examples([sent(2)], k=9)
    with_four = await lookalike.search_by_examples([sent(2), sent(4)], k=9)
    without_four = await lookalike.search_by_examples([sent(2), sent(4, -0.5)], k=9)
    assert ids(alone) == ids(await lookalike.search(jpeg(picture(2)), k=9))
    assert ids(with_four)[:3].count("4") == 1
    assert ids(without_four).index("4") > ids(alone).index("4") or ids(alone)[-1] == "4"
    assert ids(without_four)[0] == "2"


async def test_every_upload_has_a_region_of_its_own(lookalike: GatewayClient) -> None:
    both = png(side_by_side(picture(2), picture(4)))
    for region, shown in ((LEFT, "2"), (RIGHT, "4")):
        examples = [UploadedExample(both, 1, region), sent(int(shown), 1)]
        best = (await lookalike.search_by_examples(examples, k=1)).results[0]
        assert (best.id, best.score > 0.99) == (shown, True)
    cancelled = [UploadedExample(both, 1, LEFT), UploadedExample(both, -1, LEFT)]
    with pytest.raises(InvalidExamples):
        await lookalike.search_by_examples(cancelled)
    assert ids(await lookalike.search_by_examples([cancelled[0], UploadedExample(both, -1, RIGHT)], k=1)) == ["2"]


async def test_a_region_of_a_stored_image_finds_what_it_shows(
    lookalike: GatewayClient, http: httpx.AsyncClient
) -> None:
    for region, shown in ((LEFT, "2"), (RIGHT, "4")):
        by_id = await lookalike.search_by_id([StoredExample(id="both", region=region)], k=8)
        similar = await lookalike.similar("both", region=region, k=8)
        beside = await lookalike.search_by_examples([], [StoredExample(id="both", region=region)], k=8)
        assert ids(by_id)[0] == shown
        assert by_id.results[0].score > 0.99
        assert "both" not in ids(by_id)
        assert ids(by_id) == ids(similar) == ids(beside)
        assert {"fetch", "embed"} <= by_id.timings.keys()
    assert not {"fetch", "embed"} & (await lookalike.similar("both")).timings.keys()


async def test_a_vector_finds_what_its_image_finds(
    lookalike: GatewayClient, services: Stack, http: httpx.AsyncClient
) -> None:
    async with httpx.AsyncClient(base_url=services.embedder, timeout=60) as to_embedder:
        embedded = await EmbedderClient("embedder", to_embedder).embed([jpeg(picture(seed)) for seed in (1, 6)])
    vectors = [image.vector for image in embedded.images if isinstance(image, EmbeddedImage)]
    given = [VectorExample(vector=vectors[0]), VectorExample(vector=vectors[1], weight=-0.7)]
    by_vector = await lookalike.search_by_vector(embedded.space.ref(), given, k=9)
    by_upload = await lookalike.search_by_examples([sent(1), sent(6, -0.7)], k=9)
    assert ids(by_vector) == ids(by_upload)
    numbers = np.frombuffer(vectors[0], "<f4").tolist()
    for vector in (numbers, base64.b64encode(vectors[0]).decode()):
        body = {"space": by_vector.space.model_dump(), "examples": [{"vector": vector}], "k": 9}
        answer = await http.post("/v1/search/by-vector", json=body)
        found = [result["id"] for result in answer.json()["results"]]
        assert found == ids(await lookalike.search(jpeg(picture(1)), k=9))


async def test_high_quality_orders_the_nearest_images_anew(lookalike: GatewayClient) -> None:
    image = jpeg(picture(1))
    asks: list[Callable[..., Awaitable[SearchResponse]]] = [
        partial(lookalike.search, image),
        partial(lookalike.similar, "1"),
    ]
    for ask in asks:
        plain, high = [await ask(k=9, quality=quality) for quality in ("standard", "high")]
        assert set(ids(plain)) == set(ids(high))
        scores = [result.score for result in high.results]
        assert scores != [result.score for result in plain.results]
        assert scores == sorted(scores, reverse=True)


async def test_another_quality_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/search", files={"image": jpeg(picture(1))}, params={"quality": "best"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["field"] == "query.quality"


async def test_a_vector_of_another_space_is_refused(lookalike: GatewayClient) -> None:
    space = (await lookalike.similar("1", k=1)).space
    right = [VectorExample.model_validate({"vector": [0.5] * space.dimensions})]
    with pytest.raises(EmbeddingSpaceMismatch):
        await lookalike.search_by_vector(space.model_copy(update={"fingerprint": "f" * 16}), right)
    with pytest.raises(InvalidRequest, match="3 dimensions"):
        await lookalike.search_by_vector(space, [VectorExample.model_validate({"vector": [1, 2, 3]})])


async def test_answers_say_where_the_time_went(lookalike: GatewayClient, http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/search", files={"image": jpeg(picture(1))}, params={"include": "thumbnail"})
    timings = answer.json()["timings"]
    assert timings.keys() == {"embed", "wait", "search", "records", "include", "total"}
    assert timings["total"] >= sum(spent for stage, spent in timings.items() if stage != "total") - 1
    header = dict(part.split(";dur=") for part in answer.headers["server-timing"].split(", "))
    assert {stage: float(spent) for stage, spent in header.items()} == pytest.approx(timings, abs=0.051)


async def test_what_is_included_is_what_the_links_lead_to(lookalike: GatewayClient, http: httpx.AsyncClient) -> None:
    answer = await lookalike.search_by_id(
        [StoredExample(id="2")], k=7, include=["thumbnail", "image", "vector", "heatmap"]
    )
    assert len(answer.results) == 7
    for place, result in enumerate(answer.results):
        there = result.included
        assert there is not None
        assert there.image is not None
        assert there.thumbnail is not None
        assert there.image.data == await lookalike.content(result.id)
        assert there.thumbnail.data == await lookalike.thumbnail(result.id)
        assert there.image.content_type == ("image/png" if result.id == "both" else "image/jpeg")
        assert there.vector is not None
        again = await lookalike.search_by_vector(answer.space, [VectorExample(vector=there.vector)], k=1)
        assert again.results[0].id == result.id
        assert again.results[0].score == pytest.approx(1, abs=1e-5)
        if place < 5:
            assert there.heatmap is not None
            expected = await lookalike.heatmap(result.id, jpeg(picture(2)))
            assert there.heatmap == expected.image
            assert Image.open(BytesIO(there.heatmap.png)).format == "PNG"
        assert there.omitted == (() if place < 5 else ("heatmap",))
    plain = (await http.get("/v1/images/2/similar")).json()["results"][0]
    assert plain["included"] is None


async def test_what_makes_an_answer_too_long_is_left_out_and_named(services: Stack, lookalike: GatewayClient) -> None:
    few = len(await lookalike.thumbnail("1")) * 3
    bound = GatewaySettings(embedder_url=services.embedder, search_url=services.search, max_included_bytes=few)
    with serving(create_gateway(bound)) as url:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            found = await GatewayClient(http).search(jpeg(picture(1)), k=9, include=["image", "thumbnail"])
    included = [result.included for result in found.results if result.included is not None]
    assert len(included) == 9
    sizes = [len(part.data) for each in included for part in (each.thumbnail, each.image) if part is not None]
    assert 0 < sum(sizes) <= few
    assert included[0].thumbnail is not None
    for each in included:
        assert ("thumbnail" in each.omitted) == (each.thumbnail is None)
        assert ("image" in each.omitted) == (each.image is None)
    assert included[-1].omitted == ("image", "thumbnail")


async def test_a_heat_map_is_of_the_example_that_is_liked_most(lookalike: GatewayClient) -> None:
    both = UploadedExample(png(side_by_side(picture(3), picture(5))), 0.9, RIGHT)
    answer = await lookalike.search_by_examples([sent(1, 0.2), both], k=1, include=["heatmap"])
    [result] = answer.results
    expected = await lookalike.heatmap(result.id, both.data, region=RIGHT)
    assert result.included is not None
    assert result.included.heatmap == expected.image
    given = VectorExample.model_validate({"vector": [0.5] * answer.space.dimensions})
    with pytest.raises(InvalidRequest, match="vector"):
        await lookalike.search_by_vector(answer.space, [given], include=["heatmap"])


async def test_one_upload_that_is_no_image_is_named(lookalike: GatewayClient) -> None:
    broken = UploadedExample(truncated(png(picture(1))))
    with pytest.raises(UndecodableImage) as refused:
        await lookalike.search_by_examples([sent(1), broken, sent(2)])
    assert [fault.field for fault in refused.value.errors] == ["image 2"]


async def test_what_is_liked_must_be_there(lookalike: GatewayClient, http: httpx.AsyncClient) -> None:
    for region in (None, LEFT):
        with pytest.raises(NotFound):
            await lookalike.search_by_id([StoredExample(id="nobody", region=region)])
    with pytest.raises(InvalidExamples):
        await lookalike.search_by_examples([sent(1, -1)])
    with pytest.raises(InvalidExamples):
        await lookalike.search_by_id([StoredExample(id="1", weight=0)])
    assert (await http.post("/v1/search")).json()["code"] == "invalid_examples"


LONG = [{"id": "1"}] * 17
OUTSIDE = {"x": 0.6, "y": 0, "width": 0.6, "height": 1}
TOO_LONG = {"key": "year", "gt": "1" * 257}
SPACE = {"fingerprint": "0" * 16, "dimensions": 1, "metric": "cosine"}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("by-id", {"examples": []}, "invalid_request"),
        ("by-id", {"examples": LONG}, "invalid_request"),
        ("by-id", {"examples": [{"id": "1", "weight": 1.5}]}, "invalid_request"),
        ("by-id", {"examples": [{"id": "../1"}]}, "invalid_request"),
        ("by-id", {"examples": [{"id": "1"}], "include": ["everything"]}, "invalid_request"),
        ("by-id", {"examples": [{"id": "1"}], "k": 0}, "k_out_of_range"),
        ("by-id", {"examples": [{"id": "1"}], "k": 1001}, "k_out_of_range"),
        ("by-id", {"examples": [{"id": "1"}], "k": "5"}, "k_out_of_range"),
        ("by-id", {"examples": [{"id": "1"}], "min_revision": "0"}, "invalid_request"),
        ("by-id", {"examples": [{"id": "1"}], "min_score": True}, "invalid_request"),
        ("by-id", {"examples": [{"id": "1", "weight": "1"}]}, "invalid_request"),
        ("by-id", {"examples": [{"id": "1", "region": OUTSIDE | {"width": "0.1"}}]}, "invalid_region"),
        ("by-id", {"examples": [{"id": "1"}], "filter": {"metadata": [TOO_LONG]}}, "invalid_filter"),
        ("by-id", {"examples": [{"id": "1"}], "filter": {"labels": 3}}, "invalid_filter"),
        ("by-id", {"examples": [{"id": "1"}], "unknown": 1}, "invalid_request"),
        ("by-id", {"examples": [{"id": "1", "region": OUTSIDE}]}, "invalid_region"),
        ("by-vector", {"examples": [{"vector": [1, 2]}]}, "invalid_request"),
        ("by-vector", {"examples": [{"vector": "not base64!"}], "space": SPACE}, "invalid_request"),
    ],
)  # fmt: skip
async def test_a_search_in_json_that_is_not_right_gets_its_code(
    lookalike: GatewayClient, http: httpx.AsyncClient, path: str, body: dict[str, Any], code: str
) -> None:
    answer = await http.post(f"/v1/search/{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("images", "form", "code"),
    [
        (17, {}, "invalid_request"),
        (2, {"weight": ["1"]}, "invalid_request"),
        (2, {"weight": ["1", "2"]}, "invalid_request"),
        (2, {"weight": ["1", "much"]}, "invalid_request"),
        (2, {"region": ["0,0,1,1"]}, "invalid_request"),
        (2, {"region": ["0,0,1,1", "left"]}, "invalid_region"),
        (1, {"examples": "[1]"}, "invalid_request"),
        (1, {"examples": "{"}, "invalid_request"),
        (1, {"examples": '[{"id": "1", "region": {"x": 2}}]'}, "invalid_region"),
        (1, {"examples": '[{"id": "1", "weight": -2}]'}, "invalid_request"),
        (16, {"examples": '[{"id": "1"}]'}, "invalid_examples"),
    ],
)
async def test_a_form_that_is_not_right_gets_its_code(
    lookalike: GatewayClient, http: httpx.AsyncClient, images: int, form: dict[str, Any], code: str
) -> None:
    files = [("image", ("image", jpeg(picture(seed)), "image/jpeg")) for seed in range(images)]
    answer = await http.post("/v1/search", files=files, data=form)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
