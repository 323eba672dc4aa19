"""What HAProxy does with the configuration that is deployed, before embedders of several addresses."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.errors import UpstreamUnavailable
from tests.support.haproxy import Balancer, Names, balancing
from tests.support.images import jpeg, picture
from tests.support.lookalike import free_ports
from tests.support.processes import Process, listening

DEPLOY = Path(__file__).parents[2] / "deploy"
FIRST, SECOND, BROKEN = "127.0.0.2", "127.0.0.3", "127.0.0.4"


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture
def balancer(haproxy: str, names: Names, port: int, tmp_path: Path) -> Iterator[Balancer]:
    with names.serving() as server, balancing(haproxy, server, port, tmp_path) as running:
        yield running


@asynccontextmanager
async def embedder(address: str, port: int) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    settings = {"HOST": address, "PORT": str(port), "EXTRACTOR": "deterministic"}
    async with listening("embedder", **settings) as replica:
        yield replica


@pytest.fixture
async def two(names: Names, port: int, balancer: Balancer) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Two embedders that take requests, by their addresses."""
    async with embedder(FIRST, port) as (_, first), embedder(SECOND, port) as (_, second):
        names.addresses = (FIRST, SECOND)
        await asyncio.to_thread(balancer.wait_for, 2)
        yield {FIRST: first, SECOND: second}


async def embedded(replica: httpx.AsyncClient) -> int:
    """Count the images that a replica has embedded."""
    text = (await replica.get("/metrics")).text
    [line] = [line for line in text.splitlines() if line.startswith("embedder_batch_images_sum ")]
    return round(float(line.split()[1]))


async def test_requests_of_one_kept_alive_connection_go_to_both_replicas(
    two: dict[str, httpx.AsyncClient], balancer: Balancer
) -> None:
    before = {address: await embedded(replica) for address, replica in two.items()}
    one_connection = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(base_url=balancer.embedder, limits=one_connection) as http:
        client = EmbedderClient("embedder", http)
        for seed in range(10):
            await client.embed_one(jpeg(picture(seed)))
    after = {address: await embedded(replica) for address, replica in two.items()}
    assert {address: after[address] - before[address] for address in two} == {FIRST: 5, SECOND: 5}


async def test_a_replica_that_is_killed_costs_no_request(names: Names, port: int, balancer: Balancer) -> None:
    async with AsyncExitStack() as stack:
        process, _ = await stack.enter_async_context(embedder(FIRST, port))
        await stack.enter_async_context(embedder(SECOND, port))
        names.addresses = (FIRST, SECOND)
        await asyncio.to_thread(balancer.wait_for, 2)
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=balancer.embedder, timeout=30))
        client = EmbedderClient("embedder", http)
        files = [jpeg(picture(seed)) for seed in range(8)]

        async def ask(file: bytes) -> None:
            for _ in range(10):
                await client.embed_one(file)

        async with asyncio.TaskGroup() as group:
            for file in files:
                group.create_task(ask(file))
            await asyncio.sleep(0.2)
            process.kill()
        await asyncio.to_thread(balancer.wait_for, 1)


async def test_replicas_are_found_as_they_come_and_forgotten_as_they_go(
    names: Names, two: dict[str, httpx.AsyncClient], balancer: Balancer
) -> None:
    names.addresses = (SECOND,)
    await asyncio.to_thread(balancer.wait_for, 1)
    names.addresses = (FIRST, SECOND)
    await asyncio.to_thread(balancer.wait_for, 2)


async def test_without_a_replica_callers_are_told_so_at_once(balancer: Balancer) -> None:
    async with httpx.AsyncClient(base_url=balancer.embedder) as http:
        client = EmbedderClient("embedder", http)
        with pytest.raises(UpstreamUnavailable, match="No replica") as refused:
            await client.space()
        assert refused.value.retry_after == 1
        assert (await client.ready()).waiting_for == ("No replica of the embedder is ready.",)


@asynccontextmanager
async def breaking_off(port: int) -> AsyncIterator[Counter[str]]:
    """A replica that is ready and closes the connection in the middle of everything else; yields what it was asked."""
    asked: Counter[str] = Counter()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, path, _ = (await reader.readline()).decode().split()
        while (await reader.readline()).strip():
            pass
        if path == "/readyz":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
        else:
            asked[method] += 1
        writer.close()

    async with await asyncio.start_server(serve, BROKEN, port):
        yield asked


async def test_what_breaks_off_is_repeated_where_it_only_reads_and_never_where_it_writes(
    names: Names, port: int, balancer: Balancer
) -> None:
    async with breaking_off(port) as asked, httpx.AsyncClient(base_url=balancer.search) as http:
        names.addresses = (BROKEN,)
        await asyncio.to_thread(balancer.wait_for, 1)
        client = SearchClient("search", http)
        with pytest.raises(UpstreamUnavailable):
            await client.put_blob("0" * 64, b"bytes")
        assert asked == {"PUT": 1}
        with pytest.raises(UpstreamUnavailable):
            await client.stats()
        assert asked == {"PUT": 1, "GET": 3}


async def test_the_balancer_tells_every_metric_that_alerts_and_dashboard_look_at(balancer: Balancer) -> None:
    files = (DEPLOY / "prometheus/alerts.yml", DEPLOY / "grafana/dashboards/lookalike.json")
    looked_at = {name for file in files for name in re.findall(r"haproxy_\w+", file.read_text())}
    async with httpx.AsyncClient(base_url=balancer.operations) as http:
        told = {
            line.split()[2] for line in (await http.get("/metrics")).text.splitlines() if line.startswith("# TYPE ")
        }
    assert looked_at
    assert looked_at <= told
