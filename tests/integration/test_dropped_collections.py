"""What a collection leaves behind that is deleted, over both kinds of store, also where the service is killed."""

import asyncio
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.clients.search import SearchClient
from tests.support.mongodb.inspection import inspect
from tests.support.searching import long_picture, running, upload, wait_until_ready

IMAGES = 120

Count = Callable[[], int]


@pytest.fixture(params=["sqlite", "mongodb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Count]:
    """The URL of a store, and what counts the images that are stored there, dropped ones too."""
    if request.param == "mongodb":
        url: str = request.getfixturevalue("mongodb_url")

        def in_mongodb() -> int:
            with inspect(url) as database:
                return database.images.count_documents({"deleted": False}) + database.blobs.count_documents({})

        return url, in_mongodb
    path = tmp_path / "images.db"

    def in_sqlite() -> int:
        with sqlite3.connect(path) as file:
            [(images, bytes_)] = file.execute(
                "SELECT (SELECT count(*) FROM images WHERE NOT deleted), (SELECT count(*) FROM contents)"
            )
        file.close()
        return int(images + bytes_)

    return f"sqlite:///{path}", in_sqlite


async def until_all_is_gone(count: Count) -> None:
    async with asyncio.timeout(120):
        while await asyncio.to_thread(count):  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.05)


async def fill(client: SearchClient) -> None:
    for start in range(0, IMAGES, 8):
        await asyncio.gather(*(upload(client, f"{n:03}", long_picture(n)) for n in range(start, start + 8)))


async def test_killed_in_the_middle_of_a_removal_the_next_start_goes_on_with_it(
    store: tuple[str, Count], tmp_path: Path
) -> None:
    url, count = store
    settings = {"INDEX_FOLDER": str(tmp_path / "index")}
    async with running(url, **settings) as (process, client):
        await wait_until_ready(client)
        await fill(client)
        full = count()
        deleted = await client.delete_collection("default")
        async with asyncio.timeout(60):
            while await asyncio.to_thread(count) == full:  # noqa: ASYNC110 - nothing tells when
                await asyncio.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = count()
    assert 0 < left < full, "it was to be killed in the middle"

    async with running(url, **settings) as (_, client):
        await wait_until_ready(client)
        query = long_picture(0).query(5).model_copy(update={"min_revision": deleted.revision})
        assert (await client.query("default", query)).neighbours == ()
        await upload(client, "000", long_picture(1))
        [near] = (await client.query("default", query)).neighbours
        assert near.record.sha256 == long_picture(1).sha256
        assert (await client.collection("default")).images == 1
        await client.delete("default", "000")
        await until_all_is_gone(count)


async def test_while_a_collection_is_removed_others_are_written_and_read(store: tuple[str, Count]) -> None:
    url, count = store
    async with running(url) as (_, client):
        await wait_until_ready(client)
        await fill(client)
        await client.delete_collection("default")
        for number in range(20):
            picture = long_picture(1000 + number)
            await client.put_blob(picture.sha256, picture.data)
            await client.commit("garden", f"{number}", picture.commit())
            [near] = (await client.query("garden", picture.query(1))).neighbours
            assert near.record.id == f"{number}"
        await client.delete_collection("garden")
        await until_all_is_gone(count)
