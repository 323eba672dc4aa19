"""More searches than can be answered: what those get that are let in, and what the others are told.

    python -m benchmarks.overload [--clients 200] [--seconds 60] [--times 2] [--json]

Starts the three services as processes of their own and fills a collection. Then it measures a search alone, the most
searches a second that some number of clients gets answered (the capacity), and at last `--clients` clients that
together send `--times` as many for `--seconds`, whether they are answered in time or not. Each client has a connection
of its own and comes back when its turn is, never sooner: what is refused is not sent again. Accepted searches should
take no longer than three times what a search alone takes; all other answers should be 429 or 503 with Retry-After.

With EXTRACTOR=deterministic no weights are needed. The load comes from a process of its own, on the same machine.
"""

import argparse
import asyncio
import json
import math
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field

from benchmarks.search_latency import fill
from shared.clients.embedder import EmbedderClient
from shared.clients.gateway import GatewayClient
from shared.clients.search import SearchClient
from tests.support.embedding import resident_bytes
from tests.support.images import jpeg, picture
from tests.support.processes import Process, listening
from tests.support.searching import wait_until_ready

PICTURES = 32
PATIENCE_SECONDS = 60


@dataclass
class Answers:
    """What came back: times in seconds by the answer's status; 0 stands for no answer at all."""

    seconds: dict[int, list[float]] = field(default_factory=dict)
    without_retry_after: int = 0

    def add(self, status: int, seconds: float, *, retry_after: bool) -> None:
        """Take note of an answer."""
        self.seconds.setdefault(status, []).append(seconds)
        self.without_retry_after += status in (429, 503) and not retry_after

    @property
    def accepted(self) -> list[float]:
        """Times of the searches that were answered."""
        return self.seconds.get(200, [])

    @property
    def refused(self) -> list[float]:
        """Times of those that were told to come back."""
        return [*self.seconds.get(429, []), *self.seconds.get(503, [])]

    @property
    def errors(self) -> dict[int, int]:
        """How many got any other answer, or none, by its status."""
        return {status: len(times) for status, times in self.seconds.items() if status not in (200, 429, 503)}


@dataclass(frozen=True)
class Times:
    """Milliseconds."""

    count: int
    median: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        """Sum up."""
        if len(seconds) < 2:
            return cls(len(seconds), *[1000 * value for value in (*seconds, math.nan)[:1] * 3])
        cuts = statistics.quantiles(seconds, n=100, method="inclusive")
        return cls(len(seconds), 1000 * cuts[49], 1000 * cuts[94], 1000 * cuts[98])


@dataclass(frozen=True)
class Report:
    """What was measured."""

    alone: Times
    """One search at a time."""
    capacity: float
    """Searches a second."""
    offered: float
    """Searches a second that were sent under overload."""
    accepted: Times
    refused: Times
    errors: dict[int, int]
    without_retry_after: int
    slower: float
    """Median of the accepted, in medians of a search alone."""
    slower_p95: float
    """The same at the 95th percentile, in medians of a search alone."""
    gateway_mib: tuple[float, float, float]
    """Memory of the gateway: before, at the peak, after."""
    all_mib: tuple[float, float, float]
    """Memory of all services, likewise."""


def main() -> None:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--times", type=float, default=2, help="how many times the capacity is sent")
    parser.add_argument("--images", type=int, default=700, help="in the collection")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        report = asdict(asyncio.run(measure(f"sqlite:///{scratch}/lookalike.db", options)))
    if options.json:
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{name.replace('_', ' ')}: {value}\n" for name, value in report.items())


