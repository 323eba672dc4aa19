"""Where the time of a search goes: in the embedder, in the search service, and in the gateway and between them.

    python -m benchmarks.search_latency [--json]

Starts the three services as processes of their own, fills a collection with seeded vectors of the embedder's space, and
searches with drawn pictures, one at a time, through the gateway. What each service spent on a search is what its own
metrics say. With EXTRACTOR=deterministic no weights are needed; the vectors have 256 dimensions then.
"""

import argparse
import asyncio
import hashlib
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass

import httpx
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from shared.clients.embedder import EmbedderClient
from shared.clients.gateway import GatewayClient
from shared.clients.search import SearchClient
from shared.contracts.embedding import SpaceRef, Thumbnail
from shared.contracts.search import ImageCommit
from tests.support.images import jpeg, picture
from tests.support.processes import listening
from tests.support.searching import wait_until_ready

HTTP_SECONDS = "http_request_duration_seconds_sum"
INDEX_SECONDS = "search_query_seconds_sum"
WARM_UP = 5


@dataclass(frozen=True)
class Search:
    """Seconds of one search, or the median of many."""

    total: float
    """As the client sees it."""
    embedder: float
    outside_embedder: float
    search_service: float
    index: float
    """The part of the search service's time that finding the nearest vectors takes."""
    gateway_and_transport: float
    """What is left: the gateway itself, and the way between client and services."""


def main() -> None:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=700, help="in the collection")
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        median = asdict(asyncio.run(measure(f"sqlite:///{scratch}/lookalike.db", options.images, options.searches)))
    if options.json:
        sys.stdout.write(json.dumps(median, indent=2) + "\n")
    else:
        sys.stdout.writelines(
            f"| {name.replace('_', ' ')} | {1000 * value:.1f} ms |\n" for name, value in median.items()
        )


async def measure(store_url: str, images: int, searches: int) -> Search:
    """Fill a collection, search, and give the medians."""
    async with listening("embedder") as (_, embedder), listening("search", STORE_URL=store_url) as (_, search):
        urls = {"EMBEDDER_URL": str(embedder.base_url), "SEARCH_URL": str(search.base_url)}
        async with listening("gateway", **urls) as (_, gateway):
            client = GatewayClient(gateway)
            await wait_until_ready(client)
            space = (await EmbedderClient("embedder", embedder).space()).ref()
            await fill(SearchClient("search", search), space, images)
            queries = [jpeg(picture(number)) for number in range(searches + WARM_UP)]
            measured = [await one_search(client, embedder, search, query) for query in queries][WARM_UP:]
    return Search(*(statistics.median(parts) for parts in zip(*map(_parts, measured), strict=True)))


async def fill(service: SearchClient, space: SpaceRef, images: int) -> None:
    """Commit images whose vectors have length 1 and point anywhere."""
    chance = np.random.default_rng(7)
    for number in range(images):
        data = b"image %d" % number
        vector = chance.standard_normal(space.dimensions)
        commit = ImageCommit(
            sha256=hashlib.sha256(data).hexdigest(),
            content_type="image/jpeg",
            width=320,
            height=240,
            space=space,
            vector=(vector / np.linalg.norm(vector)).astype(np.float32).tobytes(),
            thumbnail=Thumbnail(width=320, height=240, data=b"thumbnail"),
        )
        await service.put_blob(commit.sha256, data)
        await service.commit("default", f"image-{number}", commit)


async def one_search(
    client: GatewayClient, embedder: httpx.AsyncClient, search: httpx.AsyncClient, image: bytes
) -> Search:
    """Search once, and ask the services what they spent on it."""
    before = await _spent(embedder, search)
    began = time.perf_counter()
    await client.search(image)
    total = time.perf_counter() - began
    after = await _spent(embedder, search)
    embedding, searching, index = (later - earlier for earlier, later in zip(before, after, strict=True))
    return Search(total, embedding, total - embedding, searching, index, total - embedding - searching)


async def _spent(embedder: httpx.AsyncClient, search: httpx.AsyncClient) -> tuple[float, float, float]:
    return (
        await _sum_of(embedder, HTTP_SECONDS, "/v1/embed"),
        await _sum_of(search, HTTP_SECONDS, "/v1/collections/{collection}/query"),
        await _sum_of(search, INDEX_SECONDS),
    )


async def _sum_of(service: httpx.AsyncClient, name: str, route: str | None = None) -> float:
    families = text_string_to_metric_families((await service.get("/metrics")).text)
    samples = (sample for family in families for sample in family.samples if sample.name == name)
    return sum(sample.value for sample in samples if route in (None, sample.labels.get("route")))


def _parts(search: Search) -> tuple[float, ...]:
    return tuple(asdict(search).values())


if __name__ == "__main__":
    main()
