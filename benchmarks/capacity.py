"""What a number of images, searches and uploads takes: replicas, cores, memory, and how long requests wait.

    python -m benchmarks.capacity --images 10000000 --searches 100 --uploads 5

It computes; nothing is started. Every constant below was measured, on 2 cores of one machine, and says where. Each
service is a queue M/D/c: requests come at random (Poisson), each takes as long as the last (D), and the first free one
of c servers takes the next. A server is what was measured: 2 cores of the embedder or the store, 1 of the gateway; of
search a machine, all of whose cores scan together. There are as many as keep all at or below 70 %. The queueing is
simulated.

What it takes for granted, and nobody has measured: that scans become faster with every core, although cores share the
memory's bandwidth; that the store takes more uploads with more cores, although one document numbers them all; and where
an index is too large for one machine, that it is cut into parts which are all asked at once. The engines here keep each
index whole: such rows say what parts would take, not what can be had today.
"""

import argparse
import heapq
import math
import random
from dataclasses import dataclass, replace

GIB = 2**30
UTILISATION = 0.7
"""At most; of the memory, too, for an index needs room to be learned anew."""
WARM_UP, ARRIVALS = 2_000, 20_000

EMBEDDED_A_SECOND = {"tensorflow-float32": 16.3, "tensorflow-bfloat16": 28.0, "openvino-int8": 55.0}
"""docs/measured.md, the embedder: through HTTP, 16 clients, recipe `centred`, 2 cores."""
EMBEDDER_BYTES = 1_817 * 2**20
"""docs/measured.md: embedder and decoders at their peak, with photos of 40 megapixels."""
SCAN_SECONDS = {"float32": 0.138 / 32 / (100_000 * 2_048), "int8": 0.047 / 32 / (100_000 * 2_048)}
"""README, the index beside others: 32 queries together, 100,000 vectors of 2,048 dimensions; a value."""
INDEX_SHARE = {"float32": 1.03, "int8": 0.29}
"""The same table: memory as a share of the vectors' bytes, with ids, labels and metadata."""
SEARCH_SECONDS = (3.5 - 0.8) / 1000
"""docs/measured.md, a search: the search service without its index."""
GATEWAY_SECONDS = (12.7 - 3.5) / 1000
"""The same table: all the rest without the search service. It is time, some of it not spent computing."""
GATEWAY_BYTES = 74 * 2**20
"""docs/api.md, "Under load"."""
STORED_A_SECOND = 41.0
"""docs/measured.md, the stores: MongoDB, images of 20 kB, acknowledged, 2 cores, search service and others beside."""
STORED_BYTES = 20_000 + 4 * 4_864
"""Of an image there: its file and its vector. On the disk."""
SERVER_CORES = 2


@dataclass(frozen=True)
class Load:
    """What is asked for; `searches` and `uploads` are a second."""

    images: int
    searches: float
    uploads: float
    dimensions: int = 512
    engine: str = "int8"
    runtime: str = "tensorflow-bfloat16"
    machine_cores: int = 32
    machine_bytes: int = 256 * GIB


@dataclass(frozen=True)
class Need:
    """What one service takes; `parts` are those of an index, each with as many replicas."""

    service: str
    replicas: int
    cores: int
    memory: float
    utilisation: float
    wait: float
    """Seconds in the queue, mean."""
    wait_95: float
    seconds: float
    """That a request takes once its turn has come."""
    parts: int = 1


def servers(rate: float, seconds: float) -> int:
    """Count the servers that stay at or below the utilisation."""
    return max(1, math.ceil(rate * seconds / UTILISATION - 1e-9))


def waits(rate: float, seconds: float, count: int, seed: int = 1) -> tuple[float, float]:
    """Simulate M/D/c, and give the mean wait and that of the 95th percentile, in seconds."""
    if rate == 0:
        return 0.0, 0.0
    drawn, now, found = random.Random(seed), 0.0, []  # noqa: S311 - a simulation
    free = [0.0] * count
    for _ in range(WARM_UP + ARRIVALS):
        now += drawn.expovariate(rate)
        begin = max(now, free[0])
        heapq.heapreplace(free, begin + seconds)
        found.append(begin - now)
    settled = sorted(found[WARM_UP:])
    return sum(settled) / len(settled), settled[int(0.95 * len(settled))]


