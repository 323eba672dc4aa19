"""The client for programs without an event loop, over real HTTP."""

import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import assert_type

import httpx
import pytest

from shared.clients.blocking import BlockingGatewayClient
from shared.clients.gateway import GatewayClient
from shared.contracts.filters import Filter
from shared.contracts.gateway import Image, SearchResponse
from shared.contracts.searches import StoredExample
from shared.errors import NotFound, UndecodableImage, UnsupportedMediaType, UpstreamUnavailable
from tests.support.images import jpeg, picture, truncated
from tests.support.lookalike import free_ports
from tests.support.stack import Stack


@pytest.fixture
def lookalike(services: Stack) -> Iterator[BlockingGatewayClient]:
    with BlockingGatewayClient.at(services.gateway) as client:
        yield client


def test_an_image_is_added_found_changed_and_removed(lookalike: BlockingGatewayClient) -> None:
    stored = lookalike.put("kite", jpeg(picture(1)), label="kite", metadata={"year": 2004})
    assert stored.created
    found = lookalike.search(jpeg(picture(1)), k=1, filter=Filter(labels=("kite",)), min_revision=stored.image.revision)
    assert [result.id for result in found.results] == ["kite"]
    others = lookalike.search_by_id([StoredExample(id="kite")]).results
    assert "kite" not in [result.id for result in others]
    assert lookalike.patch("kite", label=None).label is None
    assert lookalike.content("kite") == jpeg(picture(1))
    assert lookalike.delete("kite").id == "kite"
    with pytest.raises(NotFound):
        lookalike.image("kite")


def test_type_checkers_see_methods_as_they_are(lookalike: BlockingGatewayClient) -> None:
    lookalike.put("typed", jpeg(picture(2)))
    assert_type(lookalike.image("typed"), Image)
    assert_type(lookalike.search(jpeg(picture(2)), k=3), SearchResponse)
    with pytest.raises(TypeError):
        lookalike.search(jpeg(picture(2)), "three")  # type: ignore[arg-type, call-arg]


@pytest.mark.parametrize(
    ("data", "refusal"), [(b"bread", UnsupportedMediaType), (truncated(jpeg(picture(3))), UndecodableImage)]
)
def test_a_refusal_keeps_its_meaning(lookalike: BlockingGatewayClient, data: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        lookalike.search(data)


def test_threads_share_a_client(lookalike: BlockingGatewayClient) -> None:
    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(lambda seed: lookalike.put(f"shared-{seed}", jpeg(picture(seed))), range(16)))
    assert {one.image.id for one in stored} == {f"shared-{seed}" for seed in range(16)}


def test_a_gateway_that_is_not_there_is_unavailable() -> None:
    with BlockingGatewayClient.at(f"http://127.0.0.1:{free_ports(1)[0]}") as client:
        with pytest.raises(UpstreamUnavailable) as failed:
            client.stats()
        assert isinstance(failed.value.__cause__, httpx.ConnectError)


def test_a_client_is_used_while_it_is_open(services: Stack) -> None:
    client = BlockingGatewayClient.at(services.gateway)
    with client:
        assert client.ready().ready
    with pytest.raises(RuntimeError, match="with"):
        client.ready()


def test_it_has_every_method_of_the_asynchronous_client() -> None:
    asynchronous = {
        name for name, _ in inspect.getmembers(GatewayClient, inspect.iscoroutinefunction) if not name.startswith("_")
    }
    assert len(asynchronous) > 30
    missing = {name for name in asynchronous if not hasattr(BlockingGatewayClient, name)}
    assert not missing, "add them to shared/clients/blocking.py, one line each"


async def test_the_asynchronous_client_opens_and_closes_itself(services: Stack) -> None:
    async with GatewayClient.at(services.gateway) as client:
        assert (await client.ready()).ready