async def measure(store_url: str, options: argparse.Namespace) -> Report:
    """Run the services, and load them."""
    async with AsyncExitStack() as opened:
        embedding, embedder = await opened.enter_async_context(listening("embedder"))
        searching, search = await opened.enter_async_context(listening("search", STORE_URL=store_url))
        urls = {"EMBEDDER_URL": str(embedder.base_url), "SEARCH_URL": str(search.base_url)}
        gateway, http = await opened.enter_async_context(listening("gateway", **urls))
        await wait_until_ready(GatewayClient(http))
        space = (await EmbedderClient("embedder", embedder).space()).ref()
        await fill(SearchClient("search", search), space, options.images)
        load = Load(http.base_url.port or 80)
        await load.closed(1, 3)
        alone = await load.closed(1, 10)
        capacity = max([await load.rate(clients, 8) for clients in (2, 4, 8)])
        memory = Memory(gateway, embedding, searching)
        watching = asyncio.create_task(memory.watch())
        rate = options.times * capacity
        under = await load.open(options.clients, rate, options.seconds)
        watching.cancel()
        one, accepted = Times.of(alone.accepted), Times.of(under.accepted)
        gateway_mib, all_mib = memory.told()
        return Report(
            alone=one,
            capacity=capacity,
            offered=sum(map(len, under.seconds.values())) / options.seconds,
            accepted=accepted,
            refused=Times.of(under.refused),
            errors=under.errors,
            without_retry_after=under.without_retry_after,
            slower=accepted.median / one.median,
            slower_p95=accepted.p95 / one.median,
            gateway_mib=gateway_mib,
            all_mib=all_mib,
        )


class Connection:
    """A client's connection, which costs the machine as little as it can: what is measured is the other side."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes, seconds: float) -> tuple[int, bool]:
        """Send a request; gives the answer's status, 0 where there is none in time, and whether it has Retry-After."""
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(request)
        except (OSError, asyncio.IncompleteReadError):  # a timeout is an OSError
            await self.close()
            return 0, False

    async def _ask(self, request: bytes) -> tuple[int, bool]:
        if self._streams is not None and self._streams[0].at_eof():  # it was closed for being idle
            await self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        [length] = re.findall(rb"\r\ncontent-length: (\d+)", head)
        await reader.readexactly(int(length))
        if b"\r\nconnection: close" in head:
            await self.close()
        return int(head.split()[1]), b"\r\nretry-after: " in head

    async def close(self) -> None:
        """Close it; the next request opens another one."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Load:
    """Clients that search, each by a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._requests = [_request(jpeg(picture(number))) for number in range(PICTURES)]

    async def closed(self, clients: int, seconds: float) -> Answers:
        """Let each client send its next search when the last is answered."""
        answers = Answers()
        end = time.perf_counter() + seconds

        async def client(number: int) -> None:
            connection = Connection(self._port)
            while time.perf_counter() < end:
                number += clients
                await self._search(connection, number, answers)
            await connection.close()

        await asyncio.gather(*map(client, range(clients)))
        return answers

    async def rate(self, clients: int, seconds: float) -> float:
        """Give the searches a second that so many clients get answered."""
        return len((await self.closed(clients, seconds)).accepted) / seconds

    async def open(self, clients: int, rate: float, seconds: float) -> Answers:
        """Send `rate` searches a second, the clients in turn; one that still waits for its answer sends it late."""
        answers = Answers()
        began = time.perf_counter()

        async def client(number: int) -> None:
            connection = Connection(self._port)
            for turn in range(number, int(rate * seconds), clients):
                await asyncio.sleep(max(0.0, began + turn / rate - time.perf_counter()))
                await self._search(connection, turn, answers)
            await connection.close()

        await asyncio.gather(*map(client, range(clients)))
        return answers

    async def _search(self, connection: Connection, number: int, answers: Answers) -> None:
        began = time.perf_counter()
        status, retry_after = await connection.ask(self._requests[number % PICTURES], PATIENCE_SECONDS)
        answers.add(status, time.perf_counter() - began, retry_after=retry_after)


def _request(image: bytes) -> bytes:
    form = b'--b\r\nContent-Disposition: form-data; name="image"; filename="p"\r\n\r\n' + image + b"\r\n--b--\r\n"
    head = "POST /v1/search HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: multipart/form-data; boundary=b\r\n"
    return f"{head}content-length: {len(form)}\r\n\r\n".encode() + form


class Memory:
    """What the services hold, looked at again and again."""

    def __init__(self, *services: Process) -> None:
        self._services = services
        self._seen: list[tuple[float, ...]] = []

    async def watch(self) -> None:
        """Look twice a second, for ever."""
        while True:
            self._seen.append(tuple(resident_bytes(service.pid) / 2**20 for service in self._services))
            await asyncio.sleep(0.5)

    def told(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Give before, peak and after in MiB: of the first service, and of all together."""
        first, everything = [seen[0] for seen in self._seen], [sum(seen) for seen in self._seen]
        return (first[0], max(first), first[-1]), (everything[0], max(everything), everything[-1])


if __name__ == "__main__":
    main()
