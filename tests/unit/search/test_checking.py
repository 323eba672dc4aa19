"""Whether faults are found, and only those that are there, while images are written."""

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import numpy as np
import pytest

from services.search.checking import Checks
from services.search.follower import Follower
from services.search.metrics import SearchMetrics
from services.search.ports import Change, Entry, StoreLimits
from services.search.stores.sqlite.store import SqliteStore
from shared.contracts.checks import IndexCheck
from shared.errors import NotFound
from shared.telemetry import Metrics
from tests.support.indexes import KeptIndexes, builder_of
from tests.support.vectors import Picture, space


class RestlessStore(SqliteStore):
    """Replaces an image while its changes are looked at, as often as it is told to."""

    restless = 0

    async def last_changes(self, collection: str, image_ids: Collection[str]) -> dict[str, Change]:
        changes = await super().last_changes(collection, image_ids)
        if self.restless and image_ids:
            self.restless -= 1
            await add(self, "a", Picture(b"%d" % self.restless))
        return changes


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RestlessStore]:
    store = RestlessStore(f"sqlite:///{tmp_path}/images.db", StoreLimits())
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def indexes() -> KeptIndexes:
    return KeptIndexes()


@pytest.fixture
async def checks(store: RestlessStore, indexes: KeptIndexes) -> AsyncIterator[Checks]:
    follower = Follower(store, builder_of(store, indexes), 100, SearchMetrics(Metrics()))
    yield Checks(store, follower, revision_wait_seconds=5)
    await follower.close()


async def add(store: SqliteStore, image_id: str, picture: Picture) -> None:
    await store.put_blob(picture.sha256, picture.data)
    await store.commit("default", image_id, picture.commit())


def told(check: IndexCheck) -> dict[str, str]:
    return {fault.id: fault.kind for fault in check.faults}


async def test_an_index_that_follows_its_store_has_no_faults(store: RestlessStore, checks: Checks) -> None:
    assert await checks.page("default", None, 10) == IndexCheck(checked=0, faults=(), next_after=None)
    for number in range(5):
        await add(store, f"image-{number}", Picture(b"%d" % number))
    await store.delete("default", "image-3")
    assert await checks.page("default", None, 10) == IndexCheck(checked=4, faults=(), next_after=None)


async def test_what_the_index_lacks_has_too_much_or_has_otherwise_is_told(
    store: RestlessStore, checks: Checks, indexes: KeptIndexes
) -> None:
    for key in "abcd":
        await add(store, key, Picture(key.encode()))
    await checks.page("default", None, 10)  # the index has followed
    slightly = Picture(b"d").vector
    slightly[0] += np.float32(0.01)
    wrong = {"c": Picture(b"x").vector, "d": slightly, "e": Picture(b"e").vector}
    indexes.made[0].apply({"a": None, **{key: Entry(vector) for key, vector in wrong.items()}})
    check = await checks.page("default", None, 10)
    assert check.checked == 5
    assert told(check) == {"a": "missing", "c": "differs", "d": "differs", "e": "extra"}


async def test_a_vector_that_is_none_of_its_space_is_told(store: RestlessStore, checks: Checks) -> None:
    for key, factor in (("long", 2.0), ("nan", np.nan), ("right", 1.0)):
        picture = Picture(key.encode())
        vector = (picture.vector * factor).astype("<f4")
        await store.put_blob(picture.sha256, picture.data)
        await store.commit("default", key, picture.commit().model_copy(update={"vector": vector.tobytes()}))
    check = await checks.page("default", None, 10)
    assert [(fault.id, fault.kind, fault.detail) for fault in check.faults] == [
        ("long", "malformed", "The vector has the length 2 in place of 1."),
        ("nan", "malformed", "The vector has values that are not finite numbers."),
    ]


async def test_in_a_euclidean_space_vectors_have_any_length(store: RestlessStore, checks: Checks) -> None:
    picture = Picture(b"long")
    vector = (3 * picture.vector).tobytes()
    commit = picture.commit(in_space=space(metric="euclidean")).model_copy(update={"vector": vector})
    await store.put_blob(picture.sha256, picture.data)
    await store.commit("default", "a", commit)
    assert told(await checks.page("default", None, 10)) == {}


async def test_pages_go_through_the_ids_of_store_and_index_together(
    store: RestlessStore, checks: Checks, indexes: KeptIndexes
) -> None:
    for number in range(0, 20, 2):
        await add(store, f"{number:02}", Picture(b"%d" % number))
    await checks.page("default", None, 1)
    indexes.made[0].apply({f"{number:02}": Entry(Picture(b"").vector) for number in range(1, 40, 2)})
    checked, extra, after = 0, set(), None
    while True:
        check = await checks.page("default", after, 3)
        checked += check.checked
        extra |= {fault.id for fault in check.faults if fault.kind == "extra"}
        if (after := check.next_after) is None:
            break
    assert checked == 30
    assert extra == {f"{number:02}" for number in range(1, 40, 2)}


async def test_an_image_that_is_written_while_it_is_looked_at_is_no_fault(store: RestlessStore, checks: Checks) -> None:
    await add(store, "a", Picture(b"first"))
    await checks.page("default", None, 10)
    for writes in (1, 2, 3, 100):
        store.restless = writes
        assert told(await checks.page("default", None, 10)) == {}
        store.restless = 0


async def test_writes_that_go_on_meanwhile_are_never_taken_for_faults(store: RestlessStore, checks: Checks) -> None:
    ended = False

    async def write() -> None:
        for number in range(200):
            key = f"image-{number % 7}"
            await add(store, key, Picture(b"%d" % number))
            if number % 3 == 0:
                await store.delete("default", key)

    async def look() -> int:
        looks = 0
        while not ended:
            assert told(await checks.page("default", None, 10)) == {}
            looks += 1
        return looks

    looking = asyncio.create_task(look())
    await write()
    ended = True
    assert await looking > 5


async def test_of_a_collection_that_is_not_there_nothing_is_said(checks: Checks) -> None:
    with pytest.raises(NotFound):
        await checks.page("nowhere", None, 10)


async def test_vectors_are_read_with_their_writes(store: RestlessStore, checks: Checks) -> None:
    await add(store, "a", Picture(b"a"))
    await add(store, "b", Picture(b"b"))
    await store.delete("default", "a")
    [read] = (await checks.vectors("default", ["a", "b", "c"])).vectors
    assert (read.id, read.revision, read.vector) == ("b", 2, Picture(b"b").vector.tobytes())
