"""That MongoDB could spread a database over shards; the engine that tests start has none, so its rules are checked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bson import Int64
from pymongo import ASCENDING, monitoring

from services.search.ports import StoreLimits
from services.search.stores.mongo.options import MongoOptions
from services.search.stores.mongo.store import MongoStore
from shared.contracts.search import Amendment
from tests.support.mongodb.inspection import inspect
from tests.support.vectors import Picture

SHARD_KEYS = {"images": ["_id"], "bytes.chunks": ["files_id", "n"]}
"""As docs/operations.md recommends them; all else stays on one shard, and is small or has no unique index at all."""


class Commands(monitoring.CommandListener):
    """Collects the conditions under which images are written."""

    def __init__(self) -> None:
        self.wanted: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        command: dict[str, Any] = dict(event.command)
        if command.get(event.command_name) != "images":
            return
        self.wanted += [write["q"] for write in (*command.get("updates", ()), *command.get("deletes", ()))]
        if event.command_name == "findAndModify":
            self.wanted.append(command["query"])

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[MongoStore]:
    store = MongoStore(url, StoreLimits(), MongoOptions(timeout=60, lease=60))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def add(store: MongoStore, image_id: str, picture: Picture) -> int:
    await store.put_blob(picture.sha256, picture.data)
    return (await store.commit("default", image_id, picture.commit())).record.revision


async def test_every_unique_index_begins_with_the_shard_key(mongodb_url: str) -> None:
    async with opened(mongodb_url):
        pass
    with inspect(mongodb_url) as database:
        for name, shard_key in SHARD_KEYS.items():
            indexes = database[name].index_information()
            assert len(indexes) > 1
            for index in indexes.values():
                if index.get("unique"):
                    assert [field for field, _ in index["key"]][: len(shard_key)] == shard_key


async def test_every_write_of_an_image_names_the_shard_key(mongodb_url: str) -> None:
    commands = Commands()
    monitoring.register(commands)
    async with opened(mongodb_url) as store:
        revision = await add(store, "cat", Picture(b"cat"))
        await store.amend("default", "cat", Amendment(revision=revision, label="a cat", metadata={}))
        await add(store, "cat", Picture(b"another cat"))
        await store.delete("default", "cat")
    assert len(commands.wanted) >= 4
    for wanted in commands.wanted:
        assert isinstance(wanted["_id"], str) or set(wanted["_id"]) == {"$in"}, wanted


async def test_a_database_of_an_earlier_version_loses_the_index_that_forbids_shards_and_nothing_else(
    mongodb_url: str,
) -> None:
    async with opened(mongodb_url) as store:
        revision = await add(store, "cat", Picture(b"cat"))
    with inspect(mongodb_url) as database:
        database.images.drop_index("seq_1__id_1")
        positive = {"seq": {"$gt": Int64(0)}}
        database.images.create_index([("seq", ASCENDING)], unique=True, partialFilterExpression=positive)
        before = set(database.images.index_information())
        async with opened(mongodb_url) as store:
            assert set(database.images.index_information()) == before - {"seq_1"} | {"seq_1__id_1"}
            assert [change.revision for change in await store.changes(0, 10)] == [revision]


async def test_no_number_is_given_out_twice_though_the_ledger_is_older_than_the_images(mongodb_url: str) -> None:
    async with opened(mongodb_url) as store:
        revisions = [await add(store, f"cat-{number}", Picture(b"cat")) for number in range(3)]
    with inspect(mongodb_url) as database:
        database.ledger.update_one({}, {"$set": {"last": Int64(revisions[0])}})
    async with opened(mongodb_url) as store:
        assert await add(store, "dog", Picture(b"dog")) > revisions[-1]
