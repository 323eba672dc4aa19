"""What writes cost an index that is being asked: until they show, and what a query waits because of them."""

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.index.clusters import Clusters
from benchmarks.index.latency import K, Size
from benchmarks.index.ours import Ours
from services.search.ports import Matrix

_ADDED = 1000
_REPEATED = 20
_WRITTEN_AT_ONCE = 256
_WRITING_SECONDS = 10
_REMOVED_SHARE = 0.3
"""So many of the vectors are removed at once that the segment which had them is written anew."""


@dataclass(frozen=True)
class Live:
    """Times in milliseconds."""

    visible_median: float
    """From the beginning of a write of 1,000 vectors to its end, after which each query sees them."""
    visible_slowest: float
    added_a_second: float
    """By one thread, while another one asks."""
    removed_a_second: float
    query_quiet: float
    """Median."""
    quiet_slowest: float
    query_while_adding: float
    query_while_removing: float
    query_while_merging: float
    merging_slowest: float
    """Of the queries asked while a large segment was written anew."""
    merging_seconds: float


def live(size: Size, engine: Literal["float32", "int8"]) -> Live:
    """Measure an index of our own that has been filled to this size."""
    clusters = Clusters(size.dimensions)
    queries = clusters.draw(64)
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(engine, size.dimensions, Path(folder))
        ours.add(clusters.draw(size.count))
        quiet = _asked(ours, queries, lambda: time.sleep(_WRITING_SECONDS / 2))
        fresh = [clusters.draw(_ADDED) for _ in range(_REPEATED)]
        visible = [_until_seen(ours, vectors, size.count + _ADDED * turn) for turn, vectors in enumerate(fresh)]
        ours.settle()
        writes = _Writes(ours, clusters, size.count + _ADDED * _REPEATED)
        while_adding = _asked(ours, queries, writes.add)
        ours.settle()
        while_removing = _asked(ours, queries, writes.remove)
        ours.settle()
        ours.remove(range(int(size.count * _REMOVED_SHARE)))
        began = time.perf_counter()
        while_merging = _asked(ours, queries, ours.settle)
        merging = time.perf_counter() - began
        ours.close()
    return Live(
        visible_median=float(np.median(visible)),
        visible_slowest=max(visible),
        added_a_second=writes.added / _WRITING_SECONDS,
        removed_a_second=writes.removed / writes.removing_seconds,
        query_quiet=float(np.median(quiet)),
        quiet_slowest=max(quiet),
        query_while_adding=float(np.median(while_adding)),
        query_while_removing=float(np.median(while_removing)),
        query_while_merging=float(np.median(while_merging)),
        merging_slowest=max(while_merging),
        merging_seconds=merging,
    )


class _Writes:
    """Adds for some seconds, then removes what it has added."""

    def __init__(self, ours: Ours, clusters: Clusters, first: int) -> None:
        self._ours = ours
        self._vectors = clusters.draw(_WRITTEN_AT_ONCE)
        self._first = first
        self.added = 0
        self.removed = 0
        self.removing_seconds = 0.0

    def add(self) -> None:
        end = time.perf_counter() + _WRITING_SECONDS
        while time.perf_counter() < end:
            self._ours.write(self._vectors, self._first + self.added)
            self.added += _WRITTEN_AT_ONCE

    def remove(self) -> None:
        began = time.perf_counter()
        while self.removed < self.added and time.perf_counter() < began + _WRITING_SECONDS:
            first = self._first + self.removed
            self._ours.remove(range(first, first + _WRITTEN_AT_ONCE))
            self.removed += _WRITTEN_AT_ONCE
        self.removing_seconds = time.perf_counter() - began


def _until_seen(ours: Ours, vectors: Matrix, first: int) -> float:
    began = time.perf_counter()
    ours.write(vectors, first)
    took = 1000 * (time.perf_counter() - began)
    for number in (0, len(vectors) - 1):
        if ours.search(vectors[number : number + 1], 1)[0].tolist() != [first + number]:
            raise RuntimeError("A vector was not found after it had been added.")
    return took


def _asked(ours: Ours, queries: Matrix, meanwhile: Callable[[], object]) -> list[float]:
    """Ask one query after another while `meanwhile` runs, and give their times in milliseconds."""
    ended = threading.Event()
    times: list[float] = []

    def ask() -> None:
        turn = 0
        while not ended.is_set():
            began = time.perf_counter()
            ours.search(queries[turn % len(queries)][np.newaxis], K)
            times.append(1000 * (time.perf_counter() - began))
            turn += 1

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        meanwhile()
    finally:
        ended.set()
        asking.join()
    return times
