"""The index side by side with others, in one run, over the same seeded vectors.

    python -m benchmarks.index [--sizes 10000x2048,100000x512] [--live 100000x512] [--rounds 30] [--json]

needs what the extra `benchmarks` installs. Contenders that would take too long at a size are not tried there. Each size
is measured in a process of its own. 1,000,000 x 512 takes about 12 GB of memory; 10000x2048 alone is done in a minute.
"""

import argparse
import json
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from typing import Any, TypeVar

from benchmarks.index.latency import Size, compare
from benchmarks.index.report import report
from benchmarks.index.writes import live

SIZES = "10000x512,10000x2048,100000x512,100000x2048,1000000x512"

Result = TypeVar("Result")


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=SIZES, help="for queries; each as COUNTxDIMENSIONS")
    parser.add_argument("--live", default="1000000x512", help="size for writes; empty: they are left out")
    parser.add_argument("--rounds", type=int, default=30, help="queries that each is asked; batches: half as many")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = [Size.parse(size) for size in options.sizes.split(",") if size]
    latencies = {str(size): _alone(compare, size, options.rounds) for size in sizes}
    lives = {}
    if options.live:
        size = Size.parse(options.live)
        lives = {f"{size}, `{engine}`": _alone(live, size, engine) for engine in ("float32", "int8")}
    if options.json:
        found = {size: {name: asdict(latency) for name, latency in by.items()} for size, by in latencies.items()}
        written = {name: asdict(one) for name, one in lives.items()}
        sys.stdout.write(json.dumps({"queries": found, "writes": written}, indent=2) + "\n")
    else:
        sys.stdout.writelines(line + "\n" for line in report(latencies, lives))


def _alone(measure: Callable[..., Result], *arguments: Any) -> Result:
    """Measure in a process of its own, where nothing of another measurement is left in memory."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure, *arguments).result()


if __name__ == "__main__":
    main()
