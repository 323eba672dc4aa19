import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.search.follower import Follower
from services.search.metrics import SearchMetrics
from services.search.poller import Poller
from services.search.ports import StoreLimits
from services.search.stores.sqlite.store import SqliteStore
from shared.errors import TryAgain
from shared.telemetry import Metrics
from tests.support.indexes import builder_of
from tests.support.vectors import Picture


class FlakyStore(SqliteStore):
    """Refuses to say its revision while it is told to, in one of two ways."""

    fault: Exception | None = None

    async def revision(self) -> int:
        if self.fault:
            raise self.fault
        return await super().revision()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FlakyStore]:
    store = FlakyStore(f"sqlite:///{tmp_path}/images.db", StoreLimits())
    await store.open()
    yield store
    await store.close()


async def until(come: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not come():  # noqa: ASYNC110 - what is tested is that it comes by itself
            await asyncio.sleep(0.005)


async def add(store: SqliteStore, image_id: str) -> int:
    picture = Picture(image_id.encode())
    await store.put_blob(picture.sha256, picture.data)
    return (await store.commit("default", image_id, picture.commit())).record.revision


@pytest.mark.parametrize("fault", [TryAgain("It sleeps."), RuntimeError("a surprise")])
async def test_writes_of_others_are_seen_without_a_query_and_although_the_store_was_away(
    store: FlakyStore, fault: Exception
) -> None:
    metrics = Metrics()
    measured = SearchMetrics(metrics)
    follower = Follower(store, builder_of(store), 100, measured)
    poller = Poller(follower, max_staleness_seconds=0.02, metrics=measured)
    polling = asyncio.create_task(poller.run())

    try:
        first = await add(store, "a")
        await until(lambda: follower.revision == first and poller.readiness().ready)

        store.fault = fault
        second = await add(store, "b")
        await until(lambda: not poller.readiness().ready)
        assert follower.revision == first
        assert "search_failed_polls_total 0.0" not in metrics.exposition().decode()

        store.fault = None
        await until(lambda: follower.revision == second and poller.readiness().ready)
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
