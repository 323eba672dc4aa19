"""What is the MongoDB store's own, beside the contract: the orders in which several writers may meet."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta

import pytest
from bson import Int64
from pymongo.errors import (
    AutoReconnect,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteError,
)

from services.search.ports import StoreLimits, StoreUnusable
from services.search.stores import store_for
from services.search.stores.mongo import documents
from services.search.stores.mongo.database import Document, database_name
from services.search.stores.mongo.errors import in_our_words
from services.search.stores.mongo.images import Former
from services.search.stores.mongo.ledger import Intent
from services.search.stores.mongo.options import MongoOptions
from services.search.stores.mongo.store import MongoStore
from shared.contracts.collections import CollectionFacts
from shared.contracts.search import Amendment
from shared.errors import Conflict, LimitReached, LookalikeError, TryAgain, UpstreamTimeout, UpstreamUnavailable
from tests.support.mongodb.inspection import Documents, assert_no_orphans, inspect
from tests.support.vectors import Picture, space

CAT, DOG, OWL = Picture(b"cat"), Picture(b"dog"), Picture(b"owl")

Open = Callable[..., Awaitable[MongoStore]]


@pytest.fixture
async def open_store(mongodb_url: str) -> AsyncIterator[Open]:
    """Opens stores that share one database, as several services do."""
    async with AsyncExitStack() as opened:

        async def open_store(lease: float = 60, limits: StoreLimits | None = None) -> MongoStore:
            store = MongoStore(mongodb_url, limits or StoreLimits(), MongoOptions(timeout=60, lease=lease))
            await store.open()
            opened.push_async_callback(store.close)
            return store

        yield open_store


async def add(store: MongoStore, image_id: str, picture: Picture) -> int:
    await store.put_blob(picture.sha256, picture.data)
    return (await store.commit("default", image_id, picture.commit())).record.revision


async def begun(store: MongoStore, image_id: str, picture: Picture) -> tuple[Intent, Document]:
    """A write that has drawn its number, and stops there."""
    await store.put_blob(picture.sha256, picture.data)
    await store._blobs.put(Picture(picture.thumbnail).sha256, picture.thumbnail)
    collection = await store._directory.enter("default", space(), None)
    image = documents.image(
        collection, image_id, picture.commit(), size=len(picture.data), thumbnail=Picture(picture.thumbnail).sha256
    )
    intent = await store._ledger.begin(image["_id"], (image["sha256"], image["thumbnail"]), adds=True)
    return intent, {**image, "seq": Int64(intent.seq)}


async def key_of(store: MongoStore, image_id: str) -> str:
    collection = await store._directory.key("default")
    assert collection is not None
    return documents.key(collection, image_id)


async def scribble(store: MongoStore, pictures: list[Picture], chance: random.Random) -> None:
    """Write, replace and delete a few images."""
    for _ in range(15):
        image_id, picture = chance.choice("abc"), chance.choice(pictures)
        with suppress(Conflict, TryAgain):
            what = chance.random()
            if what < 0.2:
                await store.delete("default", image_id)
            elif what < 0.6:
                await add(store, image_id, picture)
            elif (record := await store.record("default", image_id)) is not None:
                if what < 0.7:
                    await store.discard("default", {image_id: record.revision})
                else:
                    amendment = Amendment(revision=record.revision, label=f"{what}", metadata={})
                    await store.amend("default", image_id, amendment)


async def follow(store: MongoStore, finished: asyncio.Event) -> dict[str, bytes]:
    """Give the vectors by image that one has who never looks back, when nothing is written any more."""
    there: dict[str, bytes] = {}
    revision = 0
    while True:
        last_round, horizon = finished.is_set(), await store.revision()
        while changes := await store.changes(revision, 2):
            for change in changes:
                assert change.revision > revision
                revision = change.revision
                there.pop(change.image_id, None)
                if change.entry is not None:
                    there[change.image_id] = change.entry.vector.tobytes()
        revision = max(revision, horizon)
        if last_round:
            return there


def to_first_version(database: Documents) -> None:
    """Make a database as the first version would have left it: keys are names, and each collection has a document."""
    directory = database.collections.find_one_and_delete({}) or {}
    for name, entry in directory["collections"].items():
        database.collections.insert_one({"_id": name, **entry["space"]})
        for image in list(database.images.find({"collection": entry["key"]})):
            database.images.delete_one({"_id": image["_id"]})
            database.images.insert_one({**image, "_id": f"{name}/{image['id']}", "collection": name})
        counts = {name: (database.ledger.find_one() or {})["images"][entry["key"]]}
        database.ledger.update_one({}, {"$set": {"version": 1, "images": counts}, "$unset": {"directory": ""}})


async def sweep(store: MongoStore) -> None:
    await store.sweep(datetime.now(UTC) + timedelta(seconds=1))


async def images_of(store: MongoStore) -> int:
    return sum(collection.images for collection in (await store.collections()).values())


class TestUrl:
    def test_names_a_database_or_means_the_default_one(self) -> None:
        assert database_name("mongodb://user:secret@one,two:27018/pictures?replicaSet=rs") == "pictures"
        assert database_name("mongodb://127.0.0.1") == "lookalike"

    @pytest.mark.parametrize("url", ["mongodb://", "mongodb://u:secret@", "mongodb://u:secret@h/a?colour=red"])
    def test_that_is_none_of_mongodb_is_refused_without_showing_it(self, url: str) -> None:
        with pytest.raises(ValueError, match=r"^the URL of a MongoDB store is") as refused:
            store_for(url, StoreLimits())
        assert "secret" not in str(refused.value)


class TestOpening:
    async def test_makes_a_database_that_refuses_half_a_record(self, open_store: Open, mongodb_url: str) -> None:
        store = await open_store()
        await add(store, "a", CAT)
        with inspect(mongodb_url) as database:
            for change in ({"$unset": {"vector": ""}}, {"$set": {"deleted": True}}, {"$set": {"sha256": "short"}}):
                with pytest.raises(WriteError, match="validation"):
                    database.images.update_one({}, change)

    async def test_by_many_at_once_of_an_empty_database_works(self, open_store: Open) -> None:
        stores = await asyncio.gather(*(open_store() for _ in range(5)))
        await asyncio.gather(*(add(store, f"{number}", CAT) for number, store in enumerate(stores)))
        assert await images_of(stores[0]) == 5

    async def test_a_database_of_a_newer_version_is_refused(self, open_store: Open, mongodb_url: str) -> None:
        await open_store()
        with inspect(mongodb_url) as database:
            database.ledger.update_one({}, {"$set": {"version": 99}})
        with pytest.raises(StoreUnusable, match="newer version"):
            await open_store()

    async def test_a_database_of_another_program_is_refused(self, open_store: Open, mongodb_url: str) -> None:
        with inspect(mongodb_url) as database:
            database.theirs.insert_one({})
        with pytest.raises(StoreUnusable, match="another program"):
            await open_store()

    async def test_a_wrong_password_is_told_to_the_operator(self, mongodb_url: str) -> None:
        url = mongodb_url.replace("mongodb://", "mongodb://somebody:wrong@")
        with pytest.raises(StoreUnusable, match="refuses the user or the password"):
            await MongoStore(url, StoreLimits(), MongoOptions()).open()

    async def test_a_server_that_is_not_there_is_waited_for(self) -> None:
        store = MongoStore("mongodb://127.0.0.1:1", StoreLimits(), MongoOptions(selection_timeout=0.2))
        with pytest.raises(UpstreamUnavailable):
            await store.open()


async def test_vectors_are_bson_vectors_and_files_are_in_gridfs_by_their_digest(
    open_store: Open, mongodb_url: str
) -> None:
    await add(await open_store(), "a", CAT)
    with inspect(mongodb_url) as database:
        image = database.images.find_one({}) or {}
        vector = image["vector"].as_vector()
        assert (vector.dtype.name, list(vector.data)) == ("FLOAT32", CAT.vector.tolist())
        names = {file["filename"] for file in database["bytes.files"].find()}
        assert names == {CAT.sha256, Picture(CAT.thumbnail).sha256}


class TestSequence:
    async def test_a_follower_never_passes_a_number_whose_write_is_still_under_way(self, open_store: Open) -> None:
        slow, fast = await open_store(), await open_store()
        intent, image = await begun(slow, "slow", CAT)
        fast_write = asyncio.create_task(add(fast, "fast", DOG))
        while await fast.record("default", "fast") is None:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.01)

        assert await fast.changes(0, 10) == []
        assert await fast.revision() == 0
        assert not fast_write.done(), "what others may not see yet is not acknowledged"

        assert isinstance(await slow._images.write(image), Former)
        await slow._ledger.end(intent, image["collection"], 1)
        assert await fast_write == 2
        assert [change.image_id for change in await fast.changes(0, 10)] == ["slow", "fast"]

    async def test_a_write_that_was_given_up_never_becomes_visible_however_late_it_comes(
        self, open_store: Open, mongodb_url: str
    ) -> None:
        dead, alive = await open_store(), await open_store(lease=0.1)
        _, image = await begun(dead, "a", CAT)
        assert await add(alive, "b", DOG) == 2
        assert [change.revision for change in await alive.changes(0, 10)] == [2]

        assert await dead._images.write(image) == "fenced"
        assert [change.revision for change in await alive.changes(0, 10)] == [2]
        assert await alive.record("default", "a") is None
        await sweep(alive)
        assert await images_of(alive) == 1
        with inspect(mongodb_url) as database:
            assert_no_orphans(database)

    async def test_a_replacement_that_was_given_up_leaves_the_image_as_it_was(self, open_store: Open) -> None:
        dead, alive = await open_store(), await open_store(lease=0.1)
        await add(alive, "a", DOG)
        _, image = await begun(dead, "a", CAT)
        await add(alive, "b", DOG)
        assert await dead._images.write(image) == "fenced"
        record = await alive.record("default", "a")
        assert record is not None
        assert (record.revision, record.sha256) == (1, DOG.sha256)
        assert await add(alive, "a", OWL) == 4

    async def test_a_writer_that_dies_after_its_record_is_written_has_written_it(
        self, open_store: Open, mongodb_url: str
    ) -> None:
        dead, alive = await open_store(), await open_store(lease=0.1)
        await add(alive, "a", DOG)
        _, image = await begun(dead, "a", CAT)
        await dead._images.write(image)
        await add(alive, "b", OWL)
        changes = await alive.changes(0, 10)
        assert [(change.revision, change.image_id) for change in changes] == [(2, "a"), (3, "b")]
        await sweep(alive)
        assert await images_of(alive) == 2
        content = await alive.content("default", "a")
        assert content is not None
        assert content.data == CAT.data
        with inspect(mongodb_url) as database:
            assert_no_orphans(database)

    async def test_a_writer_that_is_overtaken_does_not_undo_the_later_write(self, open_store: Open) -> None:
        slow, fast = await open_store(), await open_store()
        intent, image = await begun(slow, "a", CAT)
        later = asyncio.create_task(add(fast, "a", DOG))
        while await fast.record("default", "a") is None:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.01)
        assert await slow._images.write(image) == "overtaken"
        await slow._ledger.end(intent, image["collection"], 0)
        assert await later == 2
        assert [change.revision for change in await fast.changes(0, 10)] == [2]
        assert await images_of(fast) == 1

    @pytest.mark.parametrize("hasty", ["amend", "discard"])
    async def test_a_write_that_knew_nothing_of_a_slower_one_does_not_swallow_it(
        self, open_store: Open, hasty: str
    ) -> None:
        slow, fast = await open_store(), await open_store(lease=60)
        await add(fast, "a", DOG)
        key = await key_of(fast, "a")
        intent, image = await begun(slow, "a", CAT)
        if hasty == "amend":
            later = asyncio.create_task(fast.amend("default", "a", Amendment(revision=1, label="dog", metadata={})))
        else:
            later = asyncio.create_task(fast.discard("default", {"a": 1}))  # type: ignore[arg-type]
        while await fast._images.is_at(key, 1):  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.01)
        assert await slow._images.write(image) == "outrun"
        await slow._ledger.give_up(intent)
        assert await later
        assert await add(slow, "a", CAT) == 4
        record = await fast.record("default", "a")
        assert record is not None
        assert record.sha256 == CAT.sha256

    async def test_a_removal_that_is_outrun_by_an_amendment_comes_again(self, open_store: Open) -> None:
        slow, fast = await open_store(), await open_store()
        await add(fast, "a", DOG)
        key = await key_of(fast, "a")
        intent = await slow._ledger.begin(key)
        later = asyncio.create_task(fast.amend("default", "a", Amendment(revision=1, label="dog", metadata={})))
        while await fast._images.is_at(key, 1):  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.01)
        assert await slow._images.entomb(key.partition("/")[0], "a", intent.seq) == "outrun"
        await slow._ledger.give_up(intent)
        assert await later
        assert await slow.delete("default", "a") == 4
        assert await fast.record("default", "a") is None

    async def test_a_live_writer_that_was_given_up_writes_again_under_another_number(self, open_store: Open) -> None:
        slow, hasty = await open_store(), await open_store()
        for number in range(10):
            image_id, picture = f"{number}", Picture(b"%d" % number)
            await slow.put_blob(picture.sha256, picture.data)
            writing = asyncio.create_task(slow.commit("default", image_id, picture.commit()))
            intents: list[Document] = []
            while not intents and not writing.done():
                _, intents = await hasty._images.changes(1000, 1)
            for intent in intents:
                await hasty._ledger.give_up(Intent(intent["seq"], intent["key"]))
            record = (await writing).record
            assert await slow.record("default", image_id) == record


class TestCollections:
    async def test_of_the_first_version_keep_all_that_they_have(self, open_store: Open, mongodb_url: str) -> None:
        store = await open_store()
        await add(store, "a", CAT)
        await store.delete("default", "a")
        await add(store, "b", DOG)
        record = await store.record("default", "b")
        with inspect(mongodb_url) as database:
            to_first_version(database)
        stores = await asyncio.gather(*(open_store() for _ in range(3)))
        for again in stores:
            assert await again.record("default", "b") == record
            [(key, default)] = (await again.collections()).items()
            assert record is not None
            assert (key, default.images, default.created_at) == ("default", 1, record.created_at)
        await stores[0].put_blob(OWL.sha256, OWL.data)
        assert (await stores[0].commit("default", "c", OWL.commit())).record.revision == 4
        assert await stores[1].drop("default") == 5
        while await stores[2].purge():
            pass
        with inspect(mongodb_url) as database:
            assert_no_orphans(database)
            assert (database.ledger.find_one() or {})["total"] == 0

    async def test_whose_writer_died_before_it_drew_a_number_are_announced_by_the_next_sweep(
        self, open_store: Open
    ) -> None:
        dead, alive = await open_store(), await open_store()
        await dead._directory.create("garden", CollectionFacts())
        assert await alive.revision() == 0
        await sweep(alive)
        await sweep(alive)
        assert await alive.revision() == 1
        assert [held.name for held in (await alive.collections()).values()] == ["garden"]

    async def test_that_are_dropped_under_a_write_are_not_forgotten_before_it_ends(
        self, open_store: Open, mongodb_url: str
    ) -> None:
        slow, other = await open_store(), await open_store()
        intent, image = await begun(slow, "a", CAT)
        dropping = asyncio.create_task(other.drop("default"))
        while await other.collections():  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.01)
        while await other.purge():
            pass
        assert isinstance(await slow._images.write(image), Former)
        await slow._ledger.end(intent, image["collection"], 1)
        assert await dropping == 2
        assert await other.record("default", "a") is None
        for digest in (image["sha256"], image["thumbnail"]):
            await slow._blobs.close_upload(digest)
        while await other.purge():
            pass
        with inspect(mongodb_url) as database:
            assert database.images.count_documents({}) == 0
            assert_no_orphans(database)
            assert (database.ledger.find_one() or {})["total"] == 0

    async def test_that_came_back_are_not_written_to_by_who_knew_the_former_one(self, open_store: Open) -> None:
        slow, other = await open_store(), await open_store()
        await add(slow, "a", CAT)
        former = await slow._directory.enter("default", space(), None)
        await slow.put_blob(OWL.sha256, OWL.data)
        thumbnail = Picture(OWL.thumbnail).sha256
        image = documents.image(former, "c", OWL.commit(), size=len(OWL.data), thumbnail=thumbnail)
        await other.drop("default")
        assert await add(other, "b", DOG) == 3
        intent, outcome = await slow._writer._write("default", image)
        assert outcome == "moved"
        await slow._ledger.end(intent, former, 0)
        assert [record.id for record in await other.page("default", "", 10)] == ["b"]


class TestBytes:
    async def test_that_a_write_under_way_needs_are_not_removed(self, open_store: Open) -> None:
        slow, other = await open_store(), await open_store()
        _, image = await begun(slow, "a", CAT)
        for _ in range(3):
            await other.release_blob(CAT.sha256)
        await sweep(other)
        assert isinstance(await slow._images.write(image), Former)
        content = await other.content("default", "a")
        assert content is not None
        assert content.data == CAT.data

    async def test_that_are_doomed_can_be_sent_again_though_their_remover_died(
        self, open_store: Open, mongodb_url: str
    ) -> None:
        store = await open_store()
        await store.put_blob(CAT.sha256, CAT.data)
        with inspect(mongodb_url) as database:
            database.blobs.update_one({"_id": CAT.sha256}, {"$set": {"doomed": 1, "open": 0}})
        with pytest.raises(Conflict):
            await store.commit("default", "a", CAT.commit())
        await add(store, "a", CAT)
        content = await store.content("default", "a")
        assert content is not None
        assert content.data == CAT.data

    async def test_of_a_writer_that_died_during_the_upload_are_swept(self, open_store: Open, mongodb_url: str) -> None:
        store = await open_store()
        await store.put_blob(CAT.sha256, CAT.data)
        with inspect(mongodb_url) as database:
            file = database.blobs.find_one({}, {"file": 1}) or {}
            database.blobs.update_one({}, {"$set": {"file": None, "loading": [file["file"]]}})
            with pytest.raises(Conflict):
                await store.commit("default", "a", CAT.commit())
            await sweep(store)
            assert_no_orphans(database)
            assert database["bytes.files"].count_documents({}) == 0

    async def test_sent_by_many_at_once_are_stored_once(self, open_store: Open, mongodb_url: str) -> None:
        stores = [await open_store() for _ in range(2)]
        await asyncio.gather(*(store.put_blob(CAT.sha256, CAT.data) for store in stores * 8))
        with inspect(mongodb_url) as database:
            assert database["bytes.files"].count_documents({}) == 1
            assert (database.blobs.find_one() or {})["open"] == 16


async def test_limits_hold_over_all_writers(open_store: Open) -> None:
    stores = [await open_store(limits=StoreLimits(collections=1, images=5)) for _ in range(3)]

    async def try_to_add(number: int) -> bool:
        picture, store = Picture(b"%d" % number), stores[number % 3]
        await store.put_blob(picture.sha256, picture.data)
        try:
            return (await store.commit(f"c{number % 2}", f"{number}", picture.commit())).created
        except LimitReached:
            return False

    added = await asyncio.gather(*map(try_to_add, range(24)))
    [collection] = (await stores[0].collections()).values()
    assert sum(added) == collection.images == 5


@pytest.mark.parametrize("seed", range(3))
async def test_writers_that_meet_and_give_each_other_up_agree_in_the_end(
    open_store: Open, mongodb_url: str, seed: int
) -> None:
    """Three services write, replace and delete a few images with few different files; two more only follow."""
    writers = [await open_store(lease=lease) for lease in (0.02, 0.05, 60)]
    followers = [await open_store(lease=60), await open_store(lease=0.05)]
    pictures = [Picture(b"picture %d" % number) for number in range(4)]
    finished = asyncio.Event()
    following = [asyncio.create_task(follow(store, finished)) for store in followers]
    await asyncio.gather(
        *(scribble(store, pictures, random.Random(seed * 100 + task)) for task, store in enumerate(writers * 3)),
    )
    finished.set()
    states = await asyncio.gather(*following)

    store = writers[0]
    await sweep(store)
    by_digest = {picture.sha256: picture for picture in pictures}
    records = await store.page("default", "", 10)
    expected = {record.id: by_digest[record.sha256].vector.tobytes() for record in records}
    assert states == [expected, expected]
    for record in records:
        content, vector = await store.content("default", record.id), await store.vector("default", record.id)
        assert content is not None
        assert content.data == by_digest[record.sha256].data
        assert vector is not None
        assert vector.tobytes() == expected[record.id]
    assert await images_of(store) == len(records)
    with inspect(mongodb_url) as database:
        assert_no_orphans(database)


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (ServerSelectionTimeoutError("[Errno 111] Connection refused"), UpstreamUnavailable),
        (ServerSelectionTimeoutError("error=NetworkTimeout('timed out')"), UpstreamTimeout),
        (AutoReconnect("connection closed"), UpstreamUnavailable),
        (NotPrimaryError("not primary"), UpstreamUnavailable),
        (NetworkTimeout("timed out"), UpstreamTimeout),
        (OperationFailure("operation exceeded time limit", 50), UpstreamTimeout),
        (OperationFailure("No space left on device", 14031), LimitReached),
        (OperationFailure("WriteConflict", 112), TryAgain),
        (TimeoutError(), UpstreamTimeout),
    ],
)
def test_failures_of_the_server_are_told_in_the_words_of_the_port(
    raised: Exception, told: type[LookalikeError]
) -> None:
    with pytest.raises(told) as error, in_our_words():
        raise raised
    assert type(error.value) is told


def test_a_mistake_of_ours_is_not_taken_for_a_failure_of_the_server() -> None:
    with pytest.raises(PyMongoError, match="unknown operator"), in_our_words():
        raise OperationFailure("unknown operator", 2)
