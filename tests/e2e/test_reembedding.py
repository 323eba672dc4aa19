"""A collection gets another embedding space while clients write to it and search in it, and gets the first one back."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from shared.clients.gateway import GatewayClient
from shared.contracts.gateway import Image
from shared.errors import NotFound
from tests.support.images import picture, png
from tests.support.stack import Stack, stack

IMAGES = 60
WRITERS = 3
ALIAS = "plants"

State = tuple[str, str | None, object]
"""Digest, label and metadata."""


def drawn(number: int) -> bytes:
    return png(picture(number, size=(32, 24)))


def state_of(image: Image) -> State:
    return image.sha256, image.label, image.metadata


async def states(client: GatewayClient, collection: str) -> dict[str, State]:
    found: dict[str, State] = {}
    cursor = None
    while True:
        page = await client.images(limit=1000, cursor=cursor, collection=collection)
        found |= {image.id: state_of(image) for image in page.images}
        if (cursor := page.next_cursor) is None:
            return found


class Clients:
    """Know their collection by its alias alone; each writer has images of its own, one after the other."""

    def __init__(self, client: GatewayClient) -> None:
        self.acknowledged: dict[str, State] = {}
        self.searched: set[str] = set()
        self.written = 0
        self._client = client
        self._stop = asyncio.Event()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """The block fails where a write or a search does."""
        async with asyncio.TaskGroup() as group:
            for writer in range(WRITERS):
                group.create_task(self._write(writer))
            group.create_task(self._search())
            yield
            self._stop.set()

    async def put(self, image_id: str, number: int) -> None:
        stored = await self._client.put(
            image_id, drawn(number), label=f"label {number}", metadata={"number": number}, collection=ALIAS
        )
        self.acknowledged[image_id] = state_of(stored.image)

    async def _write(self, writer: int) -> None:
        turn = 0
        while not self._stop.is_set():
            # Three in four images are old ones; an id comes again after seconds, each time for something else.
            image_id = f"image-{turn % (IMAGES * 4 // 9 + 1) * WRITERS + writer:04}"
            number = 10_000 + turn * WRITERS + writer
            if turn % 3 == 0:
                await self.put(image_id, number)
            elif image_id in self.acknowledged and turn % 3 == 1:
                patched = await self._client.patch(image_id, label=f"patched {number}", collection=ALIAS)
                self.acknowledged[image_id] = state_of(patched)
            elif image_id in self.acknowledged:
                await self._client.delete(image_id, collection=ALIAS)
                del self.acknowledged[image_id]
            turn += 1
            self.written += 1
            await asyncio.sleep(0.2)

    async def _search(self) -> None:
        query = drawn(1)
        while not self._stop.is_set():
            answer = await self._client.search(query, k=5, collection=ALIAS)
            assert len(answer.results) == 5
            self.searched.add(answer.collection)
            await asyncio.sleep(0.1)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Stack]:
    with stack(tmp_path) as running:
        yield running


def reembed(services: Stack, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cli.main", "reembed", *arguments, "--url", services.gateway, "--jobs", "4"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


async def succeeds(process: subprocess.Popen[str]) -> str:
    out, err = await asyncio.to_thread(process.communicate, timeout=240)
    assert process.returncode == 0, err
    return out


async def images(client: GatewayClient, collection: str) -> int:
    try:
        return (await client.collection(collection)).images
    except NotFound:
        return 0


async def test_no_write_is_lost_and_no_search_fails_while_a_collection_gets_another_space_and_the_first_one_back(
    services: Stack,
) -> None:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=60) as http:
        client = GatewayClient(http)
        await client.create_collection("garden-1")
        await client.put_alias(ALIAS, "garden-1")
        clients = Clients(client)
        for number in range(IMAGES):
            await clients.put(f"image-{number:04}", number)

        copy = "garden-1", "garden-2", "--recipe", "palette"
        async with clients.at_work():
            killed = reembed(services, *copy)
            while await images(client, "garden-2") < IMAGES // 5:
                assert killed.poll() is None, killed.communicate()
                await asyncio.sleep(0.01)
            killed.kill()
            await asyncio.to_thread(killed.communicate)
            assert 0 < await images(client, "garden-2") < IMAGES

            told = await succeeds(reembed(services, *copy))
            assert int(told.partition(" already there")[0].rpartition(" ")[2]) > 0
            assert clients.searched == {"garden-1"}

            before = clients.written
            await succeeds(reembed(services, *copy, "--switch", ALIAS, "--settle-seconds", "3"))
            assert clients.written > before
        assert clients.searched == {"garden-1", "garden-2"}
        assert await states(client, ALIAS) == await states(client, "garden-2") == clients.acknowledged

        switched, first = await client.collection("garden-2"), await client.collection("garden-1")
        assert (switched.recipe, switched.aliases, first.aliases) == ("palette", (ALIAS,), ())
        assert switched.space != first.space
        clients.searched.clear()
        back = Clients(client)
        back.acknowledged = clients.acknowledged
        async with back.at_work():
            await succeeds(reembed(services, "garden-2", "garden-1", "--switch", ALIAS, "--settle-seconds", "3"))
        assert (await client.collection("garden-1")).aliases == (ALIAS,)
        assert back.searched == {"garden-1", "garden-2"}
        assert await states(client, ALIAS) == await states(client, "garden-1") == back.acknowledged