def index_bytes(load: Load) -> float:
    """Give the memory of one whole index."""
    return load.images * load.dimensions * 4 * INDEX_SHARE[load.engine]


def plan(load: Load) -> list[Need]:
    """Say what each service takes."""
    both = load.searches + load.uploads
    needs = [
        _queue("gateway", both, GATEWAY_SECONDS, 1, GATEWAY_BYTES),
        _queue("embedder", both, 1 / EMBEDDED_A_SECOND[load.runtime], SERVER_CORES, EMBEDDER_BYTES),
    ]
    parts = max(1, math.ceil(index_bytes(load) / (UTILISATION * load.machine_bytes)))
    values = load.images * load.dimensions / parts
    scan = (values * SCAN_SECONDS[load.engine] + SEARCH_SECONDS) * SERVER_CORES / load.machine_cores
    search = _queue("search", load.searches, scan, load.machine_cores, index_bytes(load) / parts)
    store = _queue("store", load.uploads, 1 / STORED_A_SECOND, SERVER_CORES, 0)
    whole = replace(search, cores=search.cores * parts, memory=search.memory * parts, parts=parts)
    return [*needs, whole, store]


def bottleneck(needs: list[Need]) -> Need:
    """Give the service whose work keeps the most cores busy: what money goes into first when there is more of it."""
    return max(needs, key=_busy)


def _busy(need: Need) -> float:
    return need.cores * need.utilisation


def _queue(service: str, rate: float, seconds: float, cores: int, memory: float) -> Need:
    count = servers(rate, seconds)
    wait, wait_95 = waits(rate, seconds, count)
    return Need(service, count, count * cores, count * memory, rate * seconds / count, wait, wait_95, seconds)


def rows(load: Load) -> list[str]:
    """Write the plan as rows of a table."""
    needs = plan(load)
    asked = f"{load.images:,} images, {load.searches:,g} searches, {load.uploads:,g} uploads a second"
    lines = [
        f"{asked} ({load.engine}, {load.dimensions} dimensions, {load.runtime}):",
        "",
        "| service | replicas | cores | memory, GiB | utilisation | waits, mean and 95 %, ms | then takes, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for need in needs:
        replicas = f"{need.replicas}" if need.parts == 1 else f"{need.replicas} of each of {need.parts} parts"
        memory = "disk" if need.service == "store" else f"{need.memory / GIB:,.1f}"
        waiting = f"{need.wait * 1000:,.1f}, {need.wait_95 * 1000:,.1f}"
        cells = need.service, replicas, f"{need.cores:,}", memory, f"{need.utilisation:.0%}", waiting
        lines.append(f"| {' | '.join(cells)} | {need.seconds * 1000:,.1f} |")
    most, disk = bottleneck(needs), load.images * STORED_BYTES
    share = _busy(most) / sum(map(_busy, needs))
    lines += ["", f"Bottleneck: {most.service}, {share:.0%} of all computing. On the disk: {disk / GIB:,.0f} GiB."]
    return lines


def main() -> None:
    """Read what is asked for, and print the plan."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--searches", type=float, required=True, help="a second")
    parser.add_argument("--uploads", type=float, default=0, help="a second")
    parser.add_argument("--dimensions", type=int, default=512, help="that the index keeps")
    parser.add_argument("--engine", choices=sorted(INDEX_SHARE), default="int8")
    parser.add_argument("--runtime", choices=sorted(EMBEDDED_A_SECOND), default="tensorflow-bfloat16")
    parser.add_argument("--machine-cores", type=int, default=32, help="of a machine for search")
    parser.add_argument("--machine-gib", type=int, default=256, help="memory of a machine for search")
    options = vars(parser.parse_args())
    options["machine_bytes"] = options.pop("machine_gib") * GIB
    print("\n".join(rows(Load(**options))))  # noqa: T201 - the result


if __name__ == "__main__":
    main()
