"""The search service on MongoDB while the database is gone, slow or killed, and while a second service is."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from shared.clients.search import SearchClient
from shared.errors import NotFound, NotReady, TryAgain, UpstreamTimeout, UpstreamUnavailable
from tests.support.mongodb.engine import Engine
from tests.support.mongodb.inspection import assert_no_orphans, inspect, until_swept
from tests.support.mongodb.provision import Runner
from tests.support.searching import (
    all_ids,
    assert_whole,
    long_picture,
    running,
    until_there_are,
    upload,
    wait_until_ready,
)
from tests.support.vectors import Picture

CAT, DOG = Picture(b"cat"), Picture(b"dog")
QUICK = {"MONGODB_SELECTION_TIMEOUT_SECONDS": "1", "MONGODB_LEASE_SECONDS": "0.5"}
# The driver looks after the server now and then; after a time it calls one that is silent gone, which is 503.
PATIENT = {
    "MONGODB_TIMEOUT_SECONDS": "3",
    "MONGODB_CONNECT_TIMEOUT_SECONDS": "60",
    "MONGODB_SELECTION_TIMEOUT_SECONDS": "60",
    "MONGODB_LEASE_SECONDS": "0.5",
}
SWEEPING = {"UPLOAD_GRACE_SECONDS": "0.001", "SWEEP_INTERVAL_SECONDS": "0.1"}


@pytest.fixture
def engine(mongodb_runner: Runner, tmp_path: Path) -> Iterator[Engine]:
    """An engine that has not been started yet."""
    engine = Engine(mongodb_runner, tmp_path / "data")
    yield engine
    engine.stop()


@pytest.fixture
def durable_engine(mongodb_runner: Runner, tmp_path: Path) -> Iterator[Engine]:
    """One for tests that kill it, not started yet either."""
    engine = Engine(mongodb_runner, tmp_path / "data", durable=True)
    yield engine
    engine.stop()


async def insist(call: Callable[[], Awaitable[None]]) -> None:
    """Do what a client does that is told to try again."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await call()
            except TryAgain:
                await asyncio.sleep(0.1)


