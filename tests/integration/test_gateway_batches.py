"""Many images in one request: each has its own outcome."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.embedder.app import create_app as create_embedder
from services.embedder.settings import EmbedderSettings
from services.gateway.app import create_app as create_gateway
from services.gateway.settings import GatewaySettings
from services.search.app import create_app as create_search
from services.search.settings import SearchSettings
from shared.clients.gateway import GatewayClient
from shared.contracts.batch import BatchFacts, BatchResponse, FailedItem, StoredItem
from shared.contracts.gateway import Image
from shared.errors import BodyTooLarge, InvalidRequest, UpstreamUnavailable
from tests.support.images import jpeg, picture, truncated
from tests.support.serving import serving
from tests.support.stack import Stack

PICTURES = [jpeg(picture(seed)) for seed in range(6)]


@pytest.fixture
async def http(services: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=30) as client:
        yield client


@pytest.fixture
def lookalike(http: httpx.AsyncClient) -> GatewayClient:
    return GatewayClient(http)


@pytest.fixture
def collection(request: pytest.FixtureRequest) -> str:
    name: str = request.node.name
    return name.partition("[")[0].replace("test_", "")[:60].strip("_")


def stored(answer: BatchResponse) -> list[Image]:
    return [item.image for item in answer.items if isinstance(item, StoredItem)]


async def embed_calls(services: Stack) -> float:
    async with httpx.AsyncClient(base_url=services.embedder) as embedder:
        lines = (await embedder.get("/metrics")).text.splitlines()
    prefix = 'http_requests_total{method="POST",route="/v1/embed"'
    return sum(float(line.split()[-1]) for line in lines if line.startswith(prefix))


async def test_every_file_is_stored_as_if_it_had_come_alone(
    services: Stack, lookalike: GatewayClient, collection: str
) -> None:
    facts = [BatchFacts(id="pond", label="lotus", metadata={"year": 2004}), None, BatchFacts(label="kite")]
    before = await embed_calls(services)
    answer = await lookalike.add_batch(PICTURES[:3], facts, collection=collection)
    assert await embed_calls(services) == before + 1
    assert (answer.created, answer.replaced, answer.unchanged, answer.failed) == (3, 0, 0, 0)
    first, second, third = stored(answer)
    assert (first.id, first.label, first.metadata) == ("pond", "lotus", {"year": 2004})
    assert (second.id, second.label, second.metadata) == (second.sha256[:32], None, {})
    assert third.label == "kite"
    for image, data in zip((first, second, third), PICTURES, strict=False):
        assert image == await lookalike.image(image.id, collection=collection)
        assert await lookalike.content(image.id, collection=collection) == data
        [found] = (await lookalike.search(data, k=1, collection=collection)).results
        assert found.id == image.id


async def test_the_same_request_again_changes_nothing(
    services: Stack, lookalike: GatewayClient, collection: str
) -> None:
    facts = [BatchFacts(id="a", label="x"), None, BatchFacts(label="y", metadata={"n": 1})]
    first = await lookalike.add_batch(PICTURES[:3], facts, collection=collection)
    before = await embed_calls(services)
    again = await lookalike.add_batch(PICTURES[:3], facts, collection=collection)
    assert again.unchanged == 3
    assert stored(again) == stored(first)
    assert await embed_calls(services) == before


async def test_one_bad_file_never_fails_the_rest(
    http: httpx.AsyncClient, lookalike: GatewayClient, collection: str
) -> None:
    bad = [truncated(PICTURES[0]), b"%PDF-1.7", b""]
    files = [("images", data) for data in (PICTURES[1], *bad, PICTURES[2])]
    response = await http.post("/v1/images/batch", params={"collection": collection}, files=files)
    answer = BatchResponse.model_validate_json(response.content)
    assert (response.status_code, answer.created, answer.failed) == (207, 2, 3)
    assert [item.status for item in answer.items] == ["created", "failed", "failed", "failed", "created"]
    codes = [item.problem.code for item in answer.items if isinstance(item, FailedItem)]
    assert codes == ["undecodable_image", "unsupported_media_type", "empty_upload"]
    assert len((await lookalike.images(collection=collection)).images) == 2


async def test_a_single_bad_file_is_told_as_any_other(lookalike: GatewayClient, collection: str) -> None:
    answer = await lookalike.add_batch([truncated(PICTURES[0])], collection=collection)
    [item] = answer.items
    assert isinstance(item, FailedItem)
    assert item.problem.code == "undecodable_image"


async def test_what_is_said_anew_is_changed_without_looking_again(
    services: Stack, lookalike: GatewayClient, collection: str
) -> None:
    await lookalike.add_batch(
        PICTURES[:2], [BatchFacts(id="a", label="x"), BatchFacts(label="y")], collection=collection
    )
    before = await embed_calls(services)
    answer = await lookalike.add_batch(PICTURES[:2], [BatchFacts(id="a"), None], collection=collection)
    assert [item.status for item in answer.items] == ["replaced", "unchanged"]
    assert [image.label for image in stored(answer)] == [None, "y"]
    assert await embed_calls(services) == before


async def test_another_file_under_an_id_replaces_the_first(lookalike: GatewayClient, collection: str) -> None:
    await lookalike.add_batch(PICTURES[:1], [BatchFacts(id="a")], collection=collection)
    answer = await lookalike.add_batch(PICTURES[1:2], [BatchFacts(id="a")], collection=collection)
    assert [item.status for item in answer.items] == ["replaced"]
    assert await lookalike.content("a", collection=collection) == PICTURES[1]


async def test_a_file_that_is_sent_twice_is_stored_once_and_a_contradiction_is_told(
    lookalike: GatewayClient, collection: str
) -> None:
    one, two = PICTURES[:2]
    facts = [None, None, BatchFacts(id="a"), BatchFacts(id="a"), BatchFacts(label="other")]
    for first_time in (True, False):
        answer = await lookalike.add_batch([one, one, one, two, one], facts, collection=collection)
        new = "created" if first_time else "unchanged"
        assert [item.status for item in answer.items] == [new, "unchanged", new, "failed", "failed"]
        codes = [item.problem.code for item in answer.items if isinstance(item, FailedItem)]
        assert codes == ["conflict", "conflict"]
    assert len((await lookalike.images(collection=collection)).images) == 2


async def test_many_clients_that_send_the_same_files_store_each_once(lookalike: GatewayClient, collection: str) -> None:
    answers = await asyncio.gather(*(lookalike.add_batch(PICTURES, collection=collection) for _ in range(4)))
    assert sum(answer.created for answer in answers) == len(PICTURES)
    assert all(answer.failed == 0 for answer in answers)
    assert len((await lookalike.images(collection=collection)).images) == len(PICTURES)


@pytest.mark.parametrize(
    "facts",
    ["{", "{}", '[{"name": "a"}]', '[{"id": ".."}]', '[{"label": ""}]', '[{"metadata": {"a": []}}]', "[{}, {}]"],
)
async def test_facts_that_make_no_sense_are_refused(http: httpx.AsyncClient, facts: str) -> None:
    answer = await http.post("/v1/images/batch", files=[("images", PICTURES[0])], data={"facts": facts})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_batch_without_files_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/images/batch", data={"facts": json.dumps([])})
    assert answer.status_code == 422


async def test_number_and_bytes_of_a_batch_are_bounded(tmp_path: Path, services: Stack) -> None:
    settings = GatewaySettings(
        embedder_url=services.embedder, search_url=services.search, max_batch_images=2, max_batch_bytes=20_000
    )
    with serving(create_gateway(settings)) as url:
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            client = GatewayClient(http)
            with pytest.raises(InvalidRequest, match="At most 2 images"):
                await client.add_batch(PICTURES[:3])
            with pytest.raises(BodyTooLarge, match="At most 20000 bytes"):
                await client.add_batch([bytes(15_000)] * 2)


async def test_a_batch_while_the_embedder_is_away_is_answered_as_a_whole(tmp_path: Path) -> None:
    search_settings = SearchSettings(store_url=f"sqlite:///{tmp_path}/lookalike.db")
    with serving(create_search(search_settings)) as search:
        with serving(create_embedder(EmbedderSettings(extractor="deterministic"))) as embedder:
            away = embedder
        with serving(create_gateway(GatewaySettings(embedder_url=away, search_url=search)), ready=False) as url:
            async with httpx.AsyncClient(base_url=url, timeout=30) as http:
                with pytest.raises(UpstreamUnavailable):
                    await GatewayClient(http).add_batch(PICTURES[:3])
