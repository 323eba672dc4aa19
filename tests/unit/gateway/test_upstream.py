import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from prometheus_client import CollectorRegistry

from services.gateway.upstream import Upstream, UpstreamMetrics
from shared.errors import Overloaded
from tests.support.serving import serving


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = FastAPI()

    @app.get("/readyz")
    async def readyz() -> None: ...

    @app.get("/slow")
    async def slow() -> None:
        await asyncio.sleep(3)

    @app.get("/status/{status}")
    async def status(status: int) -> None:
        raise HTTPException(status)

    with serving(app) as address:
        yield address


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def http(url: str, registry: CollectorRegistry) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, transport=Upstream("search", 2, UpstreamMetrics(registry))) as client:
        yield client


def counted(registry: CollectorRegistry, outcome: str) -> float | None:
    return registry.get_sample_value("gateway_upstream_seconds_count", {"service": "search", "outcome": outcome})


async def test_calls_beyond_the_limit_are_refused_at_once_and_others_go_on(
    http: httpx.AsyncClient, registry: CollectorRegistry
) -> None:
    slow = [asyncio.create_task(http.get("/slow", timeout=60)) for _ in range(2)]
    async with asyncio.timeout(30):
        while registry.get_sample_value("gateway_upstream_in_flight", {"service": "search"}) != 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    with pytest.raises(Overloaded):
        await http.get("/status/404")
    assert (await http.get("/readyz")).status_code == 200
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert (await http.get("/status/404")).status_code == 404
    assert registry.get_sample_value("gateway_upstream_in_flight", {"service": "search"}) == 0


async def test_outcomes_are_told_apart(http: httpx.AsyncClient, registry: CollectorRegistry) -> None:
    for status in (404, 500, 503):
        await http.get(f"/status/{status}")
    with pytest.raises(httpx.ReadTimeout):
        await http.get("/slow", timeout=0.05)
    with pytest.raises(httpx.ConnectError):
        await http.get("http://127.0.0.1:1/")
    assert [counted(registry, outcome) for outcome in ("answered", "failed", "overloaded", "late", "gone")] == [1] * 5
