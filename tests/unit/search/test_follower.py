import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.search.follower import Follower
from services.search.indexes.exact import ExactIndex
from services.search.indexes.factory import ExactIndexes
from services.search.indexes.projection import Projection
from services.search.indexes.state import State
from services.search.indexes.storage import InMemory
from services.search.metrics import SearchMetrics
from services.search.ports import Change, Entry, IndexFactory, Matrix, StoreLimits, VectorIndex
from services.search.stores.sqlite.store import SqliteStore
from shared.contracts.collections import CollectionFacts, ProjectionKind
from shared.contracts.embedding import SpaceRef
from shared.errors import RevisionNotReached, TryAgain
from shared.telemetry import Metrics
from tests.support import indexes
from tests.support.indexes import NOWHERE, builder_of, learning_indexes
from tests.support.vectors import Picture


class CountingStore(SqliteStore):
    """Counts the reads of its change feed, and fails them while it is told to."""

    reads = 0
    failing = False

    async def changes(self, since: int, limit: int) -> Sequence[Change]:
        self.reads += 1
        if self.failing:
            raise TryAgain
        return await super().changes(since, limit)


class FragileIndex(ExactIndex):
    """Runs out of memory once."""

    failures = 1

    def apply(self, writes: Mapping[str, Entry | None], revision: int | None = None) -> None:
        if FragileIndex.failures:
            FragileIndex.failures -= 1
            raise MemoryError
        super().apply(writes, revision)


class FragileIndexes(ExactIndexes):
    def make(
        self, learned: Projection, projection: ProjectionKind | None = None, state: State | None = None
    ) -> FragileIndex:
        return FragileIndex(learned, InMemory(learned.metric))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[CountingStore]:
    store = CountingStore(f"sqlite:///{tmp_path}/images.db", StoreLimits())
    await store.open()
    yield store
    await store.close()


def follower_of(store: SqliteStore, batch: int = 100, factory: IndexFactory | None = None) -> Follower:
    return Follower(store, builder_of(store, factory, batch), batch, SearchMetrics(Metrics()))


async def add(store: SqliteStore, image_id: str, picture: Picture, collection: str = "default") -> int:
    await store.put_blob(picture.sha256, picture.data)
    return (await store.commit(collection, image_id, picture.commit())).record.revision


def found(follower: Follower, picture: Picture, collection: str = "default") -> str:
    return indexes.found(follower.shelves[collection].index, picture.vector)[0]


async def test_reaches_a_write_in_batches_over_several_collections(store: CountingStore) -> None:
    follower = follower_of(store, batch=2)
    pictures = {f"image-{number}": Picture(b"%d" % number) for number in range(7)}
    for number, (image_id, picture) in enumerate(pictures.items()):
        await add(store, image_id, picture, "odd" if number % 2 else "even")
    await store.delete("odd", "image-1")
    await follower.catch_up()
    assert follower.revision == 8
    assert {name: len(shelf.index) for name, shelf in follower.shelves.items()} == {"odd": 2, "even": 4}
    assert found(follower, pictures["image-4"], "even") == "image-4"
    assert follower.images() == 6


async def test_a_collection_whose_images_are_all_gone_is_still_known(store: CountingStore) -> None:
    await add(store, "a", Picture(b"cat"), "birds")
    await store.delete("birds", "a")
    follower = follower_of(store)
    await follower.catch_up()
    assert len(follower.shelves["birds"].index) == 0


async def test_many_who_wait_share_a_few_rounds(store: CountingStore) -> None:
    follower = follower_of(store)

    async def write(number: int) -> None:
        revision = await add(store, f"image-{number}", Picture(b"%d" % number))
        await follower.reach(revision)
        assert follower.revision >= revision

    await asyncio.gather(*(write(number) for number in range(20)))
    assert follower.revision == 20
    reads = store.reads
    await asyncio.gather(*(follower.reach(20) for _ in range(20)))
    assert store.reads == reads <= 20


async def test_a_failed_round_is_told_to_those_who_wait_and_made_up_for_by_the_next(store: CountingStore) -> None:
    follower = follower_of(store)
    revision = await add(store, "a", Picture(b"cat"))
    store.failing = True
    with pytest.raises(TryAgain):
        await follower.reach(revision)
    store.failing = False
    await follower.reach(revision)
    assert found(follower, Picture(b"cat")) == "a"


async def test_an_index_that_fails_once_misses_nothing(store: CountingStore) -> None:
    follower = follower_of(store, factory=FragileIndexes("none", 512, "float32", NOWHERE))
    revision = await add(store, "a", Picture(b"cat"))
    with pytest.raises(MemoryError):
        await follower.reach(revision)
    assert follower.revision == 0
    await follower.reach(await add(store, "b", Picture(b"dog")))
    assert [found(follower, Picture(data)) for data in (b"cat", b"dog")] == ["a", "b"]


