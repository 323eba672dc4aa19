"""Indexes in a cluster of three nodes: one is killed while images are searched and uploaded, and comes back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import pytest

from shared.clients.search import SearchClient
from tests.support.qdrant.server import Server
from tests.support.searching import running, until_there_are, upload, wait_until_ready
from tests.support.vectors import Picture

NODES = 3
BEFORE, DURING = 30, 20


@pytest.fixture
def cluster(qdrant_program: Path, tmp_path: Path) -> Iterator[list[Server]]:
    nodes: list[Server] = []
    try:
        for number in range(NODES):
            first = nodes[0] if nodes else None
            nodes.append(Server(qdrant_program, tmp_path / f"node-{number}", cluster=True, joins=first))
            nodes[-1].start()
        yield nodes
    finally:
        for node in nodes:
            node.stop()


@pytest.fixture
async def services(cluster: list[Server], mongodb_url: str) -> AsyncIterator[list[SearchClient]]:
    """Two services; each part of an index is on two nodes."""
    hosts = ",".join(node.url.removeprefix("qdrant://") for node in cluster)
    settings = {"INDEX_URL": f"qdrant://{hosts}", "INDEX_SHARDS": "3", "INDEX_REPLICAS": "2", "INDEX_EXACT": "true"}
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(2):
            _, client = await stack.enter_async_context(running(mongodb_url, **settings))
            await wait_until_ready(client)
            clients.append(client)
        yield clients


async def found(client: SearchClient, number: int) -> bool:
    answer = await client.query("default", Picture(b"%d" % number).query(1))
    return [near.record.id for near in answer.neighbours] == [f"image-{number}"]


async def test_the_loss_of_one_node_is_not_noticed_and_it_comes_back_with_what_was_written_meanwhile(
    cluster: list[Server], services: list[SearchClient]
) -> None:
    uploaded: list[int] = []
    searched: list[bool] = []
    numbers = count()

    async def upload_on(enough: int) -> None:
        while len(uploaded) < enough:
            number = next(numbers)
            await upload(services[number % 2], f"image-{number}", Picture(b"%d" % number))
            uploaded.append(number)

    async def search_on(client: SearchClient) -> None:
        while True:
            searched.append(await found(client, uploaded[len(searched) % BEFORE]))

    await upload_on(BEFORE)
    searching = [asyncio.create_task(search_on(client)) for client in services]
    uploading = asyncio.create_task(upload_on(BEFORE + DURING))
    await until_there_are(20, searched)
    before = len(searched)
    cluster[0].kill()
    await uploading
    await until_there_are(before + 100, searched)
    cluster[0].start()
    before = len(searched)
    await until_there_are(before + 50, searched)
    for task in searching:
        assert not task.done(), task
        task.cancel()
    await asyncio.gather(*searching, return_exceptions=True)
    assert all(searched)
    for client in services:
        async with asyncio.timeout(30):  # what was uploaded in that very moment may show a little later
            while not all([await found(client, number) for number in uploaded]):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.1)
        assert not (await client.check("default", None, BEFORE + DURING)).faults

    cluster[1].kill()
    assert all([await found(services[1], number) for number in uploaded])
