"""Contenders of one size, side by side: times of queries, memory, recall."""

import ctypes
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.index.clusters import Clusters, nearest_rows
from benchmarks.index.contenders import RECIPES, Contender
from services.search.ports import Matrix

K = 10
BATCH = 32
_PAUSE = 0.1
"""Seconds after which the threads of BLAS and OpenMP that the last contender has used no longer spin."""
_WARM_UP = 3
_IN_A_ROW = 5
"""Questions that a contender gets before it is the next one's turn: the first finds caches and threads cold."""


@dataclass(frozen=True)
class Size:
    """How many vectors, of how many dimensions."""

    count: int
    dimensions: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read what `str` writes, without the commas."""
        count, dimensions = text.split("x")
        return cls(int(count), int(dimensions))

    def __str__(self) -> str:
        return f"{self.count:,} x {self.dimensions:,}"


@dataclass(frozen=True)
class Latency:
    """Times in milliseconds."""

    one_median: float
    one_p95: float
    batch_median: float
    batch_p95: float
    recall: float | None
    """Share of the ten nearest that were found; None of what finds nothing."""
    memory: float
    """Growth of the process's anonymous memory, relative to the vectors' own bytes."""
    build_seconds: float


def compare(size: Size, rounds: int) -> dict[str, Latency]:
    """Measure all contenders that are bearable at this size, each with the same questions."""
    clusters = Clusters(size.dimensions)
    vectors = clusters.draw(size.count)
    queries = clusters.draw(max(rounds + _WARM_UP, BATCH))
    batches = [clusters.draw(BATCH) for _ in range(rounds // 2 + 1)]
    with tempfile.TemporaryDirectory() as folder:
        contenders, memory, seconds = {}, {}, {}
        for name, recipe in RECIPES.items():
            if vectors.size <= recipe.most_values:
                before, began = anonymous_bytes(), time.perf_counter()
                contenders[name] = recipe.make(vectors, Path(folder))
                seconds[name] = time.perf_counter() - began
                memory[name] = (anonymous_bytes() - before) / vectors.nbytes
                sys.stderr.write(f"{size}: built {name} in {seconds[name]:.1f} s\n")
        one = _times(contenders, [queries[number : number + 1] for number in range(rounds + _WARM_UP)])
        many = _times(contenders, batches)
        found = _recalls(contenders, vectors, queries[:BATCH])
    return {
        name: Latency(
            one_median=float(np.median(one[name])),
            one_p95=float(np.percentile(one[name], 95)),
            batch_median=float(np.median(many[name])),
            batch_p95=float(np.percentile(many[name], 95)),
            recall=found[name],
            memory=memory[name],
            build_seconds=seconds[name],
        )
        for name in contenders
    }


def anonymous_bytes() -> int:
    """Give the anonymous memory of this process, after what is free was given back to the system."""
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("RssAnon:")[1].split()[0])


def _times(contenders: dict[str, Contender], questions: list[Matrix]) -> dict[str, list[float]]:
    """Ask all contenders all questions, some in a row, in an order that turns; the first questions do not count."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn, first in enumerate(range(0, len(questions), _IN_A_ROW)):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            time.sleep(_PAUSE)
            for question in questions[first : first + _IN_A_ROW]:
                began = time.perf_counter()
                contenders[name].search(question, K)
                times[name].append(1000 * (time.perf_counter() - began))
    warm_up = min(_WARM_UP, len(questions) - 1)
    return {name: values[warm_up:] for name, values in times.items()}


def _recalls(contenders: dict[str, Contender], vectors: Matrix, queries: Matrix) -> dict[str, float | None]:
    expected = nearest_rows(vectors, queries, K)
    recalls: dict[str, float | None] = {}
    for name, contender in contenders.items():
        found = contender.search(queries, K)
        shares = [len(np.intersect1d(rows, right)) / K for rows, right in zip(found, expected, strict=False)]
        recalls[name] = float(np.mean(shares)) if shares else None
    return recalls