async def test_who_stops_waiting_does_not_stop_the_others(store: CountingStore) -> None:
    follower = follower_of(store)
    revision = await add(store, "a", Picture(b"cat"))
    first, second = [asyncio.create_task(follower.reach(revision)) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert follower.revision == revision
    await follower.close()


async def test_a_write_of_another_replica_is_waited_for(store: CountingStore) -> None:
    follower = follower_of(store)
    waiting = asyncio.create_task(follower.wait_for(2, seconds=30))
    await add(store, "a", Picture(b"cat"))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await add(store, "b", Picture(b"dog"))
    await waiting
    assert found(follower, Picture(b"dog")) == "b"


async def test_a_revision_that_does_not_come_is_said(store: CountingStore) -> None:
    follower = follower_of(store)
    await add(store, "a", Picture(b"cat"))
    with pytest.raises(RevisionNotReached, match="at revision 1, and 2 was asked for"):
        await follower.wait_for(2, seconds=0.1)


async def test_who_was_away_while_tombstones_were_forgotten_builds_anew(store: CountingStore) -> None:
    follower = follower_of(store, batch=2)
    for image_id in "abcde":
        await add(store, image_id, Picture(image_id.encode()))
    await follower.catch_up()
    await store.delete("default", "b")
    await add(store, "f", Picture(b"f"))
    await store.delete("default", "f")
    await store.forget_tombstones(datetime.now(UTC) + timedelta(seconds=1))

    await follower.catch_up()
    assert follower.revision == await store.revision()
    assert sorted(indexes.found(follower.shelves["default"].index, Picture(b"a").vector, 10)) == list("acde")


async def test_who_has_seen_a_removal_may_forget_it(store: CountingStore) -> None:
    follower = follower_of(store)
    await add(store, "a", Picture(b"a"))
    await add(store, "b", Picture(b"b"))
    await store.delete("default", "a")
    await follower.catch_up()
    index = follower.shelves["default"].index
    await store.forget_tombstones(datetime.now(UTC) + timedelta(seconds=1))
    await add(store, "c", Picture(b"c"))
    await follower.catch_up()
    assert follower.shelves["default"].index is index
    assert follower.images() == 2


async def test_a_newcomer_reaches_a_last_write_that_is_a_forgotten_removal(store: CountingStore) -> None:
    await add(store, "a", Picture(b"a"))
    await store.delete("default", "a")
    await store.forget_tombstones(datetime.now(UTC) + timedelta(seconds=1))
    follower = follower_of(store)
    await follower.wait_for(2, seconds=30)
    assert follower.images() == 0


async def until_renewed(follower: Follower, old: VectorIndex) -> VectorIndex:
    async with asyncio.timeout(30):
        while (index := follower.shelves["default"].index) is old:
            await asyncio.sleep(0.01)
            await follower.catch_up()
    return index


async def test_an_index_that_its_collection_has_outgrown_is_renewed_beside_the_old_one(store: CountingStore) -> None:
    follower = follower_of(store, batch=3, factory=learning_indexes())
    await add(store, "image-0", Picture(b"0"))
    await follower.catch_up()
    first = follower.shelves["default"].index
    assert not first.outgrown
    for number in range(1, 20):
        await add(store, f"image-{number}", Picture(b"%d" % number))
    await follower.catch_up()
    assert first.outgrown
    second = await until_renewed(follower, first)
    assert not second.outgrown
    assert len(second) == 20
    assert all(found(follower, Picture(b"%d" % number)) == f"image-{number}" for number in range(20))


class SlowIndexes(ExactIndexes):
    """Learns when it is allowed to."""

    def __init__(self) -> None:
        super().__init__("auto", 4, "float32", NOWHERE)
        self.asked, self.allowed = threading.Event(), threading.Event()

    def new(self, space: SpaceRef, sample: Matrix, images: int, projection: ProjectionKind | None = None) -> ExactIndex:
        if images > 1:
            self.asked.set()
            self.allowed.wait(30)
        return super().new(space, sample, images, projection)


async def test_what_is_written_while_an_index_is_renewed_is_in_the_new_one(store: CountingStore) -> None:
    slow = SlowIndexes()
    follower = follower_of(store, batch=2, factory=slow)
    await add(store, "image-0", Picture(b"0"))
    await follower.catch_up()
    old = follower.shelves["default"].index
    for number in range(1, 9):
        await add(store, f"image-{number}", Picture(b"%d" % number))
    await follower.catch_up()
    await asyncio.to_thread(slow.asked.wait)
    await store.delete("default", "image-3")
    await add(store, "image-4", Picture(b"another"))
    await add(store, "image-9", Picture(b"9"))
    await follower.catch_up()
    assert follower.shelves["default"].index is old
    assert found(follower, Picture(b"another")) == "image-4"
    slow.allowed.set()
    renewed = await until_renewed(follower, old)
    assert renewed.ids("", 20) == [f"image-{number}" for number in (0, 1, 2, 4, 5, 6, 7, 8, 9)]
    assert found(follower, Picture(b"another")) == "image-4"
    await follower.close()


async def test_an_index_that_cannot_be_renewed_goes_on_answering_and_is_renewed_later(store: CountingStore) -> None:
    slow = SlowIndexes()
    follower = follower_of(store, factory=slow)
    await add(store, "image-0", Picture(b"0"))
    await follower.catch_up()
    old = follower.shelves["default"].index
    await add(store, "image-1", Picture(b"1"))
    await follower.catch_up()
    await asyncio.to_thread(slow.asked.wait)
    # What removed this is forgotten before the new index, which may have it, is there.
    await store.delete("default", "image-1")
    await follower.catch_up()
    await store.forget_tombstones(datetime.now(UTC) + timedelta(seconds=1))
    slow.allowed.set()
    await add(store, "image-2", Picture(b"2"))
    await add(store, "image-3", Picture(b"3"))
    renewed = await until_renewed(follower, old)
    assert renewed.ids("", 9) == ["image-0", "image-2", "image-3"]
    await follower.close()


async def test_the_index_of_a_dropped_collection_goes_and_one_that_comes_back_has_its_own(
    store: CountingStore,
) -> None:
    follower = follower_of(store)
    await add(store, "a", Picture(b"cat"), "garden")
    await add(store, "a", Picture(b"owl"))
    await follower.catch_up()
    former = follower.shelves["garden"]
    await store.drop("garden")
    await follower.catch_up()
    assert set(follower.shelves) == {"default"}
    assert follower.revision == 3
    await add(store, "b", Picture(b"dog"), "garden")
    await follower.catch_up()
    assert follower.shelves["garden"].key != former.key
    assert follower.shelves["garden"].index.ids("", 10) == ["b"]


async def test_a_collection_that_was_dropped_and_made_anew_between_two_looks_has_its_new_images_alone(
    store: CountingStore,
) -> None:
    follower = follower_of(store, batch=1)
    await add(store, "a", Picture(b"cat"), "garden")
    await follower.catch_up()
    await add(store, "b", Picture(b"dog"), "garden")
    await store.drop("garden")
    await add(store, "c", Picture(b"owl"), "garden")
    await follower.catch_up()
    assert follower.shelves["garden"].index.ids("", 10) == ["c"]
    newcomer = follower_of(store, batch=1)
    await newcomer.catch_up()
    assert newcomer.shelves["garden"].index.ids("", 10) == ["c"]


async def test_collections_and_aliases_are_known_with_the_revision_of_their_write(store: CountingStore) -> None:
    follower = follower_of(store)
    revision = await store.create("garden", CollectionFacts(description="what grows"))
    await follower.reach(revision or 0)
    assert follower.directory.resolve("garden") == "garden"
    await follower.reach(await store.alias("live", "garden") or 0)
    assert follower.directory.resolve("live") == "garden"
    await follower.reach(await store.unalias("live") or 0)
    assert follower.directory.resolve("live") == "live"
    assert follower.revision == 3


async def test_each_collection_is_projected_as_it_was_made_for(store: CountingStore) -> None:
    await store.create("plain", CollectionFacts(projection="none"))
    for number in range(20):
        for collection in ("plain", "learned"):
            await add(store, f"{number}", Picture(b"%d" % number), collection)
    follower = follower_of(store, factory=learning_indexes())
    await follower.catch_up()
    projections = {}
    for name, shelf in follower.shelves.items():
        assert isinstance(shelf.index, ExactIndex)
        projections[name] = shelf.index.projection.output_dimensions, shelf.index.projection.mean is not None
    assert projections == {"plain": (8, False), "learned": (4, True)}


async def test_an_index_that_is_renewed_while_its_collection_goes_does_not_bring_it_back(store: CountingStore) -> None:
    slow = SlowIndexes()
    follower = follower_of(store, factory=slow)
    await add(store, "image-0", Picture(b"0"))
    await follower.catch_up()
    await add(store, "image-1", Picture(b"1"))
    await follower.catch_up()
    await asyncio.to_thread(slow.asked.wait)
    await store.drop("default")
    await follower.catch_up()
    slow.allowed.set()
    await add(store, "image-2", Picture(b"2"))
    async with asyncio.timeout(30):
        while "default" not in follower.shelves or follower.shelves["default"].index.ids("", 9) != ["image-2"]:
            await asyncio.sleep(0.01)
            await follower.catch_up()
    await follower.close()
