"""The stores side by side: how fast images are uploaded, and fetched by their ids.

    python -m benchmarks.stores [--json]

Starts a search service for each store, as a process of its own, and lets some clients talk to it over HTTP. In each
round every client uploads images (bytes, then record with vector and thumbnail), then the records are read by their
ids, then the bytes. The stores take turns, and who begins alternates. What is shown is the median over the rounds.

MongoDB is the server that MONGODB_URL names, in a database that is dropped afterwards, or else the engine that the
tests start. That one says up to a tenth of a second too early that a write is on the disk. With --durable its answers
are held back until the disk has a whole checkpoint.
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import numpy as np
from pymongo import MongoClient

from shared.clients.search import SearchClient
from shared.contracts.embedding import SpaceRef, Thumbnail
from shared.contracts.search import ImageCommit
from tests.support.mongodb.engine import Engine
from tests.support.mongodb.provision import provision
from tests.support.searching import running, wait_until_ready

SPACE = SpaceRef(fingerprint="0123456789abcdef", dimensions=4864, metric="cosine")
THUMBNAIL_BYTES = 8000
OPERATIONS = ("upload", "fetch record", "fetch bytes")


@dataclass(frozen=True)
class Timing:
    """How fast some calls were; times in seconds."""

    a_second: float
    median: float
    p95: float


@dataclass(frozen=True)
class Comparison:
    """One operation on both stores."""

    operation: str
    sqlite: Timing
    mongodb: Timing
    ratio: float
    """MongoDB's calls a second by SQLite's."""


def main() -> None:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=200, help="uploaded in each round")
    parser.add_argument("--bytes", type=int, default=20_000, help="size of an image's file")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--durable", action="store_true", help="hold the tests' engine to its word about the disk")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, mongodb(Path(scratch), options.durable) as mongodb_url:
        urls = {"sqlite": f"sqlite:///{scratch}/lookalike.db", "mongodb": mongodb_url}
        compared = asyncio.run(compare(urls, options.images, options.bytes, options.clients, options.rounds))
    if options.json:
        sys.stdout.write(json.dumps([asdict(one) for one in compared], indent=2) + "\n")
    else:
        sys.stdout.writelines(row(one) for one in compared)


@contextmanager
def mongodb(folder: Path, durable: bool) -> Iterator[str]:
    """Yield the URL of a database for this run alone."""
    if server := os.environ.get("MONGODB_URL"):
        name = f"lookalike-benchmark-{uuid4().hex}"
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        client: MongoClient[dict[str, object]] = MongoClient(server)
        with client:
            client.drop_database(name)
        return
    engine = Engine(provision(), folder / "mongodb", durable=durable)
    engine.start()
    yield engine.url
    engine.stop()


async def compare(urls: dict[str, str], images: int, size: int, clients: int, rounds: int) -> list[Comparison]:
    """Measure both stores, in turns."""
    timings: dict[tuple[str, str], list[Timing]] = {(store, name): [] for store in urls for name in OPERATIONS}
    async with running(urls["sqlite"]) as (_, sqlite), running(urls["mongodb"]) as (_, mongo):
        services = {"sqlite": sqlite, "mongodb": mongo}
        for service in services.values():
            await wait_until_ready(service)
            await measure(service, drawn(clients, size, seed=-1), clients)
        for number in range(rounds):
            uploads = drawn(images, size, seed=number)
            for store in sorted(services, reverse=number % 2 == 0):
                for name, timing in (await measure(services[store], uploads, clients)).items():
                    timings[store, name].append(timing)
    return [_comparison(name, timings["sqlite", name], timings["mongodb", name]) for name in OPERATIONS]


def drawn(images: int, size: int, seed: int) -> list[tuple[bytes, ImageCommit]]:
    """Make files of random bytes, and what an embedder would say of them."""
    chance = np.random.default_rng(seed + 1)
    files = [chance.bytes(size) for _ in range(images)]
    return [(data, _commit(data, chance)) for data in files]


async def measure(service: SearchClient, uploads: list[tuple[bytes, ImageCommit]], clients: int) -> dict[str, Timing]:
    """Upload images and fetch them again, in another order, each operation by all clients at once."""

    async def upload(data: bytes, commit: ImageCommit) -> None:
        await service.put_blob(commit.sha256, data)
        await service.commit("default", commit.sha256, commit)

    ids = random.sample([commit.sha256 for _, commit in uploads], len(uploads))
    return {
        "upload": await timed(clients, [partial(upload, *one) for one in uploads]),
        "fetch record": await timed(clients, [partial(service.record, "default", one) for one in ids]),
        "fetch bytes": await timed(clients, [partial(service.content, "default", one) for one in ids]),
    }


async def timed(clients: int, calls: Iterable[Callable[[], Awaitable[object]]]) -> Timing:
    """Make all calls, each client one at a time."""
    remaining = iter(calls)
    seconds: list[float] = []

    async def client() -> None:
        for call in remaining:
            began = time.perf_counter()
            await call()
            seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    whole = time.perf_counter() - began
    return Timing(len(seconds) / whole, statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1])


def row(one: Comparison) -> str:
    """Show a comparison as a row of the table in docs/measured.md; times in milliseconds."""
    shown = " | ".join(
        f"{store.a_second:.0f} | {store.median * 1000:.1f}, {store.p95 * 1000:.1f} ms"
        for store in (one.sqlite, one.mongodb)
    )
    return f"| {one.operation} | {shown} | {one.ratio:.2f} |\n"


def _commit(data: bytes, chance: np.random.Generator) -> ImageCommit:
    vector = chance.standard_normal(SPACE.dimensions)
    return ImageCommit(
        sha256=hashlib.sha256(data).hexdigest(),
        content_type="image/jpeg",
        width=300,
        height=200,
        label="label",
        metadata={"source": "folder/image.jpg"},
        space=SPACE,
        vector=(vector / np.linalg.norm(vector)).astype(np.float32).tobytes(),
        thumbnail=Thumbnail(width=300, height=200, data=chance.bytes(THUMBNAIL_BYTES)),
    )


def _comparison(operation: str, sqlite: list[Timing], mongodb: list[Timing]) -> Comparison:
    one, other = _median(sqlite), _median(mongodb)
    ratio = statistics.median(b.a_second / a.a_second for a, b in zip(sqlite, mongodb, strict=True))
    return Comparison(operation, one, other, ratio)


def _median(timings: list[Timing]) -> Timing:
    return Timing(
        a_second=statistics.median(timing.a_second for timing in timings),
        median=statistics.median(timing.median for timing in timings),
        p95=statistics.median(timing.p95 for timing in timings),
    )


if __name__ == "__main__":
    main()
