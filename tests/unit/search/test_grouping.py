import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.search.follower import Follower
from services.search.grouping import Grouping, Report
from services.search.indexes.background import grouping_thread
from services.search.indexes.exact import ExactIndex
from services.search.indexes.factory import ExactIndexes
from services.search.indexes.projection import Projection
from services.search.indexes.state import State
from services.search.indexes.storage import InMemory
from services.search.metrics import SearchMetrics
from services.search.ports import Group, StoreLimits
from services.search.stores.sqlite.store import SqliteStore
from shared.contracts.collections import ProjectionKind
from shared.errors import Overloaded
from shared.telemetry import Metrics
from tests.support.indexes import NOWHERE, builder_of
from tests.support.vectors import Picture

CAT = Picture(b"cat")


class Gate:
    """Holds searches for groups up until it is opened, and counts them."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun = 0
        self.failing = False


class GatedIndex(ExactIndex):
    gate: Gate

    def groups(self, least_score: float, on_progress: Callable[[float], None]) -> list[Group]:
        self.gate.begun += 1
        on_progress(0.5)
        while not self.gate.open.wait(0.01):
            on_progress(0.5)
        if self.gate.failing:
            raise MemoryError
        return super().groups(least_score, on_progress)


class GatedIndexes(ExactIndexes):
    def __init__(self, gate: Gate) -> None:
        super().__init__("none", 512, "float32", NOWHERE)
        self._gate = gate

    def make(
        self, learned: Projection, projection: ProjectionKind | None = None, state: State | None = None
    ) -> GatedIndex:
        index = GatedIndex(learned, InMemory(learned.metric))
        index.gate = self._gate
        return index


class World:
    """A store, its follower, and the groups of its images."""

    def __init__(self, folder: Path) -> None:
        self.gate = Gate()
        self.store = SqliteStore(f"sqlite:///{folder}/images.db", StoreLimits())
        builder = builder_of(self.store, GatedIndexes(self.gate))
        self.follower = Follower(self.store, builder, 100, SearchMetrics(Metrics()))
        self.thread = grouping_thread()
        self.grouping = Grouping(self.follower, self.thread)

    @property
    def key(self) -> str:
        return self.follower.shelves["default"].key

    async def add(self, *image_ids: str) -> None:
        for image_id in image_ids:
            await self.store.put_blob(CAT.sha256, CAT.data)
            await self.store.commit("default", image_id, CAT.commit())
        await self.follower.catch_up()

    async def until_there_is(self, min_revision: int = 0, least_score: float = 0.9) -> Report:
        async with asyncio.timeout(10):
            while (found := (await self.grouping.report(self.key, least_score, min_revision))[0]) is None:  # noqa: ASYNC110 - nothing tells when
                await asyncio.sleep(0.005)
        return found


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.store.open()
    await world.add("a", "b")
    yield world
    await world.grouping.close()
    world.thread.shutdown()
    await world.follower.close()
    await world.store.close()


async def test_those_who_ask_for_the_same_share_one_search_and_are_told_how_far_it_is(world: World) -> None:
    answers = await asyncio.gather(*(world.grouping.report(world.key, 0.9) for _ in range(10)))
    assert all(report is None for report, _ in answers)
    async with asyncio.timeout(10):
        while (await world.grouping.report(world.key, 0.9))[1] != 0.5:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.005)
    world.gate.open.set()
    report = await world.until_there_is()
    assert [group.ids for group in report.groups] == [("a", "b")]
    assert report.revision == 2
    assert await world.grouping.report(world.key, 0.9) == (report, 1)
    assert world.gate.begun == 1


async def test_an_old_report_is_given_while_a_newer_one_is_made(world: World) -> None:
    world.gate.open.set()
    old = await world.until_there_is()
    world.gate.open.clear()
    await world.add("c")
    async with asyncio.timeout(10):
        while world.gate.begun == 1:
            assert (await world.grouping.report(world.key, 0.9))[0] is old
            await asyncio.sleep(0.005)
    assert (await world.grouping.report(world.key, 0.9, min_revision=3))[0] is None
    world.gate.open.set()
    new = await world.until_there_is(min_revision=3)
    assert [group.ids for group in new.groups] == [("a", "b", "c")]


async def test_the_search_is_broken_off_when_the_service_ends(world: World) -> None:
    for least_score in (0.8, 0.9):
        await world.grouping.report(world.key, least_score)
    async with asyncio.timeout(10):
        await world.grouping.close()
    assert world.gate.begun <= 1


async def test_more_reports_than_may_wait_are_refused(world: World) -> None:
    for number in range(8):
        await world.grouping.report(world.key, 0.9 + number / 1000)
    with pytest.raises(Overloaded):
        await world.grouping.report(world.key, 0.5)
    assert (await world.grouping.report(world.key, 0.9))[0] is None
    world.gate.open.set()
    await world.until_there_is(least_score=0.907)


async def test_a_search_that_failed_is_made_again(world: World) -> None:
    world.gate.failing = True
    world.gate.open.set()
    async with asyncio.timeout(10):
        while world.gate.begun < 2:
            assert (await world.grouping.report(world.key, 0.9))[0] is None
            await asyncio.sleep(0.005)
    world.gate.failing = False
    assert (await world.until_there_is()).groups
