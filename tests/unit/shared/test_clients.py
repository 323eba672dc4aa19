import asyncio
from collections.abc import Callable

import httpx
import pytest

from shared import deadline, wire
from shared.clients.gateway import GatewayClient
from shared.clients.search import SearchClient
from shared.contracts.gateway import DecisionList
from shared.contracts.search import SearchStats
from shared.errors import LookalikeError, NotFound, NotReady, RateLimited, UpstreamTimeout, UpstreamUnavailable
from shared.logging import request_id

STATS = SearchStats(revision=3, store="sqlite", collections=())


def client(answer: Callable[[httpx.Request], httpx.Response], within: float = 30) -> SearchClient:
    return SearchClient("search", httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://s"), within)


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


async def test_a_client_of_the_gateway_reads_over_what_a_newer_one_answers() -> None:
    newer: dict[str, object] = {"next_cursor": None, "decisions": [], "forecast": {"rain": True}}
    http = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json=newer)), base_url="http://g"
    )
    assert await GatewayClient(http).decisions() == DecisionList(decisions=(), next_cursor=None)


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


class Flaky:
    """Fails so many times in a row, then answers."""

    def __init__(self, error: type[httpx.TransportError], times: int) -> None:
        self.error = error
        self.left = times
        self.calls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error("it fails", request=request)
        return httpx.Response(200, content=wire.encode(STATS), headers={"content-type": wire.MSGPACK})


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError])
async def test_a_read_that_was_broken_off_is_made_again(error: type[httpx.TransportError]) -> None:
    service = Flaky(error, times=2)
    assert await client(service).stats() == STATS
    assert service.calls == 3


async def test_a_write_that_may_have_been_applied_is_not_made_again() -> None:
    service = Flaky(httpx.ReadError, times=1)
    with pytest.raises(UpstreamUnavailable):
        await client(service).delete("default", "x")
    assert service.calls == 1


async def test_a_write_that_never_reached_the_service_is_made_again() -> None:
    service = Flaky(httpx.ConnectError, times=2)
    with pytest.raises(UpstreamUnavailable):  # the answer is another call's, but there is one
        await client(service).delete("default", "x")
    assert service.calls == 3


async def test_a_service_that_stays_away_is_not_asked_for_ever() -> None:
    service = Flaky(httpx.ConnectError, times=100)
    with pytest.raises(UpstreamUnavailable):
        await client(service).stats()
    assert service.calls == 3


async def test_a_call_tells_how_long_it_waits_and_never_longer_than_its_own_caller() -> None:
    told: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        told.append(int(request.headers[deadline.HEADER]))
        return httpx.Response(200, content=wire.encode(STATS), headers={"content-type": wire.MSGPACK})

    async def in_a_request(seconds: float) -> None:
        deadline.start(seconds)
        await client(answer, within=30).stats()

    await client(answer, within=30).stats()
    for seconds in (10, 1000):
        await asyncio.create_task(in_a_request(seconds))
    assert [round(milliseconds / 1000) for milliseconds in told] == [30, 10, 30]
    with pytest.raises(UpstreamTimeout):
        await asyncio.create_task(in_a_request(0))
    assert len(told) == 3


async def test_a_refusal_keeps_the_time_to_come_back() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        content = RateLimited("Too many.").problem().model_dump_json()
        return httpx.Response(429, content=content, headers={"retry-after": "17"})

    with pytest.raises(RateLimited) as refused:
        await client(answer).stats()
    assert refused.value.retry_after == 17


async def test_the_token_is_shown() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer secret"
        return httpx.Response(200, content=wire.encode(STATS), headers={"content-type": wire.MSGPACK})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://s")
    assert await SearchClient("search", http, token="secret").stats() == STATS
