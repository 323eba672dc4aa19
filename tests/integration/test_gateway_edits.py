"""What is said of an image is changed while its bytes and its vector stay."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from shared.clients.gateway import GatewayClient
from shared.contracts.filters import Equality, Filter
from shared.contracts.gateway import Image
from shared.contracts.metadata import Metadata
from shared.errors import InvalidRequest, NotFound, PreconditionFailed
from tests.support.images import jpeg, picture
from tests.support.stack import Stack

FACTS: Metadata = {"year": 2004, "source": "a/kite.jpg", "sold": True}


@pytest.fixture
async def http(services: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=30) as client:
        yield client


@pytest.fixture
def lookalike(http: httpx.AsyncClient) -> GatewayClient:
    return GatewayClient(http)


@pytest.fixture
async def image(lookalike: GatewayClient) -> Image:
    return (await lookalike.put("kite", jpeg(picture(1)), label="kite", metadata=FACTS, collection="edits")).image


async def embedded(services: Stack) -> float:
    async with httpx.AsyncClient(base_url=services.embedder) as embedder:
        lines = (await embedder.get("/metrics")).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("embedder_decode_seconds_count"))


async def test_what_is_null_goes_and_what_is_not_named_stays(
    services: Stack, lookalike: GatewayClient, image: Image
) -> None:
    before = await embedded(services)
    patched = await lookalike.patch("kite", label="toy", metadata={"year": 2005, "sold": None}, collection="edits")
    assert (patched.label, patched.metadata) == ("toy", {"year": 2005, "source": "a/kite.jpg"})
    assert patched.revision > image.revision
    assert (patched.sha256, patched.created_at) == (image.sha256, image.created_at)
    assert patched == await lookalike.image("kite", collection="edits")
    assert (await lookalike.patch("kite", label=None, collection="edits")).label is None
    assert (await lookalike.patch("kite", metadata=None, collection="edits")).metadata == {}
    assert await embedded(services) == before


async def test_filters_follow_at_once(lookalike: GatewayClient, image: Image) -> None:
    await lookalike.put("other", jpeg(picture(2)), label="kite", collection="edits")
    sold = Filter(labels=("toy",), metadata=(Equality(key="sold", any_of=(False,)),))
    assert not (await lookalike.search(jpeg(picture(1)), filter=sold, collection="edits")).results
    await lookalike.patch("kite", label="toy", metadata={"sold": False}, collection="edits")
    found = (await lookalike.search(jpeg(picture(1)), filter=sold, collection="edits")).results
    assert [result.id for result in found] == [image.id]
    assert found[0].distance == pytest.approx(0, abs=1e-5)


async def test_a_patch_that_changes_nothing_is_no_write(lookalike: GatewayClient, image: Image) -> None:
    for changes in ({}, {"label": "kite"}, {"metadata": {"year": 2004, "absent": None}}):
        assert await lookalike.patch("kite", collection="edits", **changes) == image


async def test_a_version_that_has_changed_is_not_patched(
    http: httpx.AsyncClient, lookalike: GatewayClient, image: Image
) -> None:
    patched = await lookalike.patch("kite", label="a", revision=image.revision, collection="edits")
    with pytest.raises(PreconditionFailed):
        await lookalike.patch("kite", label="b", revision=image.revision, collection="edits")
    answer = await http.get(patched.links.self)
    assert answer.json()["label"] == "a"
    for tag, status in ((f'"7", {answer.headers["etag"]}', 200), ("*", 200), (f"W/{answer.headers['etag']}", 412)):
        again = await http.patch(patched.links.self, headers={"if-match": tag}, json={"label": "a"})
        assert again.status_code == status, tag
    assert again.json()["code"] == "precondition_failed"


async def test_patches_of_many_at_once_are_all_merged(lookalike: GatewayClient, image: Image) -> None:
    await asyncio.gather(
        *(lookalike.patch("kite", metadata={f"key-{number}": number}, collection="edits") for number in range(4))
    )
    merged = (await lookalike.image("kite", collection="edits")).metadata
    assert merged == FACTS | {f"key-{number}": number for number in range(4)}


async def test_an_image_sent_again_with_another_label_is_not_embedded_again(
    services: Stack, lookalike: GatewayClient
) -> None:
    first = (await lookalike.add(jpeg(picture(5)), label="a", collection="edits")).image
    before = await embedded(services)
    again = (await lookalike.add(jpeg(picture(5)), label="b", collection="edits")).image
    assert (again.id, again.label) == (first.id, "b")
    assert again.revision > first.revision
    assert await embedded(services) == before


@pytest.mark.parametrize(
    "body",
    [
        {"id": "other"},
        {"label": ""},
        {"label": 7},
        {"metadata": [1]},
        {"metadata": {"a": {}}},
        {"metadata": {"": 1}},
        1,
    ],
)
async def test_a_patch_of_anything_else_is_refused(http: httpx.AsyncClient, image: Image, body: object) -> None:
    answer = await http.patch(image.links.self, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_more_facts_than_an_image_may_have_are_refused(lookalike: GatewayClient, image: Image) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await lookalike.patch("kite", metadata={f"{number}": number for number in range(62)}, collection="edits")
    assert refused.value.errors[0].field == "body.metadata"


async def test_an_image_that_is_not_there_cannot_be_patched(lookalike: GatewayClient, image: Image) -> None:
    with pytest.raises(NotFound):
        await lookalike.patch("nobody", label="a", collection="edits")
