"""The search service as real processes: killed, started twice on one file, started on files that it cannot use."""

import asyncio
import signal
import sqlite3
from itertools import count
from pathlib import Path

import pytest
from anyio import fail_after

from shared.clients.search import SearchClient
from shared.errors import NotReady, TryAgain
from tests.support.processes import start
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


def store_in(folder: Path) -> str:
    return f"sqlite:///{folder}/images.db"


async def wait_until_it_says(client: SearchClient, reason: str) -> None:
    """Ask until a service that is not ready names this reason; it may not know it at once."""
    said = ""
    with fail_after(30):
        while reason not in said:
            with pytest.raises(NotReady) as refused:
                await client.query("default", CAT.query())
            said = refused.value.detail


async def upload_until_killed(client: SearchClient, numbers: "count[int]", acknowledged: list[int]) -> None:
    try:
        for number in numbers:
            await upload(client, f"image-{number}", long_picture(number))
            acknowledged.append(number)
            await client.put_blob(Picture(b"abandoned %d" % number).sha256, b"abandoned %d" % number)
    except TryAgain:
        return


async def test_sigkill_during_a_bulk_of_uploads_loses_no_acknowledged_image_and_leaves_no_half_one(
    tmp_path: Path,
) -> None:
    numbers = count()
    acknowledged: list[int] = []
    for enough in (15, 30, 45):
        async with running(store_in(tmp_path)) as (process, client):
            await wait_until_ready(client)
            uploads = [asyncio.create_task(upload_until_killed(client, numbers, acknowledged)) for _ in range(8)]
            await until_there_are(enough, acknowledged)
            process.send_signal(signal.SIGKILL)
            await asyncio.gather(*uploads)

    async with running(store_in(tmp_path), UPLOAD_GRACE_SECONDS="0.001", SWEEP_INTERVAL_SECONDS="0.1") as (_, client):
        await wait_until_ready(client)
        visible = await all_ids(client)
        assert {f"image-{number}" for number in acknowledged} <= set(visible)
        for image_id in visible:
            await assert_whole(client, image_id, long_picture(int(image_id.removeprefix("image-"))))
        await asyncio.sleep(0.5)

    with sqlite3.connect(tmp_path / "images.db") as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for table in ("blobs", "contents", "thumbnails"):
            assert file.execute(f"SELECT count(*) FROM {table}").fetchone() == (len(visible),)
    file.close()


async def test_a_second_service_on_the_same_file_waits_until_the_first_has_ended(tmp_path: Path) -> None:
    async with running(store_in(tmp_path)) as (first_process, first):
        await wait_until_ready(first)
        await upload(first, "a", CAT)
        async with running(store_in(tmp_path)) as (_, second):
            await wait_until_it_says(second, "Another process")
            await upload(first, "b", DOG)
            first_process.terminate()
            await wait_until_ready(second)
            for image_id, picture in (("a", CAT), ("b", DOG)):
                await assert_whole(second, image_id, picture)


def test_a_file_of_a_newer_version_ends_the_process_with_a_clear_sentence(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "images.db") as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    process = start("search", PORT="0", STORE_URL=store_in(tmp_path))
    _, log = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "written by a newer version of Lookalike" in log
    assert "Traceback" not in log
