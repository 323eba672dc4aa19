"""The search service as real processes: killed, started twice on one file, started on files that it cannot use."""

import asyncio
import hashlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import httpx
import pytest

from shared.clients.search import SearchClient
from shared.errors import NotReady, TryAgain
from tests.support.vectors import Picture

CAT, DOG = Picture(b"cat"), Picture(b"dog")


def picture(number: int) -> Picture:
    """Long enough that its bytes and its vector take several pages of the file."""
    return Picture(b"picture %d " % number * 1500, dimensions=1024)


def start(folder: Path, port: int, **settings: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PORT": str(port),
        "STORE_URL": f"sqlite:///{folder}/images.db",
        "LOG_LEVEL": "warning",
        **settings,
    }
    command = [sys.executable, "-m", "services.search"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@asynccontextmanager
async def running(folder: Path, **settings: str) -> AsyncIterator[tuple[subprocess.Popen[str], SearchClient]]:
    """Start a service that listens, whether it becomes ready or not."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start(folder, port, **settings)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            await wait_until_listening(process, http)
            yield process, SearchClient("search", http)
    finally:
        process.terminate()
        process.communicate(timeout=60)


async def wait_until_listening(process: subprocess.Popen[str], http: httpx.AsyncClient) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        try:
            await http.get("/healthz")
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return


async def until_there_are(enough: int, acknowledged: list[int]) -> None:
    async with asyncio.timeout(60):
        while len(acknowledged) < enough:  # noqa: ASYNC110 - the moment shall be anywhere within an upload
            await asyncio.sleep(0.001)


async def wait_until_ready(client: SearchClient) -> None:
    deadline = time.monotonic() + 60
    while not (readiness := await client.ready()).ready:
        assert time.monotonic() < deadline, readiness
        await asyncio.sleep(0.05)


async def upload(client: SearchClient, image_id: str, picture: Picture) -> None:
    await client.put_blob(picture.sha256, picture.data)
    await client.commit("default", image_id, picture.commit())


async def all_ids(client: SearchClient) -> list[str]:
    ids: list[str] = []
    after = None
    while True:
        page = await client.page("default", after, 100)
        ids += [record.id for record in page.records]
        if (after := page.next_after) is None:
            return ids


async def assert_whole(client: SearchClient, image_id: str, picture: Picture) -> None:
    assert (await client.record("default", image_id)).sha256 == picture.sha256
    content = await client.content("default", image_id)
    assert hashlib.sha256(content.data).hexdigest() == picture.sha256
    assert (await client.thumbnail("default", image_id)).data == picture.thumbnail
    [neighbour] = (await client.query("default", picture.query(1))).neighbours
    assert neighbour.record.id == image_id
    assert neighbour.distance < 1e-6


async def upload_until_killed(client: SearchClient, numbers: "count[int]", acknowledged: list[int]) -> None:
    try:
        for number in numbers:
            await upload(client, f"image-{number}", picture(number))
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
        async with running(tmp_path) as (process, client):
            await wait_until_ready(client)
            uploads = [asyncio.create_task(upload_until_killed(client, numbers, acknowledged)) for _ in range(8)]
            await until_there_are(enough, acknowledged)
            process.send_signal(signal.SIGKILL)
            await asyncio.gather(*uploads)

    async with running(tmp_path, UPLOAD_GRACE_SECONDS="0.001", SWEEP_INTERVAL_SECONDS="0.1") as (_, client):
        await wait_until_ready(client)
        visible = await all_ids(client)
        assert {f"image-{number}" for number in acknowledged} <= set(visible)
        for image_id in visible:
            await assert_whole(client, image_id, picture(int(image_id.removeprefix("image-"))))
        await asyncio.sleep(0.5)

    with sqlite3.connect(tmp_path / "images.db") as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for table in ("blobs", "contents", "thumbnails"):
            assert file.execute(f"SELECT count(*) FROM {table}").fetchone() == (len(visible),)
    file.close()


async def test_a_second_service_on_the_same_file_waits_until_the_first_has_ended(tmp_path: Path) -> None:
    async with running(tmp_path) as (first_process, first):
        await wait_until_ready(first)
        await upload(first, "a", CAT)
        async with running(tmp_path) as (_, second):
            with pytest.raises(NotReady, match="Another process"):
                await second.query("default", CAT.query())
            await upload(first, "b", DOG)
            first_process.terminate()
            await wait_until_ready(second)
            for image_id, picture in (("a", CAT), ("b", DOG)):
                await assert_whole(second, image_id, picture)


def test_a_file_of_a_newer_version_ends_the_process_with_a_clear_sentence(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "images.db") as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    process = start(tmp_path, port=0)
    _, log = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "written by a newer version of Lookalike" in log
    assert "Traceback" not in log
