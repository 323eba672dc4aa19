"""Several search services over one MongoDB: what one has acknowledged, the others answer with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from services.search.app import create_app
from services.search.settings import SearchSettings
from shared.clients.search import SearchClient
from shared.errors import NotFound
from tests.support.serving import serving
from tests.support.vectors import Picture


@pytest.fixture
async def replicas(mongodb_url: str) -> AsyncIterator[list[SearchClient]]:
    """Two services on one database."""
    async with AsyncExitStack() as running:
        clients = []
        for _ in range(2):
            url = running.enter_context(serving(create_app(SearchSettings(store_url=mongodb_url))))
            http = await running.enter_async_context(httpx.AsyncClient(base_url=url, timeout=60))
            clients.append(SearchClient("search", http))
        yield clients


async def upload(client: SearchClient, image_id: str, picture: Picture) -> int:
    await client.put_blob(picture.sha256, picture.data)
    return (await client.commit("default", image_id, picture.commit())).record.revision


async def found(client: SearchClient, picture: Picture, min_revision: int = 0) -> list[str]:
    query = picture.query(1).model_copy(update={"min_revision": min_revision})
    return [near.record.id for near in (await client.query("default", query)).neighbours]


async def test_a_write_on_one_is_read_on_the_other_by_its_revision(replicas: list[SearchClient]) -> None:
    first, second = replicas
    for number in range(5):
        writer, reader = (first, second) if number % 2 else (second, first)
        picture = Picture(b"%d" % number)
        revision = await upload(writer, f"image-{number}", picture)
        assert await found(reader, picture, revision) == [f"image-{number}"]
    revision = (await first.delete("default", "image-0")).revision
    assert await found(second, Picture(b"0"), revision) != ["image-0"]


async def test_a_write_on_one_is_seen_by_the_other_without_asking(replicas: list[SearchClient]) -> None:
    first, second = replicas
    await upload(first, "a", Picture(b"cat"))
    async with asyncio.timeout(60):
        while (await second.stats()).revision < 1:  # noqa: ASYNC110 - it comes by itself
            await asyncio.sleep(0.05)
    assert await found(second, Picture(b"cat")) == ["a"]


async def test_uploads_to_both_at_once_end_in_the_same_set(replicas: list[SearchClient]) -> None:
    pictures = {f"image-{number}": Picture(b"picture %d" % (number // 2)) for number in range(40)}

    async def client(number: int) -> None:
        for image_id, picture in list(pictures.items())[number::4]:
            await upload(replicas[number % 2], image_id, picture)

    await asyncio.gather(*map(client, range(4)))
    revisions = [(await replica.stats()).revision for replica in replicas]
    for replica in replicas:
        await found(replica, Picture(b"picture 0"), max(revisions))
        page = await replica.page("default", None, 1000)
        assert {record.id: record.sha256 for record in page.records} == {
            image_id: picture.sha256 for image_id, picture in pictures.items()
        }
        for picture in pictures.values():
            [nearest] = await found(replica, picture)
            assert pictures[nearest].data == picture.data
    stats = [(await replica.stats()).collections for replica in replicas]
    assert stats[0] == stats[1]
    assert stats[0][0].images == len(pictures)


async def test_concurrent_uploads_of_one_id_end_in_one_image_on_both(replicas: list[SearchClient]) -> None:
    pictures = [Picture(b"version %d" % number) for number in range(8)]
    revisions = await asyncio.gather(
        *(upload(replicas[number % 2], "a", picture) for number, picture in enumerate(pictures))
    )
    for replica in replicas:
        record = await replica.record("default", "a")
        [winner] = [picture for picture in pictures if picture.sha256 == record.sha256]
        query = winner.query(1).model_copy(update={"min_revision": max(revisions)})
        [near] = (await replica.query("default", query)).neighbours
        assert near.record.id == "a"
        assert near.distance < 1e-6
        assert (await replica.content("default", "a")).data == winner.data


async def test_what_nobody_has_made_is_on_neither(replicas: list[SearchClient]) -> None:
    for replica in replicas:
        with pytest.raises(NotFound):
            await replica.record("nowhere", "a")


async def test_a_collection_made_on_one_is_known_to_the_other_by_its_revision(replicas: list[SearchClient]) -> None:
    first, second = replicas
    stored = await first.create_collection("garden", projection="none")
    query = Picture(b"cat").query(1).model_copy(update={"min_revision": stored.revision})
    assert (await second.query("garden", query)).neighbours == ()
    assert (await second.collection("garden")).projection == "none"


async def test_a_collection_deleted_on_one_is_gone_from_the_other_and_comes_back_without_its_images(
    replicas: list[SearchClient],
) -> None:
    for turn in range(4):
        one, other = replicas[turn % 2], replicas[1 - turn % 2]
        for number in range(5):
            revision = await upload(one, f"image-{number}", Picture(b"%d %d" % (turn, number)))
        query = Picture(b"%d 0" % turn).query(10).model_copy(update={"min_revision": revision})
        expected = [f"image-{number}" for number in range(5)]
        assert sorted(near.record.id for near in (await other.query("default", query)).neighbours) == expected
        deleted = await one.delete_collection("default")
        later = query.model_copy(update={"min_revision": deleted.revision})
        assert (await other.query("default", later)).neighbours == ()
        assert (await other.stats()).collections[0].images == 0
        with pytest.raises(NotFound):
            await other.record("default", "image-0")
        revision = await upload(other, "new", Picture(b"new %d" % turn))
        assert await found(one, Picture(b"%d 0" % turn), revision) == ["new"]
        await one.delete_collection("default")


async def test_without_asking_for_a_revision_the_other_never_shows_an_image_of_a_deleted_collection(
    replicas: list[SearchClient],
) -> None:
    first, second = replicas
    for turn in range(10):
        await upload(first, "a", Picture(b"%d" % turn))
        assert (await found(second, Picture(b"%d" % turn))) in ([], ["a"])
        await first.delete_collection("default")
        assert await found(second, Picture(b"%d" % turn)) == []


async def test_an_alias_switched_on_one_is_switched_on_the_other(replicas: list[SearchClient]) -> None:
    first, second = replicas
    for name in ("one", "two"):
        picture = Picture(name.encode())
        await first.put_blob(picture.sha256, picture.data)
        await first.commit(name, name, picture.commit())
    for name in ("one", "two", "one"):
        switched = await first.put_alias("live", name)
        query = Picture(b"one").query(1).model_copy(update={"min_revision": switched.revision})
        answer = await second.query("live", query)
        assert (answer.collection, answer.neighbours[0].record.id) == (name, name)


async def test_an_alias_made_on_one_is_no_new_collection_for_the_other(replicas: list[SearchClient]) -> None:
    first, second = replicas
    await first.create_collection("garden")
    await first.put_alias("plants", "garden")
    picture = Picture(b"cat")
    await second.put_blob(picture.sha256, picture.data)
    assert (await second.commit("plants", "a", picture.commit())).record.collection == "garden"
