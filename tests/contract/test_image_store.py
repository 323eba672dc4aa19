"""What every ImageStore does, whatever it is made of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from services.search.ports import Change, ImageStore, StoreLimits
from services.search.ports.decisions import stored
from services.search.stores.keys import name_of
from services.search.stores.mongo.options import MongoOptions
from services.search.stores.mongo.store import MongoStore
from services.search.stores.sqlite.store import SqliteStore
from shared.contracts.collections import CollectionFacts
from shared.contracts.duplicates import Decision, StoredDecision
from shared.contracts.metadata import Metadata
from shared.contracts.search import Amendment
from shared.errors import Conflict, EmbeddingSpaceMismatch, LimitReached, NotFound
from tests.support.vectors import Picture, space

NewStore = Callable[[StoreLimits], ImageStore]

CAT, DOG, OWL = Picture(b"cat"), Picture(b"dog"), Picture(b"owl")
LIMITS = StoreLimits(collections=2, images=5)
FACTS: Metadata = {
    "year": 2004,
    "large": 2**63 - 1,
    "small": -(2**63),
    "weight": 2.0,
    "sold": None,
    "rare": True,
    "é.$": "ü",
}


@pytest.fixture(params=["sqlite", "mongodb"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> NewStore:
    if request.param == "sqlite":
        return lambda limits: SqliteStore(f"sqlite:///{tmp_path / 'images.db'}", limits)
    url: str = request.getfixturevalue("mongodb_url")
    return lambda limits: MongoStore(url, limits, MongoOptions(timeout=60))


@pytest.fixture
async def store(new_store: NewStore) -> AsyncIterator[ImageStore]:
    store = new_store(LIMITS)
    await store.open()
    yield store
    await store.close()


async def add(store: ImageStore, image_id: str, picture: Picture, collection: str = "default") -> int:
    await store.put_blob(picture.sha256, picture.data)
    return (await store.commit(collection, image_id, picture.commit())).record.revision


async def holds_bytes(store: ImageStore, picture: Picture) -> bool:
    """Whether a commit finds the bytes; it goes to a collection of its own and is taken back."""
    try:
        await store.commit("probe", "probe", picture.commit())
    except Conflict:
        return False
    await store.delete("probe", "probe")
    return True


async def held(store: ImageStore) -> dict[str, int]:
    """The numbers of images by the names of the collections."""
    return {collection.name: collection.images for collection in (await store.collections()).values()}


async def key(store: ImageStore, name: str = "default") -> str:
    """The key of a collection; of one that is not there it is something else."""
    keys = {collection.name: key for key, collection in (await store.collections()).items()}
    return keys.get(name, name)


def in_short(change: Change) -> tuple[str, str, bool]:
    return name_of(change.collection), change.image_id, change.entry is not None


def kinds(metadata: Metadata) -> dict[str, tuple[bool, bool]]:
    """Which values are truth values, and which are fractions: 1, 1.0 and True are equal, but not for filters."""
    return {key: (isinstance(value, bool), isinstance(value, float)) for key, value in metadata.items()}


def after_all_uploads() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)


class TestCommit:
    async def test_makes_record_bytes_thumbnail_and_vector_readable(self, store: ImageStore) -> None:
        before = datetime.now(UTC)
        await store.put_blob(CAT.sha256, CAT.data)
        answer = await store.commit("default", "a", CAT.commit("cat", {"year": 2015, "sold": None, "é": "ü"}))

        record = await store.record("default", "a")
        assert answer.created
        assert record == answer.record
        assert (record.sha256, record.size, record.width, record.height) == (CAT.sha256, 3, 40, 30)
        assert (record.label, record.metadata) == ("cat", {"year": 2015, "sold": None, "é": "ü"})
        assert before <= record.created_at == record.updated_at <= datetime.now(UTC)
        content = await store.content("default", "a")
        assert content is not None
        assert (content.data, content.content_type, content.sha256) == (CAT.data, "image/png", CAT.sha256)
        thumbnail = await store.thumbnail("default", "a")
        assert thumbnail is not None
        assert (thumbnail.data, thumbnail.content_type) == (CAT.thumbnail, "image/jpeg")
        assert thumbnail.sha256 == Picture(CAT.thumbnail).sha256
        vector = await store.vector("default", "a")
        assert vector is not None
        assert vector.dtype == np.float32
        assert vector.tolist() == CAT.vector.tolist()

    async def test_replaces_the_image_that_has_the_id(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        first = await store.record("default", "a")
        await store.put_blob(DOG.sha256, DOG.data)
        answer = await store.commit("default", "a", DOG.commit("dog"))

        assert first is not None
        assert not answer.created
        assert (answer.record.revision, answer.record.created_at) == (2, first.created_at)
        assert answer.record.updated_at >= first.updated_at
        content = await store.content("default", "a")
        assert content is not None
        assert content.data == DOG.data
        assert [(change.revision, in_short(change)) for change in await store.changes(0, 10)] == [
            (2, ("default", "a", True))
        ]
        assert await held(store) == {"default": 1}

    async def test_a_new_image_keeps_the_moment_that_it_brings_along(self, store: ImageStore) -> None:
        moment = datetime(2015, 5, 17, 8, 30, 15, 123456, tzinfo=UTC)
        brought = CAT.commit().model_copy(update={"created_at": moment})
        await store.put_blob(CAT.sha256, CAT.data)
        answer = await store.commit("default", "a", brought)
        assert answer.record.created_at == moment < answer.record.updated_at
        assert await store.record("default", "a") == answer.record

        await store.put_blob(DOG.sha256, DOG.data)
        later = DOG.commit().model_copy(update={"created_at": moment + timedelta(days=1)})
        assert (await store.commit("default", "a", later)).record.created_at == moment

    async def test_without_bytes_is_a_conflict_and_leaves_nothing(self, store: ImageStore) -> None:
        with pytest.raises(Conflict):
            await store.commit("default", "a", CAT.commit())
        assert await store.record("default", "a") is None
        assert await held(store) == {}
        assert await store.revision() == 0

    async def test_into_a_collection_of_another_space_is_refused_and_leaves_nothing(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.put_blob(DOG.sha256, DOG.data)
        with pytest.raises(EmbeddingSpaceMismatch, match=r"0123456789abcdef.*ffffffffffffffff"):
            await store.commit("default", "b", DOG.commit(in_space=space(fingerprint="f" * 16)))
        assert await store.record("default", "b") is None
        assert await store.revision() == 1

    async def test_a_collection_keeps_its_space_when_its_last_image_goes(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.delete("default", "a")
        await store.put_blob(DOG.sha256, DOG.data)
        with pytest.raises(EmbeddingSpaceMismatch):
            await store.commit("default", "b", DOG.commit(in_space=space(fingerprint="f" * 16)))

    async def test_collections_beyond_the_limit_are_refused(self, store: ImageStore) -> None:
        await add(store, "a", CAT, "one")
        await add(store, "a", CAT, "two")
        await store.put_blob(CAT.sha256, CAT.data)
        with pytest.raises(LimitReached):
            await store.commit("three", "a", CAT.commit())
        assert list(await held(store)) == ["one", "two"]

    async def test_images_beyond_the_limit_are_refused_but_replacements_are_not(self, store: ImageStore) -> None:
        for number in range(5):
            await add(store, f"{number}", Picture(b"%d" % number), "one" if number % 2 else "two")
        with pytest.raises(LimitReached):
            await add(store, "new", CAT, "one")
        await add(store, "1", CAT, "one")
        await store.delete("one", "1")
        await add(store, "new", DOG, "one")
        assert await store.record("one", "new") is not None

    async def test_many_at_once_of_one_id_leave_one_whole_image(self, store: ImageStore) -> None:
        pictures = [Picture(b"picture %d" % number) for number in range(20)]
        await asyncio.gather(*(add(store, "a", picture) for picture in pictures))

        record, content = await store.record("default", "a"), await store.content("default", "a")
        vector, thumbnail = await store.vector("default", "a"), await store.thumbnail("default", "a")
        assert record is not None
        [picture] = [picture for picture in pictures if picture.sha256 == record.sha256]
        assert content is not None
        assert content.data == picture.data
        assert vector is not None
        assert vector.tolist() == picture.vector.tolist()
        assert thumbnail is not None
        assert thumbnail.data == picture.thumbnail
        assert record.revision == await store.revision() == 20
        assert await held(store) == {"default": 1}


class TestAmend:
    async def test_changes_what_is_said_of_an_image_under_the_next_revision_and_nothing_else(
        self, store: ImageStore
    ) -> None:
        await add(store, "a", CAT)
        before = await store.record("default", "a")
        amended = await store.amend("default", "a", Amendment(revision=1, label="cat", metadata=FACTS))

        assert before is not None
        assert amended is not None
        assert amended == await store.record("default", "a")
        assert (amended.revision, amended.label, amended.metadata) == (2, "cat", FACTS)
        assert kinds(amended.metadata) == kinds(FACTS)
        assert amended.updated_at >= before.updated_at
        said = {"revision", "label", "metadata", "updated_at"}
        assert amended.model_dump(exclude=said) == before.model_dump(exclude=said)
        content, thumbnail = await store.content("default", "a"), await store.thumbnail("default", "a")
        assert content is not None
        assert thumbnail is not None
        assert (content.data, thumbnail.data) == (CAT.data, CAT.thumbnail)
        assert await held(store) == {"default": 1}

    async def test_is_seen_by_those_who_follow_with_the_vector_as_it_was(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.amend("default", "a", Amendment(revision=1, label="cat", metadata={"year": 2004}))
        [change] = await store.changes(1, 10)
        assert (change.revision, change.image_id) == (2, "a")
        assert change.entry is not None
        assert (change.entry.label, change.entry.metadata) == ("cat", {"year": 2004})
        assert change.entry.vector.tolist() == CAT.vector.tolist()

    async def test_of_another_write_than_the_last_one_changes_nothing(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await add(store, "a", DOG)
        amendment = Amendment(revision=1, label="cat", metadata={})
        assert await store.amend("default", "a", amendment) is None
        assert await store.amend("default", "never", amendment) is None
        assert await store.amend("nowhere", "a", amendment) is None
        await store.delete("default", "a")
        assert await store.amend("default", "a", Amendment(revision=3, label="cat", metadata={})) is None
        assert await store.revision() == 3

    async def test_of_many_at_once_only_one_is_taken(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        labels = [f"{number}" for number in range(10)]
        amended = await asyncio.gather(
            *(store.amend("default", "a", Amendment(revision=1, label=label, metadata={})) for label in labels)
        )
        [taken] = [record for record in amended if record is not None]
        assert taken == await store.record("default", "a")

    async def test_an_amended_image_can_be_replaced_and_deleted_as_any(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.amend("default", "a", Amendment(revision=1, label="cat", metadata={}))
        await add(store, "a", DOG)
        record = await store.record("default", "a")
        assert record is not None
        assert (record.sha256, record.label) == (DOG.sha256, None)
        assert not await holds_bytes(store, CAT)
        assert await store.delete("default", "a") is not None
        assert not await holds_bytes(store, DOG)


class TestDelete:
    async def test_removes_the_image_under_the_next_revision(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        assert await store.delete("default", "a") == 2
        assert await store.record("default", "a") is None
        assert await store.content("default", "a") is None
        assert await store.thumbnail("default", "a") is None
        assert await store.vector("default", "a") is None
        assert await store.known("default", [CAT.sha256]) == set()
        assert await held(store) == {"default": 0}

    async def test_of_what_is_not_there_takes_no_revision(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.delete("default", "a")
        assert await store.delete("default", "a") is None
        assert await store.delete("nowhere", "a") is None
        assert await store.revision() == 2

    async def test_an_image_that_comes_back_is_a_new_one(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.delete("default", "a")
        gone_at = datetime.now(UTC)
        await store.put_blob(CAT.sha256, CAT.data)
        answer = await store.commit("default", "a", CAT.commit())
        assert answer.created
        assert answer.record.created_at >= gone_at
        assert answer.record.revision == 3


class TestDiscard:
    async def test_removes_each_image_whose_last_write_is_the_one_that_is_named(self, store: ImageStore) -> None:
        for image_id in "abc":
            await add(store, image_id, CAT)
        await add(store, "b", DOG)
        await store.delete("default", "c")
        revisions = await store.discard("default", {"a": 1, "b": 2, "c": 3, "never": 4})
        assert len(revisions) == 1
        assert revisions[0] > 5
        assert [record.id for record in await store.page("default", "", 10)] == ["b"]
        assert await held(store) == {"default": 1}
        assert not await holds_bytes(store, CAT)

    async def test_shows_those_who_follow_what_is_gone(self, store: ImageStore) -> None:
        for number in range(4):
            await add(store, f"{number}", Picture(b"%d" % number))
        assert len(await store.discard("default", {f"{number}": number + 1 for number in range(3)})) == 3
        gone = [change.image_id for change in await store.changes(4, 10) if change.entry is None]
        assert sorted(gone) == ["0", "1", "2"]

    async def test_of_nothing_takes_no_revision(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        assert await store.discard("default", {}) == []
        assert await store.discard("nowhere", {"a": 1}) == []
        assert await store.revision() == 1


def decision(*ids: str, keep: str | None = None) -> StoredDecision:
    return stored(Decision(ids=ids, verdict="distinct" if keep is None else "keep", keep=keep))


class TestDecisions:
    @pytest.fixture(autouse=True)
    async def collections(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await add(store, "a", CAT, "other")

    async def test_are_remembered_and_replaced_by_others_about_the_same_images(
        self, new_store: NewStore, store: ImageStore
    ) -> None:
        first, second = decision("a", "b"), decision("b", "c", keep="b")
        for one in (first, second):
            await store.decisions.put("default", one)
        changed = decision("b", "a", keep="a")
        assert changed.id == first.id
        await store.decisions.put("default", changed)
        await store.close()
        again = new_store(LIMITS)
        await again.open()
        try:
            found = await again.decisions.page("default", "", 10)
        finally:
            await again.close()
        assert found == sorted([changed, second], key=lambda one: one.id)

    async def test_are_read_in_parts_and_by_the_images_that_they_name(self, store: ImageStore) -> None:
        every = sorted((decision("a", f"b{number}") for number in range(5)), key=lambda one: one.id)
        for one in every:
            await store.decisions.put("default", one)
        assert await store.decisions.page("default", "", 2) == every[:2]
        assert await store.decisions.page("default", every[1].id, 10) == every[2:]
        assert await store.decisions.about("default", ["a"]) == every
        assert await store.decisions.about("default", ["b1", "b3", "c"]) == [
            one for one in every if "b1" in one.ids or "b3" in one.ids
        ]
        assert await store.decisions.about("default", []) == []

    async def test_can_be_forgotten(self, store: ImageStore) -> None:
        one = decision("a", "b")
        await store.decisions.put("default", one)
        assert await store.decisions.remove("default", one.id)
        assert not await store.decisions.remove("default", one.id)
        assert await store.decisions.about("default", ["a", "b"]) == []
        assert await store.decisions.page("default", "", 10) == []

    async def test_of_one_collection_say_nothing_of_another(self, store: ImageStore) -> None:
        one = decision("a", "b")
        await store.decisions.put("default", one)
        assert await store.decisions.page("other", "", 10) == []
        assert await store.decisions.about("other", ["a"]) == []
        assert not await store.decisions.remove("other", one.id)

    async def test_of_many_at_once_about_the_same_images_one_stays(self, store: ImageStore) -> None:
        several = [decision("a", "b", keep=keep) for keep in ("a", "b", None) * 5]
        await asyncio.gather(*(store.decisions.put("default", one) for one in several))
        [left] = await store.decisions.page("default", "", 10)
        assert left in several

    async def test_go_with_their_collection(self, store: ImageStore) -> None:
        await store.decisions.put("default", decision("a", "b"))
        await store.drop("default")
        assert await store.decisions.page("default", "", 10) == []
        await add(store, "a", CAT)
        assert await store.decisions.about("default", ["a"]) == []
        while await store.purge():
            pass
        assert await store.decisions.page("default", "", 10) == []

    async def test_into_no_collection_are_refused(self, store: ImageStore) -> None:
        with pytest.raises(NotFound):
            await store.decisions.put("nowhere", decision("a", "b"))

    async def test_take_no_revision(self, store: ImageStore) -> None:
        before = await store.revision()
        await store.decisions.put("default", decision("a", "b"))
        assert await store.revision() == before


class TestBytes:
    """They stay while a record has them or an upload of them is open, and go at once afterwards."""

    async def test_go_with_the_last_image_that_has_them(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await add(store, "b", CAT)
        await store.delete("default", "a")
        content = await store.content("default", "b")
        assert content is not None
        assert content.data == CAT.data
        await store.delete("default", "b")
        assert not await holds_bytes(store, CAT)

    async def test_go_when_their_image_is_replaced_by_another(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await add(store, "a", DOG)
        assert not await holds_bytes(store, CAT)

    async def test_stay_when_their_image_is_replaced_by_itself(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await add(store, "a", CAT)
        content = await store.content("default", "a")
        assert content is not None
        assert content.data == CAT.data

    async def test_that_an_upload_relies_on_survive_the_delete_of_an_image_that_has_them(
        self, store: ImageStore
    ) -> None:
        await add(store, "a", CAT)
        await store.put_blob(CAT.sha256, CAT.data)
        await store.delete("default", "a")
        assert (await store.commit("default", "b", CAT.commit())).created

    async def test_that_an_upload_relies_on_survive_the_replacement_of_an_image_that_has_them(
        self, store: ImageStore
    ) -> None:
        await add(store, "a", CAT)
        await store.put_blob(CAT.sha256, CAT.data)
        await add(store, "a", DOG)
        assert (await store.commit("default", "b", CAT.commit())).created

    async def test_released_by_their_only_upload_are_gone(self, store: ImageStore) -> None:
        await store.put_blob(CAT.sha256, CAT.data)
        await store.release_blob(CAT.sha256)
        assert not await holds_bytes(store, CAT)

    async def test_released_by_one_of_two_uploads_are_there_for_the_other(self, store: ImageStore) -> None:
        await store.put_blob(CAT.sha256, CAT.data)
        await store.put_blob(CAT.sha256, CAT.data)
        await store.release_blob(CAT.sha256)
        assert (await store.commit("default", "a", CAT.commit())).created

    async def test_that_an_image_has_survive_any_number_of_releases(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        for _ in range(3):
            await store.release_blob(CAT.sha256)
        assert await store.content("default", "a") is not None

    async def test_released_once_too_often_can_be_sent_again(self, store: ImageStore) -> None:
        await store.put_blob(CAT.sha256, CAT.data)
        await store.release_blob(CAT.sha256)
        with pytest.raises(Conflict):
            await store.commit("default", "a", CAT.commit())
        await add(store, "a", CAT)
        assert await store.content("default", "a") is not None

    async def test_never_stored_can_be_released(self, store: ImageStore) -> None:
        await store.release_blob(CAT.sha256)

    async def test_of_abandoned_uploads_are_swept(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.put_blob(CAT.sha256, CAT.data)
        await store.put_blob(DOG.sha256, DOG.data)
        await store.put_blob(DOG.sha256, DOG.data)
        assert await store.sweep(after_all_uploads()) == 1
        assert not await holds_bytes(store, DOG)
        assert await store.content("default", "a") is not None

    async def test_of_an_abandoned_upload_go_with_their_image_after_the_sweep(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.put_blob(CAT.sha256, CAT.data)
        await store.sweep(after_all_uploads())
        await store.delete("default", "a")
        assert not await holds_bytes(store, CAT)

    async def test_that_were_put_within_the_grace_are_not_swept(self, store: ImageStore) -> None:
        await store.put_blob(CAT.sha256, CAT.data)
        between = datetime.now(UTC)
        await store.put_blob(CAT.sha256, CAT.data)
        assert await store.sweep(between) == 0
        assert (await store.commit("default", "a", CAT.commit())).created

    async def test_sweeping_takes_any_number_of_files(self, store: ImageStore) -> None:
        pictures = [Picture(b"%d" % number) for number in range(250)]
        await asyncio.gather(*(store.put_blob(picture.sha256, picture.data) for picture in pictures))
        assert await store.sweep(after_all_uploads()) == 250
        assert await store.sweep(after_all_uploads()) == 0

    @pytest.mark.parametrize("megabytes", [40, 70])
    async def test_may_be_long(self, store: ImageStore, megabytes: int) -> None:
        long = Picture(b"\xff\x00" * (megabytes * 2**19))
        await add(store, "a", long)
        content = await store.content("default", "a")
        assert content is not None
        assert content.data == long.data


class TestReading:
    async def test_pages_follow_the_order_of_ids(self, store: ImageStore) -> None:
        for image_id in ("b", "a", "C", "10", "9"):
            await add(store, image_id, CAT)
        await store.delete("default", "a")
        assert [record.id for record in await store.page("default", "", 3)] == ["10", "9", "C"]
        assert [record.id for record in await store.page("default", "9", 3)] == ["C", "b"]
        assert await store.page("elsewhere", "", 3) == []

    async def test_entries_follow_the_order_of_ids_and_say_what_filters_ask_for(self, store: ImageStore) -> None:
        for image_id in ("b", "a", "C", "10"):
            await add(store, image_id, DOG)
        await store.put_blob(CAT.sha256, CAT.data)
        await store.commit("default", "C", CAT.commit("cat", FACTS))
        await store.delete("default", "a")
        [(first, dog), (second, cat)] = await store.entries(await key(store, "default"), "", 2)
        assert (first, second) == ("10", "C")
        assert (dog.vector.tolist(), dog.label, dog.metadata) == (DOG.vector.tolist(), None, {})
        assert (cat.vector.tolist(), cat.label, cat.metadata) == (CAT.vector.tolist(), "cat", FACTS)
        assert cat.vector.dtype == np.float32
        assert kinds(cat.metadata) == kinds(FACTS)
        assert [image_id for image_id, _ in await store.entries(await key(store, "default"), "C", 2)] == ["b"]
        assert await store.entries(await key(store, "default"), "b", 2) == []
        assert await store.entries(await key(store, "elsewhere"), "", 2) == []

    async def test_a_sample_is_drawn_from_all_images_that_are_there(self, store: ImageStore) -> None:
        for number in range(5):
            await add(store, f"{number}", Picture(b"%d" % number))
        await store.delete("default", "0")
        await add(store, "other", CAT, "other")
        there = {tuple(Picture(b"%d" % number).vector.tolist()) for number in range(1, 5)}
        assert {tuple(vector.tolist()) for vector in await store.sample(await key(store, "default"), 100)} == there
        assert len(await store.sample(await key(store, "default"), 4)) == 4
        drawn = [
            [tuple(vector.tolist()) for vector in await store.sample(await key(store, "default"), 2)] for _ in range(60)
        ]
        assert all(len(set(pair)) == 2 for pair in drawn)
        assert {vector for pair in drawn for vector in pair} == there
        assert await store.sample(await key(store, "elsewhere"), 5) == []

    async def test_a_sample_may_be_large(self, new_store: NewStore) -> None:
        store = new_store(StoreLimits())
        await store.open()
        try:
            pictures = [Picture(b"%d" % number) for number in range(300)]
            await asyncio.gather(*(add(store, picture.data.decode(), picture) for picture in pictures))
            drawn = {tuple(vector.tolist()) for vector in await store.sample(await key(store, "default"), 290)}
        finally:
            await store.close()
        assert len(drawn) == 290
        assert drawn < {tuple(picture.vector.tolist()) for picture in pictures}

    async def test_many_records_at_once(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await add(store, "b", DOG)
        found = await store.records("default", ["b", "gone", "a"])
        assert {image_id: record.sha256 for image_id, record in found.items()} == {"a": CAT.sha256, "b": DOG.sha256}

    async def test_collections_do_not_see_each_other(self, store: ImageStore) -> None:
        await add(store, "a", CAT, "one")
        await add(store, "a", DOG, "two")
        record = await store.record("one", "a")
        assert record is not None
        assert record.sha256 == CAT.sha256
        assert await store.known("one", [CAT.sha256, DOG.sha256, OWL.sha256]) == {CAT.sha256}
        await store.delete("one", "a")
        assert await store.record("two", "a") is not None


class TestChanges:
    async def test_come_in_the_order_of_the_writes_over_all_collections(self, store: ImageStore) -> None:
        await add(store, "a", CAT, "one")
        await add(store, "a", DOG, "two")
        await add(store, "b", OWL, "one")
        await store.delete("one", "a")

        changes = await store.changes(0, 10)
        assert [change.revision for change in changes] == [2, 3, 4]
        assert list(map(in_short, changes)) == [("two", "a", True), ("one", "b", True), ("one", "a", False)]
        assert all(change.space == space() for change in changes)
        assert changes[0].entry is not None
        assert changes[0].entry.vector.tolist() == DOG.vector.tolist()
        assert await store.revision() == 4

    async def test_carry_label_and_metadata(self, store: ImageStore) -> None:
        await store.put_blob(CAT.sha256, CAT.data)
        await store.commit("default", "a", CAT.commit("cat", FACTS))
        await add(store, "b", DOG)
        cat, dog = [change.entry for change in await store.changes(0, 10)]
        assert cat is not None
        assert dog is not None
        assert (cat.label, cat.metadata) == ("cat", FACTS)
        assert kinds(cat.metadata) == kinds(FACTS)
        assert (dog.label, dog.metadata) == (None, {})

    async def test_are_read_in_parts(self, store: ImageStore) -> None:
        for image_id in "abcde":
            await add(store, image_id, CAT)
        assert [change.image_id for change in await store.changes(0, 2)] == ["a", "b"]
        assert [change.image_id for change in await store.changes(2, 2)] == ["c", "d"]
        assert [change.image_id for change in await store.changes(4, 2)] == ["e"]
        assert await store.changes(5, 2) == []

    async def test_read_while_writes_go_on_lead_to_the_same_state(self, store: ImageStore) -> None:
        async def write(image_id: str) -> None:
            for _ in range(10):
                await add(store, image_id, CAT)
                await store.delete("default", image_id)
            await add(store, image_id, DOG)

        async def follow() -> dict[str, bool]:
            there: dict[str, bool] = {}
            revision = 0
            while revision < 4 * 21:
                for change in await store.changes(revision, 3):
                    assert change.revision > revision
                    revision = change.revision
                    there[change.image_id] = change.entry is not None
            return there

        there, *_ = await asyncio.gather(follow(), *(write(image_id) for image_id in "abcd"))
        assert there == dict.fromkeys("abcd", True)


class TestLastChanges:
    async def test_are_the_latest_writes_of_the_ids_that_were_asked_for(self, store: ImageStore) -> None:
        for image_id, picture in (("a", CAT), ("b", CAT), ("c", CAT), ("b", DOG)):
            await add(store, image_id, picture)
        await store.delete("default", "c")
        await add(store, "a", OWL, "other")
        last = await store.last_changes("default", ["a", "b", "c", "never"])
        assert {key: (change.revision, in_short(change)) for key, change in last.items()} == {
            "a": (1, ("default", "a", True)),
            "b": (4, ("default", "b", True)),
            "c": (5, ("default", "c", False)),
        }
        entry = last["b"].entry
        assert entry is not None
        assert entry.vector.tolist() == DOG.vector.tolist()
        assert last["b"].space == space()
        assert await store.last_changes("default", []) == {}
        assert await store.last_changes("nowhere", ["a"]) == {}

    async def test_do_not_have_removals_that_are_forgotten(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.delete("default", "a")
        await store.forget_tombstones(after_all_uploads())
        assert await store.last_changes("default", ["a"]) == {}


class TestForgettingTombstones:
    async def test_drops_those_of_long_ago_and_says_up_to_which_revision(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await add(store, "b", DOG)
        assert await store.delete("default", "a") == 3
        assert await store.forget_tombstones(datetime.now(UTC) - timedelta(hours=1)) == 0
        assert await store.forgotten() == 0

        assert await store.forget_tombstones(after_all_uploads()) == 1
        assert (await store.forgotten(), await store.revision()) == (3, 3)
        assert list(map(in_short, await store.changes(0, 10))) == [("default", "b", True)]

    async def test_leaves_images_that_came_back(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.delete("default", "a")
        await add(store, "a", DOG)
        assert await store.forget_tombstones(after_all_uploads()) == 0
        assert await store.record("default", "a") is not None

    async def test_is_remembered_when_there_is_nothing_more_to_forget(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await store.delete("default", "a")
        await store.forget_tombstones(after_all_uploads())
        assert await store.forget_tombstones(after_all_uploads()) == 0
        assert await store.forgotten() == 2


class TestCollections:
    async def test_are_made_empty_with_what_is_said_of_them(self, store: ImageStore) -> None:
        facts = CollectionFacts(recipe="pooled", projection="centre", description="é $x {y}")
        before = datetime.now(UTC)
        assert await store.create("garden", facts) == 1
        [garden] = (await store.collections()).values()
        assert (garden.name, garden.images, garden.space, garden.aliases) == ("garden", 0, None, ())
        assert (garden.recipe, garden.projection, garden.description) == ("pooled", "centre", "é $x {y}")
        assert garden.created_at is not None
        assert before - timedelta(milliseconds=1) <= garden.created_at <= datetime.now(UTC)
        assert await store.revision() == 1

    async def test_made_again_with_the_same_facts_or_fewer_change_nothing(self, store: ImageStore) -> None:
        facts = CollectionFacts(recipe="pooled", description="what grows")
        assert await store.create("garden", facts) == 1
        assert await store.create("garden", facts) is None
        assert await store.create("garden", CollectionFacts()) is None
        for other in (CollectionFacts(recipe="classic"), CollectionFacts(projection="pca")):
            with pytest.raises(Conflict):
                await store.create("garden", other)
        assert await store.revision() == 1

    async def test_get_space_and_recipe_with_their_first_image(self, store: ImageStore) -> None:
        await store.create("garden", CollectionFacts())
        await store.put_blob(CAT.sha256, CAT.data)
        await store.commit("garden", "a", CAT.commit().model_copy(update={"recipe": "pooled"}))
        [garden] = (await store.collections()).values()
        assert (garden.images, garden.space, garden.recipe) == (1, space(), "pooled")

    async def test_of_one_recipe_take_no_vector_of_another(self, store: ImageStore) -> None:
        await store.create("garden", CollectionFacts(recipe="pooled"))
        await store.put_blob(CAT.sha256, CAT.data)
        with pytest.raises(EmbeddingSpaceMismatch, match="made for the recipe pooled"):
            await store.commit("garden", "a", CAT.commit().model_copy(update={"recipe": "classic"}))
        assert await held(store) == {"garden": 0}
        await store.commit("garden", "a", CAT.commit().model_copy(update={"recipe": "pooled"}))

    async def test_beyond_the_limit_are_refused_and_room_comes_back(self, store: ImageStore) -> None:
        for name in ("one", "two"):
            await store.create(name, CollectionFacts())
        with pytest.raises(LimitReached):
            await store.create("three", CollectionFacts())
        await store.drop("one")
        assert await store.create("three", CollectionFacts()) == 4

    async def test_can_be_described_anew(self, store: ImageStore) -> None:
        await store.create("garden", CollectionFacts(description="old"))
        assert await store.describe("garden", "$new.text") == 2
        assert [held.description for held in (await store.collections()).values()] == ["$new.text"]
        assert await store.describe("nowhere", "new") is None

    async def test_that_are_dropped_are_gone_at_once_with_all_that_they_had(self, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await add(store, "b", DOG, "garden")
        assert await store.drop("garden") == 3
        assert await store.drop("garden") is None
        assert await held(store) == {"default": 1}
        assert await store.record("garden", "b") is None
        assert await store.content("garden", "b") is None
        assert await store.page("garden", "", 10) == []
        assert await store.known("garden", [DOG.sha256]) == set()
        assert await store.last_changes("garden", ["b"]) == {}
        assert await store.delete("garden", "b") is None
        assert await store.revision() == 3

    async def test_that_come_back_have_nothing_of_those_before_them(self, store: ImageStore) -> None:
        await add(store, "a", CAT, "garden")
        former = await key(store, "garden")
        await store.drop("garden")
        other = space(4)
        await store.put_blob(DOG.sha256, DOG.data)
        commit = DOG.commit().model_copy(update={"space": other, "vector": DOG.vector[:4].tobytes()})
        assert (await store.commit("garden", "b", commit)).created
        assert await key(store, "garden") != former
        assert [record.id for record in await store.page("garden", "", 10)] == ["b"]
        [garden] = (await store.collections()).values()
        assert (garden.images, garden.space) == (1, other)
        while await store.purge():
            pass
        assert [record.id for record in await store.page("garden", "", 10)] == ["b"]
        content = await store.content("garden", "b")
        assert content is not None
        assert content.data == DOG.data

    async def test_that_are_purged_leave_no_bytes_that_nobody_else_has(self, store: ImageStore) -> None:
        for image_id, picture in (("a", CAT), ("b", DOG)):
            await add(store, image_id, picture, "garden")
        await store.delete("garden", "b")
        await add(store, "b", DOG, "other")
        await store.drop("garden")
        while await store.purge():
            pass
        assert not await store.purge()
        assert not await holds_bytes(store, CAT)
        content = await store.content("other", "b")
        assert content is not None
        assert content.data == DOG.data

    async def test_are_purged_in_slices_and_gone_on_with_after_a_restart(
        self, new_store: NewStore, store: ImageStore
    ) -> None:
        roomy = StoreLimits()
        await store.close()
        store = new_store(roomy)
        await store.open()
        pictures = [Picture(b"%d" % number) for number in range(50)]
        for number, picture in enumerate(pictures):
            await add(store, f"{number:02}", picture, "garden")
        await store.drop("garden")
        assert await store.purge()
        await store.close()

        again = new_store(roomy)
        await again.open()
        try:
            slices = 0
            while await again.purge():
                slices += 1
            assert 1 < slices < 50
            assert not any([await holds_bytes(again, picture) for picture in pictures])
        finally:
            await again.close()

    async def test_give_their_room_for_images_back_when_they_are_dropped(self, store: ImageStore) -> None:
        for number in range(5):
            await add(store, f"{number}", Picture(b"%d" % number), "garden")
        with pytest.raises(LimitReached):
            await add(store, "a", CAT)
        await store.drop("garden")
        await add(store, "a", CAT)
        assert await held(store) == {"default": 1}

    async def test_in_the_changes_are_told_apart_from_those_before_them(self, store: ImageStore) -> None:
        await add(store, "a", CAT, "garden")
        await store.drop("garden")
        await add(store, "a", DOG, "garden")
        now = await key(store, "garden")
        shown = [change for change in await store.changes(0, 10) if change.collection == now]
        assert [(change.revision, change.image_id) for change in shown] == [(3, "a")]

    async def test_dropped_while_images_come_end_whole_or_without_them(self, store: ImageStore) -> None:
        async def write(number: int) -> None:
            for turn in range(6):
                with suppress(LimitReached):  # images of the removed collection count until they are gone
                    await add(store, f"{number}", Picture(b"%d %d" % (number, turn)), "garden")

        async def drop() -> None:
            for _ in range(4):
                await asyncio.sleep(0.01)
                await store.drop("garden")
                await store.purge()

        await asyncio.gather(*map(write, range(4)), drop())
        while await store.purge():
            pass
        records = await store.page("garden", "", 10)
        assert await held(store) in ({}, {"garden": len(records)})
        for record in records:
            content = await store.content("garden", record.id)
            assert content is not None
            assert Picture(content.data).sha256 == record.sha256
        await store.drop("garden")
        while await store.purge():
            pass
        assert await store.changes(0, 100) == []


class TestAliases:
    async def test_stand_for_a_collection_until_they_are_switched_or_removed(self, store: ImageStore) -> None:
        for name in ("one", "two"):
            await store.create(name, CollectionFacts())
        assert await store.alias("live", "one") == 3
        assert await self.of(store) == {"one": ("live",), "two": ()}
        assert await store.alias("live", "two") == 4
        assert await store.alias("also", "two") == 5
        assert await self.of(store) == {"one": (), "two": ("also", "live")}
        assert await store.unalias("live") == 6
        assert await store.unalias("live") is None
        assert await self.of(store) == {"one": (), "two": ("also",)}

    async def test_share_their_names_with_collections(self, store: ImageStore) -> None:
        await store.create("one", CollectionFacts())
        await store.alias("live", "one")
        with pytest.raises(Conflict):
            await store.create("live", CollectionFacts())
        with pytest.raises(Conflict):
            await add(store, "a", CAT, "live")
        with pytest.raises(Conflict):
            await store.alias("one", "one")
        assert await store.alias("other", "nowhere") is None
        assert await self.of(store) == {"one": ("live",)}

    async def test_go_with_their_collection(self, store: ImageStore) -> None:
        await store.create("one", CollectionFacts())
        await store.create("two", CollectionFacts())
        await store.alias("first", "one")
        await store.alias("second", "two")
        await store.drop("one")
        assert await self.of(store) == {"two": ("second",)}
        assert await store.create("first", CollectionFacts()) is not None

    async def test_beyond_the_limit_are_refused_but_switched_ones_are_not(self, store: ImageStore) -> None:
        for name in ("one", "two"):
            await store.create(name, CollectionFacts())
            await store.alias(f"{name}-alias", name)
        with pytest.raises(LimitReached):
            await store.alias("third", "one")
        assert await store.alias("one-alias", "two") is not None

    async def test_made_and_switched_by_many_at_once_stand_for_one_collection(self, store: ImageStore) -> None:
        for name in ("one", "two"):
            await store.create(name, CollectionFacts())
        revisions = await asyncio.gather(*(store.alias("live", ("one", "two")[number % 2]) for number in range(10)))
        assert max(revision or 0 for revision in revisions) == await store.revision()
        aliases = await self.of(store)
        assert sorted(aliases["one"] + aliases["two"]) == ["live"]

    async def of(self, store: ImageStore) -> dict[str, tuple[str, ...]]:
        return {held.name: held.aliases for held in (await store.collections()).values()}


class TestReopening:
    async def test_nothing_is_lost(self, new_store: NewStore, store: ImageStore) -> None:
        await add(store, "a", CAT)
        await add(store, "b", DOG, "other")
        await store.delete("default", "a")
        await store.put_blob(OWL.sha256, OWL.data)
        before = (await store.record("other", "b"), await store.collections(), await store.revision())
        feed = list(map(in_short, await store.changes(0, 10)))
        await store.close()

        again = new_store(LIMITS)
        await again.open()
        try:
            assert (await again.record("other", "b"), await again.collections(), await again.revision()) == before
            assert list(map(in_short, await again.changes(0, 10))) == feed
            content = await again.content("other", "b")
            assert content is not None
            assert content.data == DOG.data
            assert (await again.commit("other", "c", OWL.commit())).record.revision == 4
        finally:
            await again.close()

    async def test_closing_a_store_that_is_not_open_is_no_mistake(self, new_store: NewStore) -> None:
        store = new_store(LIMITS)
        await store.close()
        await store.open()
        await store.close()
        await store.close()


async def test_a_cancelled_write_leaves_the_store_usable_and_whole(store: ImageStore) -> None:
    for number in range(30):
        writing = asyncio.create_task(add(store, "a", Picture(b"%d" % number)))
        for _ in range(number):
            await asyncio.sleep(0.0003)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    await add(store, "b", CAT)
    await store.close()
    await store.open()
    for image_id in ("a", "b"):
        record, content = await store.record("default", image_id), await store.content("default", image_id)
        assert (record is None) == (content is None)
        assert record is None or content is None or Picture(content.data).sha256 == record.sha256
    await store.sweep(after_all_uploads())
    assert await store.content("default", "b") is not None