async def upload_on(client: SearchClient, numbers: "count[int]", acknowledged: list[int], enough: int) -> None:
    """Upload images with one id in two used twice, and leave files without an image behind."""
    while len(acknowledged) < enough:
        number = next(numbers)
        try:
            await upload(client, f"image-{number // 2}", long_picture(number // 2))
            acknowledged.append(number // 2)
            await client.put_blob(Picture(b"abandoned %d" % number).sha256, b"abandoned %d" % number)
        except TryAgain:
            await asyncio.sleep(0.05)


async def assert_store_and_index_agree(engine: Engine, acknowledged: list[int]) -> None:
    """Nothing that was acknowledged is lost, all that is there is whole and found, and nothing else is there."""
    async with running(engine.url, **SWEEPING) as (_, client):
        await wait_until_ready(client)
        visible = await all_ids(client)
        assert {f"image-{number}" for number in acknowledged} <= set(visible)
        for image_id in visible:
            await assert_whole(client, image_id, long_picture(int(image_id.removeprefix("image-"))))
        await until_swept(engine.url)
        [collection] = (await client.stats()).collections
        assert collection.images == len(visible)
        for image_id in visible[:3]:
            await assert_whole(client, image_id, long_picture(int(image_id.removeprefix("image-"))))
    with inspect(engine.url) as database:
        assert database.images.count_documents({"deleted": False}) == len(visible)
        assert_no_orphans(database)


async def test_a_service_that_starts_before_the_database_becomes_ready_when_that_is_there(engine: Engine) -> None:
    async with running(engine.url, **QUICK) as (process, client):
        async with asyncio.timeout(30):
            while (await client.ready()).waiting_for == ("store: opening",):  # noqa: ASYNC110 - nothing tells when
                await asyncio.sleep(0.05)
        assert (await client.ready()).waiting_for == ("store: The database cannot be reached.",)
        with pytest.raises(NotReady, match="database cannot be reached"):
            await client.query("default", CAT.query())
        engine.start()
        await wait_until_ready(client)
        await upload(client, "a", CAT)
        await assert_whole(client, "a", CAT)
        assert process.poll() is None


async def test_a_write_while_the_database_is_gone_is_refused_and_leaves_nothing(durable_engine: Engine) -> None:
    engine = durable_engine
    engine.start()
    async with running(engine.url, **QUICK) as (_, client):
        await wait_until_ready(client)
        await upload(client, "a", CAT)
        await client.put_blob(DOG.sha256, DOG.data)
        engine.kill()
        with pytest.raises(UpstreamUnavailable):
            await client.commit("default", "b", DOG.commit())
        answer = await client._http.put(f"/v1/blobs/{DOG.sha256}", content=DOG.data)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["code"] == "upstream_unavailable"
        with pytest.raises(UpstreamUnavailable):
            await client.query("default", CAT.query())

        engine.start()
        with pytest.raises(NotFound):
            await client.record("default", "b")
        await client.commit("default", "b", DOG.commit())
        await assert_whole(client, "a", CAT)
        await assert_whole(client, "b", DOG)


async def test_a_database_that_says_nothing_is_told_as_a_timeout_and_the_write_is_done_once(engine: Engine) -> None:
    engine.start()
    async with running(engine.url, **PATIENT) as (_, client):
        await wait_until_ready(client)
        await upload(client, "a", CAT)
        await client.put_blob(DOG.sha256, DOG.data)
        engine.freeze()
        with pytest.raises(UpstreamTimeout):
            await client.commit("default", "b", DOG.commit())
        with pytest.raises(UpstreamTimeout):
            await client.record("default", "a")
        engine.thaw()
        # Connections that were given up break for a while yet.
        await insist(lambda: upload(client, "b", DOG))
        await insist(lambda: assert_whole(client, "a", CAT))
        await insist(lambda: assert_whole(client, "b", DOG))
    with inspect(engine.url) as database:
        assert database.images.count_documents({"deleted": False}) == 2


async def test_an_upload_that_is_delivered_many_times_makes_one_record(engine: Engine) -> None:
    engine.start()
    async with running(engine.url) as (_, client), running(engine.url) as (_, other):
        await asyncio.gather(wait_until_ready(client), wait_until_ready(other))
        await asyncio.gather(*(upload(service, "a", CAT) for service in (client, other) * 8))
        await assert_whole(client, "a", CAT)
        assert await all_ids(other) == ["a"]
        assert [held.images for held in (await client.stats()).collections] == [1]
        [neighbour] = (await client.query("default", CAT.query())).neighbours
        assert neighbour.record.id == "a"
    with inspect(engine.url) as database:
        assert_no_orphans(database)


async def test_sigkill_of_the_database_under_load_loses_no_acknowledged_image(durable_engine: Engine) -> None:
    engine = durable_engine
    numbers = count()
    acknowledged: list[int] = []
    engine.start()
    async with running(engine.url, **QUICK) as (_, client):
        await wait_until_ready(client)
        uploads = [asyncio.create_task(upload_on(client, numbers, acknowledged, 32)) for _ in range(8)]
        for enough in (8, 16, 24):
            await until_there_are(enough, acknowledged)
            engine.kill()
            engine.start()
        await asyncio.gather(*uploads)
        for number in set(acknowledged):
            await assert_whole(client, f"image-{number}", long_picture(number))
    await assert_store_and_index_agree(engine, acknowledged)


async def test_sigkill_of_one_of_two_services_under_load_holds_up_the_other_only_for_a_moment(engine: Engine) -> None:
    numbers = count()
    acknowledged: list[int] = []
    engine.start()
    async with running(engine.url, **QUICK) as (_, survivor):
        await wait_until_ready(survivor)
        for enough in (10, 20):
            async with running(engine.url, **QUICK) as (process, victim):
                await wait_until_ready(victim)
                uploads = [
                    asyncio.create_task(upload_on(service, numbers, acknowledged, enough + 5))
                    for service in (victim, survivor) * 3
                ]
                await until_there_are(enough, acknowledged)
                process.send_signal(signal.SIGKILL)
                await asyncio.gather(*uploads)
    await assert_store_and_index_agree(engine, acknowledged)
