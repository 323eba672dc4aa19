"""Two search services on one MongoDB behind the gateway, one of them killed again and again while many upload."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx

from cli.ingest.retry import Retry
from shared.clients.embedder import EmbedderClient
from shared.clients.gateway import GatewayClient
from shared.clients.search import SearchClient
from shared.contracts.gateway import Image
from shared.contracts.search import QueryRequest
from tests.support.balancer import balancer
from tests.support.images import picture, png
from tests.support.lookalike import free_ports
from tests.support.mongodb.inspection import assert_no_orphans, inspect, until_swept
from tests.support.processes import Process, listening
from tests.support.searching import all_records, running, until_there_are, wait_until_ready
from tests.support.serving import serving

IMAGES = int(os.environ.get("REPLICA_TEST_IMAGES", "90"))
CLIENTS = 16
KILLS = 2
COUNTING = {"SWEEP_INTERVAL_SECONDS": "0.5"}
SWEEPING = {"UPLOAD_GRACE_SECONDS": "0.001", "SWEEP_INTERVAL_SECONDS": "0.1"}

insist = Retry(attempts=20, first_pause_seconds=0.1, longest_pause_seconds=2)


def image(number: int) -> bytes:
    return png(picture(number, size=(64, 48)))


class Load:
    """Uploads by many clients, in one part for each life of the replica: a part begins when that life has."""

    def __init__(self) -> None:
        self.acknowledged: dict[int, Image] = {}
        self.lives = [asyncio.Event() for _ in range(KILLS + 1)]

    async def run(self, http: httpx.AsyncClient) -> None:
        numbers = iter(range(IMAGES))
        await asyncio.gather(*(self._upload(GatewayClient(http), numbers) for _ in range(CLIENTS)))

    async def _upload(self, gateway: GatewayClient, numbers: Iterator[int]) -> None:
        for number in numbers:
            await self.lives[number * len(self.lives) // IMAGES].wait()
            data = await asyncio.to_thread(image, number)
            self.acknowledged[number] = (await insist(lambda data=data: gateway.add(data))).image  # type: ignore[misc]


@asynccontextmanager
async def gateway_before(replicas: list[str]) -> AsyncIterator[tuple[httpx.AsyncClient, EmbedderClient]]:
    """Start embedder, balancer and gateway."""
    with serving(balancer(replicas), ready=False) as search:
        async with listening("embedder", EXTRACTOR="deterministic") as (_, embedder):
            urls = {"EMBEDDER_URL": str(embedder.base_url), "SEARCH_URL": search}
            async with listening("gateway", **urls) as (_, gateway):
                yield gateway, EmbedderClient("embedder", embedder)


@asynccontextmanager
async def ready(url: str, port: int, **settings: str) -> AsyncIterator[tuple[Process, SearchClient]]:
    async with running(url, PORT=str(port), **settings) as (process, client):
        await wait_until_ready(client)
        yield process, client


async def queries(embedder: EmbedderClient, images: dict[int, Image]) -> dict[str, QueryRequest]:
    """Ask for the nearest neighbour of each image's picture; by the image's id."""
    revision = max(image.revision for image in images.values())
    asked = {}
    for number, stored in images.items():
        space, embedded = await embedder.embed_one(image(number))
        query = QueryRequest.of_vector(space.ref(), embedded.vector, k=1)
        asked[stored.id] = query.model_copy(update={"min_revision": revision})
    return asked


async def has_written(replica: SearchClient) -> bool:
    """Tell whether this process has made an image visible."""
    route = "/v1/collections/{collection}/images/{image_id}"
    return f'method="PUT",route="{route}",status="201"' in (await replica._http.get("/metrics")).text


async def assert_holds(replica: SearchClient, digests: dict[str, str], asked: dict[str, QueryRequest]) -> None:
    """The images of these ids are there, whole, each is found by its own picture, and nothing else is there."""
    assert {record.id: record.sha256 for record in await all_records(replica)} == digests
    for image_id, query in asked.items():
        [nearest] = (await replica.query("default", query)).neighbours
        assert nearest.record.id == image_id
        assert nearest.distance < 1e-6
        content = await replica.content("default", image_id)
        assert hashlib.sha256(content.data).hexdigest() == digests[image_id]


async def until_counted(replica: SearchClient, images: int) -> None:
    """Wait for the sweep that counts anew: who closes the write of a process that died cannot tell if it counts."""
    async with asyncio.timeout(60):
        while [held.images for held in (await replica.stats()).collections] != [images]:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.1)


def verify(replicas: list[str]) -> str:
    """Let the command line read everything back, from the store and from both indexes."""
    command = [sys.executable, "-m", "cli.main", "verify", *(f"--search={replica}" for replica in replicas)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stdout


async def test_replicas_that_are_killed_under_load_and_their_store_end_with_the_same_images(mongodb_url: str) -> None:
    ports = free_ports(2)
    replicas = [f"http://127.0.0.1:{port}" for port in ports]
    load = Load()
    async with gateway_before(replicas) as (gateway, embedder):
        async with ready(mongodb_url, ports[0], **COUNTING) as (_, survivor), asyncio.TaskGroup() as group:
            uploading = group.create_task(load.run(gateway))
            for life in range(KILLS):
                async with ready(mongodb_url, ports[1]) as (process, _):
                    load.lives[life].set()
                    await until_there_are((2 * life + 1) * IMAGES // (2 * KILLS + 2), load.acknowledged, seconds=600)
                    process.kill()
            async with ready(mongodb_url, ports[1]) as (_, victim):
                load.lives[-1].set()
                await uploading
                assert sorted(load.acknowledged) == list(range(IMAGES))
                digests = {image.id: image.sha256 for image in load.acknowledged.values()}
                asked = await queries(embedder, load.acknowledged)
                assert await has_written(survivor)
                assert await has_written(victim)
                await asyncio.gather(assert_holds(survivor, digests, asked), assert_holds(victim, digests, asked))
                await until_counted(survivor, IMAGES)
                told = await asyncio.to_thread(verify, replicas)
                assert told == f"{IMAGES} images verified, 0 faults\n"

        async with ready(mongodb_url, ports[0], **SWEEPING):
            await until_swept(mongodb_url)
    with inspect(mongodb_url) as database:
        assert {image["id"]: image["sha256"] for image in database.images.find({"deleted": False})} == digests
        assert_no_orphans(database)
