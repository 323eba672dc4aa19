"""Qdrant's graph beside exact search, on pictures: what it misses, and what it saves.

    python -m benchmarks.qdrant FOLDER [--qdrant qdrant://127.0.0.1:6334] [--vectors FILE.npy] [--json]

embeds the pictures below FOLDER as the embedder does, indexes all but some hundreds of them in memory and in Qdrant,
with the same projection, and searches for those that were left out. `--vectors` keeps what was embedded for the next
time. Small collections Qdrant would compare whole; for the measurement it is told to make its graph all the same.
"""

import argparse
import json
import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
from qdrant_client import models

from benchmarks.feedback import embed
from services.search.indexes.factory import ExactIndexes
from services.search.indexes.learning import Learning
from services.search.indexes.qdrant.address import Address
from services.search.indexes.qdrant.connection import Connection
from services.search.indexes.qdrant.edition import Edition
from services.search.indexes.qdrant.index import QdrantIndex
from services.search.indexes.qdrant.options import Options
from services.search.ports import Entry, Matrix, Query, VectorIndex
from shared.contracts.embedding import SpaceRef

QUERIES = 500
K = 10
CANDIDATES = (16, 32, 64, 128, 256)
AT_ONCE = 256


@dataclass(frozen=True)
class Measured:
    """How one way of searching does.

    Attributes:
        recall: Share of the exact nearest ten that it finds.
        milliseconds: Median time of one query alone.
        batch_milliseconds: Median time of 32 queries together.
    """

    recall: float
    milliseconds: float
    batch_milliseconds: float


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--qdrant", default="qdrant://127.0.0.1:6334")
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    vectors = load(options.folder, options.vectors)
    results = compare(vectors, options.qdrant)
    if options.json:
        sys.stdout.write(json.dumps({name: asdict(one) for name, one in results.items()}, indent=2) + "\n")
        return
    sys.stdout.write(f"{len(vectors) - QUERIES} images, {QUERIES} queries\n")
    for name, one in results.items():
        sys.stdout.write(f"{name:24} {one.recall:7.4f} {one.milliseconds:8.1f} ms {one.batch_milliseconds:8.1f} ms\n")


def load(folder: Path, kept: Path | None) -> Matrix:
    """Embed the pictures below a folder in the order of their paths, or read what is kept of an earlier time."""
    if kept is not None and kept.exists():
        return np.asarray(np.load(kept), np.float32)
    vectors, _ = embed(sorted(path for path in folder.rglob("*") if path.is_file()), "centred")
    if kept is not None:
        np.save(kept, vectors)
    return vectors


def compare(vectors: Matrix, url: str) -> dict[str, Measured]:
    """Search the same images in memory and in Qdrant."""
    chosen = np.random.default_rng(0).permutation(len(vectors))
    queries, images = vectors[chosen[:QUERIES]], vectors[chosen[QUERIES:]]
    space = SpaceRef(fingerprint="0123456789abcdef", dimensions=vectors.shape[1], metric="cosine")
    projection = Learning("auto", 512).learn(space, images[:8192], len(images))
    exact = ExactIndexes("auto", 512, "float32", Path(os.devnull)).make(projection)
    connection = Connection(Address.parse(url), 60)
    edition = Edition.create(connection, f"benchmark.{uuid4().hex}.1", projection, "", space, Options())
    try:
        for index in (exact, QdrantIndex(edition, Options())):
            for start in range(0, len(images), AT_ONCE):
                some = enumerate(images[start : start + AT_ONCE], start)
                index.apply({f"{number:06}": Entry(vector) for number, vector in some})
        build_graph(edition)
        truth = found(exact, queries)
        results = {"in memory": measure(exact, queries, truth)}
        for name, options in [
            ("Qdrant, exact", Options(exact=True)),
            *((f"Qdrant, ef {ef}", Options(ef=ef)) for ef in CANDIDATES),
        ]:
            index = QdrantIndex(edition, options)
            index.refresh()
            results[name] = measure(index, queries, truth)
        return results
    finally:
        connection.ask(lambda client: client.delete_collection(edition.name))


def build_graph(edition: Edition) -> None:
    """Have Qdrant make its graph, and wait for it."""
    small = models.OptimizersConfigDiff(indexing_threshold=1000)
    edition.connection.ask(lambda client: client.update_collection(edition.name, optimizers_config=small))
    ends = time.monotonic() + 600
    while True:
        time.sleep(1)
        told = edition.connection.ask(lambda client: client.get_collection(edition.name))
        if told.status == models.CollectionStatus.GREEN and told.indexed_vectors_count:
            sys.stderr.write(f"{told.indexed_vectors_count} vectors in {told.segments_count} segments' graphs\n")
            return
        if time.monotonic() > ends:
            raise TimeoutError("Qdrant does not make its graph")


def measure(index: VectorIndex, queries: Matrix, truth: list[set[str]]) -> Measured:
    """Search with all queries one by one, then together."""
    alone, together = [], []
    hits: list[set[str]] = []
    for query in queries:
        began = time.perf_counter()
        hits += found(index, query[np.newaxis])
        alone.append(time.perf_counter() - began)
    for start in range(0, len(queries) - 32, 32):
        began = time.perf_counter()
        found(index, queries[start : start + 32])
        together.append(time.perf_counter() - began)
    right = sum(len(own & expected) for own, expected in zip(hits, truth, strict=True))
    return Measured(right / (K * len(truth)), 1000 * statistics.median(alone), 1000 * statistics.median(together))


def found(index: VectorIndex, queries: Matrix) -> list[set[str]]:
    """Give the ids of the nearest images of each query."""
    return [{hit.id for hit in hits} for hits in index.search([Query(query, K) for query in queries])]


if __name__ == "__main__":
    main()
