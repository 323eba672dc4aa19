"""The search service as a process, and what its clients do with it."""

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sized
from contextlib import asynccontextmanager

import httpx

from shared.clients.search import SearchClient
from tests.support.lookalike import free_ports
from tests.support.vectors import Picture


def long_picture(number: int) -> Picture:
    """Long enough that its bytes and its vector take several pages of a store's file."""
    return Picture(b"picture %d " % number * 1500, dimensions=1024)


def start(store_url: str, port: int, **settings: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PORT": str(port), "STORE_URL": store_url, "LOG_LEVEL": "warning", **settings}
    command = [sys.executable, "-m", "services.search"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@asynccontextmanager
async def running(store_url: str, **settings: str) -> AsyncIterator[tuple[subprocess.Popen[str], SearchClient]]:
    """Start a service that listens, whether it becomes ready or not."""
    [port] = free_ports(1)
    process = start(store_url, port, **settings)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            await _wait_until_listening(process, http)
            yield process, SearchClient("search", http)
    finally:
        process.terminate()
        process.communicate(timeout=60)


async def _wait_until_listening(process: subprocess.Popen[str], http: httpx.AsyncClient) -> None:
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


async def wait_until_ready(client: SearchClient) -> None:
    deadline = time.monotonic() + 60
    while not (readiness := await client.ready()).ready:
        assert time.monotonic() < deadline, readiness
        await asyncio.sleep(0.05)


async def until_there_are(enough: int, acknowledged: Sized) -> None:
    """Wait for what other tasks do; the moment is anywhere within their work."""
    async with asyncio.timeout(60):
        while len(acknowledged) < enough:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.001)


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
    """The record, the bytes, the thumbnail and the vector in the index are all this picture's."""
    assert (await client.record("default", image_id)).sha256 == picture.sha256
    content = await client.content("default", image_id)
    assert hashlib.sha256(content.data).hexdigest() == picture.sha256
    assert (await client.thumbnail("default", image_id)).data == picture.thumbnail
    [neighbour] = (await client.query("default", picture.query(1))).neighbours
    assert neighbour.record.id == image_id
    assert neighbour.distance < 1e-6
