"""Indexes in Qdrant for tests of what every index does."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from uuid import uuid4

from qdrant_client import models

from services.search.indexes.projection import Projection
from services.search.indexes.qdrant.address import Address
from services.search.indexes.qdrant.connection import Connection
from services.search.indexes.qdrant.edition import Edition
from services.search.indexes.qdrant.index import QdrantIndex
from services.search.indexes.qdrant.options import Options
from shared.contracts.embedding import SpaceRef

EXACT = Options(exact=True)

Make = Callable[[Projection, int | None], QdrantIndex]


@contextmanager
def making(url: str) -> Iterator[Make]:
    """Make indexes that compare every image, and remove them afterwards."""
    connection = Connection(Address.parse(url), 30)
    name, numbers, made = f"lookalike-test.{uuid4().hex}", count(), list[str]()

    def make(projection: Projection, outgrown_at: int | None = None) -> QdrantIndex:
        space = SpaceRef(fingerprint="0123456789abcdef", dimensions=projection.dimensions, metric=projection.metric)
        made.append(f"{name}.{next(numbers)}")
        edition = Edition.create(connection, made[-1], projection, "", space, EXACT)
        return QdrantIndex(edition, EXACT, outgrown_at=outgrown_at)

    try:
        yield make
    finally:
        for collection in made:
            connection.ask(lambda client, of=collection: client.delete_collection(of))  # type: ignore[misc]
        connection.close()


def build_graph(edition: Edition) -> None:
    """Have Qdrant search a small collection as it does large ones, in a graph, and wait until that is built."""
    edition.connection.ask(
        lambda client: client.update_collection(
            edition.name,
            hnsw_config=models.HnswConfigDiff(full_scan_threshold=10),
            optimizers_config=models.OptimizersConfigDiff(indexing_threshold=10),
        )
    )
    deadline = time.monotonic() + 60
    while True:
        told = edition.connection.ask(lambda client: client.get_collection(edition.name))
        if told.status == models.CollectionStatus.GREEN and told.indexed_vectors_count:
            return
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
