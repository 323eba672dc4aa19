import math
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from pathlib import Path

import numpy as np
import pytest

from services.search.batching import QueryBatches
from services.search.follower import Follower
from services.search.metrics import SearchMetrics
from services.search.neighbours import Neighbours, unpack_vector
from services.search.ports import Examples, StoreLimits
from services.search.stores.sqlite.store import SqliteStore
from shared.contracts.search import ImageRecord, QueryOptions, QueryResponse
from shared.errors import InvalidRequest
from shared.stopwatch import Stopwatch
from shared.telemetry import Metrics
from tests.support.indexes import builder_of
from tests.support.vectors import Picture, space

Step = Callable[[], Awaitable[object]]


class InterruptedStore(SqliteStore):
    """Lets something happen between an index's answer and the reading of the records."""

    def __init__(self, url: str, limits: StoreLimits) -> None:
        super().__init__(url, limits)
        self.interruptions: list[Step] = []

    async def records(self, collection: str, image_ids: Collection[str]) -> dict[str, ImageRecord]:
        if self.interruptions:
            await self.interruptions.pop()()
        return await super().records(collection, image_ids)


class Bench:
    """A store with ten images, what follows it, and queries for the first image."""

    pictures = tuple(Picture(b"%d" % number) for number in range(10))

    def __init__(self, store: InterruptedStore) -> None:
        self.store = store
        metrics = SearchMetrics(Metrics())
        self.follower = Follower(store, builder_of(store), 100, metrics)
        self.neighbours = Neighbours(store, self.follower, QueryBatches(32, 10, metrics))

    async def fill(self) -> None:
        for number, picture in enumerate(self.pictures):
            await self.put(f"{number}", picture)
        await self.follower.catch_up()

    async def put(self, image_id: str, picture: Picture) -> None:
        await self.store.put_blob(picture.sha256, picture.data)
        await self.store.commit("default", image_id, picture.commit())

    async def ask(self, k: int, offset: int = 0) -> QueryResponse:
        first = Examples(self.pictures[0].vector[np.newaxis], (1,))
        options = QueryOptions(k=k, offset=offset)
        space = self.follower.shelves["default"].space
        return await self.neighbours.nearest("default", space, first, options, Stopwatch())

    def expected(self, without: Collection[str] = ()) -> list[str]:
        distances = {
            f"{number}": float(np.linalg.norm(picture.vector - self.pictures[0].vector))
            for number, picture in enumerate(self.pictures)
        }
        return sorted(distances.keys() - set(without), key=lambda image_id: distances[image_id])


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    store = InterruptedStore(f"sqlite:///{tmp_path}/images.db", StoreLimits())
    await store.open()
    bench = Bench(store)
    await bench.fill()
    yield bench
    await bench.follower.close()
    await store.close()


def ids(response: QueryResponse) -> list[str]:
    return [neighbour.record.id for neighbour in response.neighbours]


async def test_an_image_deleted_in_the_meantime_is_made_up_for(bench: Bench) -> None:
    gone = bench.expected()[1]
    bench.store.interruptions = [lambda: bench.store.delete("default", gone)]
    assert ids(await bench.ask(3)) == bench.expected(without=[gone])[:3]


async def test_an_image_deleted_in_the_meantime_is_made_up_for_behind_an_offset(bench: Bench) -> None:
    gone = bench.expected()[4]
    bench.store.interruptions = [lambda: bench.store.delete("default", gone)]
    assert ids(await bench.ask(3, offset=3)) == bench.expected(without=[gone])[3:6]


async def test_an_image_replaced_in_the_meantime_has_the_distance_of_its_new_bytes(bench: Bench) -> None:
    replaced = bench.expected()[1]
    other = Picture(b"another picture")
    bench.store.interruptions = [lambda: bench.put(replaced, other)]
    response = await bench.ask(10)
    [neighbour] = [neighbour for neighbour in response.neighbours if neighbour.record.id == replaced]
    assert neighbour.record.sha256 == other.sha256
    assert neighbour.distance == pytest.approx(float(np.linalg.norm(other.vector - bench.pictures[0].vector)), abs=1e-5)
    assert response.revision == neighbour.record.revision


async def test_an_image_that_changes_faster_than_queries_look_is_left_out(bench: Bench) -> None:
    restless = bench.expected()[1]
    steps = [lambda number=number: bench.put(restless, Picture(b"version %d" % number)) for number in range(20)]
    bench.store.interruptions = list(steps)
    response = await bench.ask(3)
    assert restless not in ids(response)
    assert ids(response)[0] == "0"


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0, 3.0], [math.nan, 1.0], [1.0, -math.inf], [1e20, 1.0]])
def test_what_is_no_vector_of_the_space_is_refused(values: list[float]) -> None:
    with pytest.raises(InvalidRequest):
        unpack_vector(np.array(values, np.float32).tobytes(), space(2))
