"""Batches sent by many clients while one service after the other is killed: complete in the end, each image once."""

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from cli.ingest.retry import Retry
from shared.clients.base import ServiceClient
from shared.clients.gateway import GatewayClient
from shared.contracts.batch import FailedItem, StoredItem
from shared.contracts.gateway import Image
from shared.errors import TryAgain, from_problem
from tests.support.images import picture, png
from tests.support.lookalike import free_ports
from tests.support.processes import Process, Service, listening
from tests.support.searching import until_there_are, wait_until_ready

IMAGES = int(os.environ.get("BATCH_TEST_IMAGES", "120"))
CLIENTS = 16
BATCH = 20 if IMAGES >= 1000 else 5
NAMES: tuple[Service, ...] = ("search", "embedder", "gateway")

insist = Retry(attempts=40, first_pause_seconds=0.1, longest_pause_seconds=2)


def image(number: int) -> bytes:
    return png(picture(number, size=(32, 24)))


class Services:
    """The three services on ports that stay the same; each can be killed and is started again at once."""

    def __init__(self, folder: Path) -> None:
        ports = dict(zip(NAMES, map(str, free_ports(3)), strict=True))
        address = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        self._settings: dict[Service, dict[str, str]] = {
            "search": {"PORT": ports["search"], "STORE_URL": f"sqlite:///{folder}/lookalike.db"},
            "embedder": {"PORT": ports["embedder"], "EXTRACTOR": "deterministic"},
            "gateway": {
                "PORT": ports["gateway"],
                "SEARCH_URL": address["search"],
                "EMBEDDER_URL": address["embedder"],
            },
        }
        self.gateway_url = address["gateway"]
        self._running = AsyncExitStack()
        self._processes: dict[Service, Process] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self._running:
            for name in NAMES:
                await self._start(name)
            yield

    async def kill_and_start(self, name: Service) -> None:
        self._processes[name].kill()
        await asyncio.to_thread(self._processes[name].wait)
        await self._start(name)

    async def _start(self, name: Service) -> None:
        process, http = await self._running.enter_async_context(listening(name, **self._settings[name]))
        await wait_until_ready(ServiceClient(name, http))
        self._processes[name] = process


class Load:
    """Batches by many clients; a batch is sent again until all of it is stored."""

    def __init__(self) -> None:
        self.acknowledged: dict[int, Image] = {}
        self.statuses: Counter[str] = Counter()

    async def run(self, http: httpx.AsyncClient) -> None:
        batches = iter([range(start, min(start + BATCH, IMAGES)) for start in range(0, IMAGES, BATCH)])
        await asyncio.gather(*(self._upload(GatewayClient(http), batches) for _ in range(CLIENTS)))

    async def _upload(self, gateway: GatewayClient, batches: Iterator[range]) -> None:
        for numbers in batches:
            files = await asyncio.to_thread(list, map(image, numbers))

            async def send(numbers: range = numbers, files: list[bytes] = files) -> None:
                for number, item in zip(numbers, (await gateway.add_batch(files)).items, strict=True):
                    if isinstance(item, StoredItem):
                        self.statuses[item.status] += number not in self.acknowledged
                        self.acknowledged[number] = item.image
                    else:
                        assert isinstance(item, FailedItem)
                        error = from_problem(item.problem)
                        assert isinstance(error, TryAgain), item.problem
                        raise error

            await insist(send)


async def test_batches_of_many_clients_are_complete_and_stored_once_though_services_are_killed(tmp_path: Path) -> None:
    services, load = Services(tmp_path), Load()
    limits = httpx.Limits(max_connections=CLIENTS)
    async with services.running(), httpx.AsyncClient(base_url=services.gateway_url, timeout=60, limits=limits) as http:
        async with asyncio.TaskGroup() as group:
            uploading = group.create_task(load.run(http))
            for life, name in enumerate(NAMES, 1):
                await until_there_are(life * IMAGES // 5, load.acknowledged, seconds=600)
                assert not uploading.done()
                await services.kill_and_start(name)
        client = GatewayClient(http)
        assert sorted(load.acknowledged) == list(range(IMAGES))
        records = [record async for record in _all(client)]
        assert {record.id: record.sha256 for record in records} == {
            hashlib.sha256(image(number)).hexdigest()[:32]: hashlib.sha256(image(number)).hexdigest()
            for number in range(IMAGES)
        }
        assert len(records) == IMAGES
        [held] = (await client.stats()).search.collections
        assert held.images == IMAGES
        again = Load()
        await again.run(http)
        assert again.statuses == {"unchanged": IMAGES}
        assert [record async for record in _all(client)] == records
        for number in range(0, IMAGES, max(1, IMAGES // 50)):
            [found] = (await client.search(image(number), k=1)).results
            assert found.id == load.acknowledged[number].id
            assert await client.content(found.id) == image(number)


async def _all(client: GatewayClient) -> AsyncIterator[Image]:
    cursor = None
    while True:
        page = await client.images(limit=1000, cursor=cursor)
        for one in page.images:
            yield one
        if (cursor := page.next_cursor) is None:
            return
