import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from services.search.batching import QueryBatches
from services.search.indexes.exact import ExactIndex
from services.search.indexes.projection import Projection
from services.search.indexes.storage import InMemory
from services.search.metrics import SearchMetrics
from services.search.ports import Entry, Hit, Query
from shared.errors import Overloaded
from shared.telemetry import Metrics
from tests.support.vectors import Picture, space

PICTURES = {f"image-{number}": Picture(b"%d" % number) for number in range(20)}


class HeldIndex(ExactIndex):
    """Answers when it is released, and remembers how many queries it was asked at once."""

    def __init__(self) -> None:
        super().__init__(Projection.none(space()), InMemory("cosine"))
        self.apply({image_id: Entry(picture.vector) for image_id, picture in PICTURES.items()})
        self.asked, self.released = threading.Event(), threading.Event()
        self.batches: list[int] = []

    def search(self, queries: Sequence[Query]) -> list[list[Hit]]:
        self.batches.append(len(queries))
        self.asked.set()
        self.released.wait(timeout=30)
        return super().search(queries)


@pytest.fixture
async def index() -> AsyncIterator[HeldIndex]:
    index = HeldIndex()
    yield index
    index.released.set()


def batches(max_batch: int = 8, max_waiting: int = 10) -> QueryBatches:
    return QueryBatches(max_batch, max_waiting, SearchMetrics(Metrics()))


async def ask(batches: QueryBatches, index: HeldIndex, number: int) -> str:
    return (await batches.search(index, Query(PICTURES[f"image-{number}"].vector, 1)))[0].id


async def begun(coroutine: asyncio.Task[str], index: HeldIndex) -> None:
    await asyncio.to_thread(index.asked.wait)
    assert not coroutine.done()


async def test_what_arrives_while_one_is_answered_is_answered_together(index: HeldIndex) -> None:
    queue = batches(max_batch=4)
    first = asyncio.create_task(ask(queue, index, 0))
    await begun(first, index)
    others = [asyncio.create_task(ask(queue, index, number)) for number in range(1, 7)]
    await asyncio.sleep(0.01)
    index.released.set()
    assert await asyncio.gather(first, *others) == [f"image-{number}" for number in range(7)]
    assert index.batches == [1, 4, 2]


async def test_queries_for_different_indexes_are_not_mixed(index: HeldIndex) -> None:
    queue, other = batches(), HeldIndex()
    other.released.set()
    first = asyncio.create_task(ask(queue, index, 0))
    await begun(first, index)
    others = [asyncio.create_task(ask(queue, [index, other][number % 2], number)) for number in range(1, 5)]
    await asyncio.sleep(0.01)
    index.released.set()
    assert await asyncio.gather(first, *others) == [f"image-{number}" for number in range(5)]
    assert (index.batches, other.batches) == ([1, 2], [2])


async def test_more_queries_than_may_wait_are_turned_away(index: HeldIndex) -> None:
    queue = batches(max_waiting=1)
    computed = asyncio.create_task(ask(queue, index, 0))
    await begun(computed, index)
    waiting = asyncio.create_task(ask(queue, index, 1))
    await asyncio.sleep(0.01)
    with pytest.raises(Overloaded):
        await ask(queue, index, 2)
    index.released.set()
    assert [await computed, await waiting] == ["image-0", "image-1"]


async def test_a_query_whose_caller_has_gone_is_not_computed_and_holds_no_place(index: HeldIndex) -> None:
    queue = batches(max_waiting=1)
    computed = asyncio.create_task(ask(queue, index, 0))
    await begun(computed, index)
    gone = asyncio.create_task(ask(queue, index, 1))
    await asyncio.sleep(0.01)
    gone.cancel()
    await asyncio.sleep(0.01)
    waiting = asyncio.create_task(ask(queue, index, 2))
    await asyncio.sleep(0.01)
    index.released.set()
    assert [await computed, await waiting] == ["image-0", "image-2"]
    assert index.batches == [1, 1]


async def test_an_index_that_fails_is_told_to_those_who_asked_it_and_to_nobody_else(index: HeldIndex) -> None:
    queue = batches()
    index.released.set()
    with pytest.raises(ValueError, match="mismatch"):
        await queue.search(index, Query(Picture(b"", dimensions=3).vector, 1))
    assert await ask(queue, index, 5) == "image-5"
