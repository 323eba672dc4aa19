"""Indexes in Qdrant beside the exact index in memory, on real pictures: what its graph misses, and how long each takes.

    python -m benchmarks.qdrant SOURCE [--queries 500] [--url qdrant://127.0.0.1:6334] [--json]

SOURCE is a folder of pictures, a folder for each label, which are embedded as `lookalike evaluate` does and kept in
Lookalike's cache; or an .npz file whose array `vectors` has one vector of the default recipe for each picture. A seeded
draw of them is searched for among the others. Without `--url` a server is started. So small a collection Qdrant would
compare whole; for the measurement it is told to search its graph.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import anyio
import numpy as np

from cli import console, progress
from cli.evaluation.embedding import Embedder
from cli.evaluation.setup import Setup
from cli.evaluation.sources import folder
from services.search.indexes.factory import ExactIndexes
from services.search.indexes.learning import Learning
from services.search.indexes.qdrant.index import QdrantIndex
from services.search.indexes.qdrant.options import Options
from services.search.ports import Entry, Matrix, Query, VectorIndex
from shared.contracts.embedding import SpaceRef
from shared.settings import CacheSettings
from tests.support.qdrant.indexes import build_graph, making
from tests.support.qdrant.provision import provision
from tests.support.qdrant.server import Server

K = 10
BATCH = 32
WRITTEN_AT_ONCE = 256
CANDIDATES = (16, 32, 64, 128, 256)


@dataclass(frozen=True)
class Measured:
    """How one way of searching does.

    Attributes:
        recall: Share of the ten nearest images that it finds.
        milliseconds: Median time of a query alone.
        batch_milliseconds: Median time of a batch of 32.
    """

    recall: float
    milliseconds: float
    batch_milliseconds: float


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--url", help="of a server that runs already")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    vectors = load(options.source)
    chosen = np.random.default_rng(0).permutation(len(vectors))
    queries, images = vectors[chosen[: options.queries]], vectors[chosen[options.queries :]]
    with server(options.url) as url:
        dimensions, results = compare(images, queries, url)
    if options.json:
        sys.stdout.write(json.dumps({name: asdict(one) for name, one in results.items()}, indent=2) + "\n")
        return
    sys.stdout.write(
        f"{len(images)} images, vectors of {vectors.shape[1]}, compared as {dimensions}; {len(queries)} queries\n\n"
        f"| | recall@{K} | one query, ms | {BATCH} queries, ms |\n|---|---|---|---|\n"
    )
    for name, one in results.items():
        sys.stdout.write(f"| {name} | {one.recall:.4f} | {one.milliseconds:.1f} | {one.batch_milliseconds:.1f} |\n")


def load(source: Path) -> Matrix:
    """Give the vectors of pictures; shape (n, dimensions)."""
    if source.suffix == ".npz":
        with np.load(source) as file:
            return np.asarray(file["vectors"], np.float32)
    embedder = Embedder(Setup(), None, CacheSettings().lookalike_cache)
    with progress.shown(console.messages(), "Embedding") as on_progress:
        return anyio.run(partial(embedder.embed, folder.pictures(source), on_progress)).vectors


@contextmanager
def server(url: str | None) -> Iterator[str]:
    """Give the server that runs already, or start one."""
    if url is not None:
        yield url
        return
    with tempfile.TemporaryDirectory() as data:
        started = Server(provision(), Path(data))
        started.start()
        try:
            yield started.url
        finally:
            started.stop()


def compare(images: Matrix, queries: Matrix, url: str) -> tuple[int, dict[str, Measured]]:
    """Search the same images, with the same projection, in memory and in Qdrant; tell its dimensions, too."""
    space = SpaceRef(fingerprint="0" * 16, dimensions=images.shape[1], metric="cosine")
    learning = Learning("auto", 512)
    sample = np.random.default_rng(1).choice(images, learning.sample_size(space, len(images)), replace=False)
    projection = learning.learn(space, sample, len(images))
    in_memory = ExactIndexes("auto", 512, "float32", Path(os.devnull)).make(projection)
    with making(url) as make:
        in_qdrant = make(projection, None)
        for index in (in_memory, in_qdrant):
            for start in range(0, len(images), WRITTEN_AT_ONCE):
                some = enumerate(images[start : start + WRITTEN_AT_ONCE], start)
                index.apply({f"{number:06}": Entry(vector) for number, vector in some})
        in_qdrant.publish(1)
        build_graph(in_qdrant.edition)
        ways: dict[str, VectorIndex] = {"in memory": in_memory, "Qdrant, `INDEX_EXACT=true`": in_qdrant}
        for candidates in CANDIDATES:
            index = QdrantIndex(in_qdrant.edition, Options(ef=candidates))
            index.refresh()
            ways[f"Qdrant, `INDEX_CANDIDATES={candidates}`"] = index
        truth = [nearest(in_memory, query[np.newaxis])[0] for query in queries]
        return projection.output_dimensions, measure(ways, queries, truth)


def measure(ways: Mapping[str, VectorIndex], queries: Matrix, truth: Sequence[set[str]]) -> dict[str, Measured]:
    """Search one by one, then in batches; each way in its turn, so that all share what disturbs them."""
    right = dict.fromkeys(ways, 0)
    alone: dict[str, list[float]] = {name: [] for name in ways}
    together: dict[str, list[float]] = {name: [] for name in ways}
    for query, expected in zip(queries, truth, strict=True):
        for name, index in ways.items():
            began = time.perf_counter()
            [found] = nearest(index, query[np.newaxis])
            alone[name].append(time.perf_counter() - began)
            right[name] += len(found & expected)
    for start in range(0, len(queries) - BATCH + 1, BATCH):
        for name, index in ways.items():
            began = time.perf_counter()
            nearest(index, queries[start : start + BATCH])
            together[name].append(time.perf_counter() - began)
    return {
        name: Measured(
            right[name] / (K * len(queries)),
            1000 * statistics.median(alone[name]),
            1000 * statistics.median(together[name]),
        )
        for name in ways
    }


def nearest(index: VectorIndex, queries: Matrix) -> list[set[str]]:
    """Give the ids of the nearest images of each query."""
    return [{hit.id for hit in hits} for hits in index.search([Query(query, K) for query in queries])]


if __name__ == "__main__":
    main()
