import asyncio
from collections.abc import Callable

import httpx
import pytest

from shared import wire
from shared.clients.search import SearchClient
from shared.contracts.search import SearchStats
from shared.errors import LookalikeError, NotFound, NotReady, UpstreamTimeout, UpstreamUnavailable
from shared.logging import request_id

STATS = SearchStats(revision=3, store="sqlite", collections=())


def client(answer: Callable[[httpx.Request], httpx.Response], deadline: float = 30) -> SearchClient:
    return SearchClient(
        "search", httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://s"), deadline
    )


async def test_an_answer_becomes_its_contract_and_the_request_id_travels() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["x-request-id"] == "abc"
        assert wire.MSGPACK in request.headers["accept"]
        return httpx.Response(200, content=wire.encode(STATS), headers={"content-type": wire.MSGPACK})

    request_id.set("abc")
    assert await client(answer).stats() == STATS


@pytest.mark.parametrize("refusal", [NotFound("No kite."), NotReady("Index.")])
async def test_a_refusal_keeps_its_meaning(refusal: LookalikeError) -> None:
    with pytest.raises(type(refusal), match=refusal.detail):
        await client(lambda _: httpx.Response(refusal.status, content=refusal.problem().model_dump_json())).stats()


@pytest.mark.parametrize(
    "broken",
    [
        httpx.Response(500, content=LookalikeError("stack trace").problem().model_dump_json()),
        httpx.Response(502, text="<html>bad gateway at 10.0.0.7"),
        httpx.Response(200, text="hello"),
        httpx.Response(200, json={"of": "another version"}),
    ],
)
async def test_a_failure_of_the_service_is_told_without_its_text(broken: httpx.Response) -> None:
    with pytest.raises(UpstreamUnavailable) as failed:
        await client(lambda _: broken).stats()
    assert "search service" in failed.value.detail
    assert not {"trace", "10.0.0.7", "hello"} & set(failed.value.detail.split())


async def test_a_service_that_is_gone_is_unavailable_and_not_ready() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(UpstreamUnavailable):
        await client(refuse).stats()
    assert not (await client(refuse).ready()).ready


async def test_a_call_has_a_deadline_as_a_whole() -> None:
    class Trickle(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(60)
            raise AssertionError

    slow = SearchClient("search", httpx.AsyncClient(transport=Trickle(), base_url="http://s"), deadline=0.05)
    with pytest.raises(UpstreamTimeout):
        await slow.stats()


async def test_outside_of_a_request_the_service_called_makes_the_id() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert "x-request-id" not in request.headers
        return httpx.Response(200, content=wire.encode(STATS), headers={"content-type": wire.MSGPACK})

    request_id.set("")
    assert await client(answer).stats() == STATS
