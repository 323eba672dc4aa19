"""The search service as a process, and what its clients do with it."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Sized
from contextlib import asynccontextmanager

from shared.clients.base import ServiceClient
from shared.clients.search import SearchClient
from shared.contracts.search import ImageRecord
from tests.support.processes import Process, listening
from tests.support.vectors import Picture


def long_picture(number: int) -> Picture:
    """Long enough that its bytes and its vector take several pages of a store's file."""
    return Picture(b"picture %d " % number * 1500, dimensions=1024)


@asynccontextmanager
async def running(store_url: str, **settings: str) -> AsyncIterator[tuple[Process, SearchClient]]:
    """Start a service that listens, whether it becomes ready or not."""
    async with listening("search", STORE_URL=store_url, **settings) as (process, http):
        yield process, SearchClient("search", http)


async def wait_until_ready(client: ServiceClient) -> None:
    deadline = time.monotonic() + 60
    while not (readiness := await client.ready()).ready:
        assert time.monotonic() < deadline, readiness
        await asyncio.sleep(0.05)


async def until_there_are(enough: int, acknowledged: Sized, seconds: float = 60) -> None:
    """Wait for what other tasks do; the moment is anywhere within their work."""
    async with asyncio.timeout(seconds):
        while len(acknowledged) < enough:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.001)


async def upload(client: SearchClient, image_id: str, picture: Picture) -> None:
    await client.put_blob(picture.sha256, picture.data)
    await client.commit("default", image_id, picture.commit())


async def all_records(client: SearchClient) -> list[ImageRecord]:
    records: list[ImageRecord] = []
    after = None
    while True:
        page = await client.page("default", after, 1000)
        records += page.records
        if (after := page.next_after) is None:
            return records


async def all_ids(client: SearchClient) -> list[str]:
    return [record.id for record in await all_records(client)]


async def assert_whole(client: SearchClient, image_id: str, picture: Picture) -> None:
    """The record, the bytes, the thumbnail and the vector in the index are all this picture's."""
    assert (await client.record("default", image_id)).sha256 == picture.sha256
    content = await client.content("default", image_id)
    assert hashlib.sha256(content.data).hexdigest() == picture.sha256
    assert (await client.thumbnail("default", image_id)).data == picture.thumbnail
    [neighbour] = (await client.query("default", picture.query(1))).neighbours
    assert neighbour.record.id == image_id
    assert neighbour.distance < 1e-6
