"""Collections that are embedded anew beside the first, with the real services behind the gateway."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from cli.reembedding.reembedder import Reembedder
from shared.clients.gateway import GatewayClient
from shared.errors import NotFound
from tests.support.images import picture, png
from tests.support.stack import Stack, stack

CAT, DOG, OWL, FOX = (png(picture(seed, size=(32, 24))) for seed in range(4))


@pytest.fixture
def own_services(tmp_path: Path) -> Iterator[Stack]:
    with stack(tmp_path) as running:
        yield running


@pytest.fixture
async def client(own_services: Stack) -> AsyncIterator[GatewayClient]:
    async with httpx.AsyncClient(base_url=own_services.gateway, timeout=60) as http:
        client = GatewayClient(http)
        await client.create_collection("old")
        await client.create_collection("new", recipe="palette")
        await client.put_alias("pictures", "old")
        for image_id, data in (("cat", CAT), ("dog", DOG), ("owl", OWL)):
            await client.put(image_id, data, label=image_id, metadata={"legs": 4}, collection="pictures")
        yield client


def copying(client: GatewayClient, *, in_service: bool = False) -> Reembedder:
    return Reembedder(client, "old", "new", in_service=in_service)


async def contents(client: GatewayClient, collection: str) -> dict[str, tuple[bytes, str | None]]:
    images = (await client.images(collection=collection)).images
    return {image.id: (await client.content(image.id, collection=collection), image.label) for image in images}


async def test_changes_tell_the_last_write_to_each_image_of_one_collection(client: GatewayClient) -> None:
    await client.put("elsewhere", FOX, collection="another")
    patched = await client.patch("cat", label="a cat", collection="old")
    removed = await client.delete("dog", collection="old")
    told = await client.changes(collection="pictures")
    assert [(change.id, change.removed) for change in told.changes] == [("owl", False), ("cat", False), ("dog", True)]
    assert (told.changes[1].revision, told.through, told.more) == (patched.revision, removed.revision, False)
    [last] = (await client.changes(patched.revision, collection="old")).changes
    assert last.id == "dog"
    assert (await client.changes(told.through, collection="old")).changes == ()
    with pytest.raises(NotFound):
        await client.changes(collection="nowhere")


async def test_a_copy_follows_what_is_added_replaced_amended_and_removed(client: GatewayClient) -> None:
    copy = copying(client)
    await copy.level()
    await client.put("cat", FOX, collection="pictures")
    await client.patch("dog", label="a dog", metadata={"legs": None, "tail": 1}, collection="pictures")
    await client.delete("owl", collection="pictures")
    await client.put("fox", FOX, collection="pictures")
    await copy.level()
    assert await contents(client, "new") == await contents(client, "old")
    assert (await client.image("dog", collection="new")).metadata == {"tail": 1}
    assert (copy.tally.embedded, copy.tally.amended, copy.tally.removed) == (5, 1, 1)


class Overtaken(GatewayClient):
    """A gateway whose clients replace or remove an image right after its bytes were read for the copy."""

    async def content(self, image_id: str, *, collection: str = "default") -> bytes:
        data = await super().content(image_id, collection=collection)
        if image_id == "cat" and data == CAT:
            await self.put("cat", OWL, label="newer", collection="pictures")
        if image_id == "dog":
            await self.delete("dog", collection="pictures")
        return data


async def test_an_image_that_is_written_to_while_it_is_copied_arrives_as_it_is_then(
    client: GatewayClient, own_services: Stack
) -> None:
    async with httpx.AsyncClient(base_url=own_services.gateway, timeout=60) as http:
        copy = copying(Overtaken(http))
        await copy.level()
        await copy.switch("pictures")
        await copy.settle(0)
    assert await contents(client, "new") == {"cat": (OWL, "newer"), "owl": (OWL, "owl")}


async def test_a_copy_that_begins_anew_embeds_nothing_twice_and_undoes_what_is_not_in_the_source(
    client: GatewayClient,
) -> None:
    await copying(client).level()
    await client.put("stray", FOX, collection="new")
    again = copying(client)
    await again.level()
    assert await contents(client, "new") == await contents(client, "old")
    assert (again.tally.embedded, again.tally.already_there, again.tally.removed) == (0, 3, 1)


@pytest.mark.parametrize("killed", [False, True])
async def test_after_the_switch_late_writes_arrive_and_later_ones_stay(client: GatewayClient, killed: bool) -> None:
    copy = copying(client)
    await copy.level()
    await client.put("late", FOX, collection="old")
    await client.put("cat", FOX, label="late", collection="old")
    await client.put("dog", FOX, label="late", collection="old")
    await copy.switch("pictures")
    await client.put("dog", OWL, label="later", collection="pictures")
    await client.delete("owl", collection="pictures")
    await client.put("newer", CAT, collection="pictures")
    await (copying(client, in_service=True) if killed else copy).settle(0)
    found = await contents(client, "pictures")
    assert found == {
        "cat": (FOX, "late"),
        "dog": (OWL, "later"),
        "late": (FOX, None),
        "newer": (CAT, None),
    }
    assert (await client.collection("pictures")).name == "new"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def lookalike(services: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("reembed", *arguments, "--url", services.gateway)


async def test_both_are_compared_query_by_query(client: GatewayClient, own_services: Stack, tmp_path: Path) -> None:
    for seed in range(6):
        await client.put(f"pair-{seed}", png(picture(10 + seed, size=(32, 24))), label=f"{seed % 3}", collection="old")
    assert lookalike(own_services, "old", "new").returncode == 0
    files = [tmp_path / f"{name}.json" for name in ("old", "new")]
    for file in files:
        evaluated = run("evaluate", "--collection", file.stem, "--search", own_services.search, "--json")
        file.write_text(evaluated.stdout)
    spaces = {json.loads(file.read_text())["space"]["fingerprint"] for file in files}
    assert len(spaces) == 2
    compared = run("evaluate", "--compare", *map(str, files))
    assert compared.returncode == 0, compared.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["old", "pictures"], "pictures is an alias"),
        (["pictures", "old"], "Source and target are both old"),
        (["old", "new", "--recipe", "blocks"], "of the recipe palette"),
        (["old", "new", "--switch", "old"], "old is the name of a collection"),
        (["other", "new", "--switch", "pictures"], "neither of the two"),
        (["nowhere", "new"], "no collection nowhere"),
    ],
)
async def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    client: GatewayClient, own_services: Stack, arguments: list[str], message: str
) -> None:
    await client.create_collection("other")
    refused = lookalike(own_services, *arguments)
    assert (refused.returncode, message in refused.stderr) == (1, True), refused.stderr
    assert (await client.collection("new")).images == 0
    assert (await client.collection("pictures")).name == "old"
