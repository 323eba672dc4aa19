"""Search services whose indexes are in Qdrant: shared, found again, replaced; and what happens while Qdrant is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from qdrant_client import QdrantClient

from services.search.app import create_app
from services.search.settings import SearchSettings
from shared.clients.search import SearchClient
from shared.contracts.filters import Filter
from shared.errors import TryAgain, UpstreamTimeout, UpstreamUnavailable
from tests.support.processes import listening
from tests.support.qdrant.server import Server
from tests.support.searching import all_ids, running, upload, wait_until_ready
from tests.support.serving import serving
from tests.support.vectors import Picture

CAT, DOG, OWL = Picture(b"cat"), Picture(b"dog"), Picture(b"owl")


@asynccontextmanager
async def service(store_url: str, index_url: str | None, **settings: Any) -> AsyncIterator[SearchClient]:
    app = create_app(SearchSettings(store_url=store_url, index_url=index_url, **settings))
    with serving(app) as url:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            client = SearchClient("search", http)
            await wait_until_ready(client)
            yield client


async def found(client: SearchClient, picture: Picture, min_revision: int = 0) -> list[str]:
    query = picture.query(1).model_copy(update={"min_revision": min_revision})
    return [near.record.id for near in (await client.query("default", query)).neighbours]


async def until_found(client: SearchClient, picture: Picture, expected: list[str], collection: str = "default") -> None:
    """Search on through answers that say to try again."""
    async with asyncio.timeout(60):
        while True:
            with suppress(TryAgain):
                answer = await client.query(collection, picture.query(1))
                if [near.record.id for near in answer.neighbours] == expected:
                    return
            await asyncio.sleep(0.05)


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/lookalike.db"


def editions(url: str, name: str) -> set[str]:
    port = int(url.rpartition(":")[2])
    client = QdrantClient(host="127.0.0.1", grpc_port=port, prefer_grpc=True, check_compatibility=False)
    try:
        return {one.name for one in client.get_collections().collections if f".{name}@" in one.name}
    finally:
        client.close()


async def test_images_are_found_by_likeness_and_by_filter_and_no_more_once_they_are_removed(
    store_url: str, qdrant_url: str
) -> None:
    async with service(store_url, qdrant_url) as client:
        for image_id, picture in (("a", CAT), ("b", DOG), ("c", OWL)):
            await upload(client, image_id, picture)
            assert await found(client, picture) == [image_id]
        await client.delete("default", "b")
        assert await found(client, DOG) != ["b"]
        page = await client.select("default", Filter(not_ids=("a",)), None, 10)
        assert [record.id for record in page.records] == ["c"]


async def test_a_service_that_starts_again_finds_the_index_and_brings_what_it_missed(
    store_url: str, qdrant_url: str
) -> None:
    async with service(store_url, qdrant_url) as client:
        await upload(client, "a", CAT)
    before = editions(qdrant_url, "default")
    async with service(store_url, None) as client:  # in memory: Qdrant learns nothing of this
        await upload(client, "b", DOG)
        await client.delete("default", "a")
    async with service(store_url, qdrant_url) as client:
        assert await found(client, DOG) == ["b"]
        assert await found(client, CAT) == ["b"]
    assert before <= editions(qdrant_url, "default")


async def test_a_service_that_is_killed_comes_back_with_the_index_that_it_had(store_url: str, qdrant_url: str) -> None:
    settings = {"INDEX_URL": qdrant_url, "INDEX_PROJECTION": "none"}
    async with running(store_url, **settings) as (process, client):
        await wait_until_ready(client)
        before = editions(qdrant_url, "default")
        for image_id, picture in (("a", CAT), ("b", DOG)):
            await upload(client, image_id, picture)
        process.kill()
    made = editions(qdrant_url, "default") - before
    async with running(store_url, **settings) as (_, client):
        await wait_until_ready(client)
        assert (await found(client, CAT), await found(client, DOG)) == (["a"], ["b"])
        await upload(client, "c", OWL)
        assert await found(client, OWL) == ["c"]
    assert len(made) == 1
    assert editions(qdrant_url, "default") - before == made


async def test_qdrant_may_ask_for_a_key(qdrant_program: Path, store_url: str, tmp_path: Path) -> None:
    server = Server(qdrant_program, tmp_path / "qdrant", settings={"SERVICE__API_KEY": "secret"})
    server.start()
    try:
        async with service(store_url, server.url, index_key="secret") as client:
            await upload(client, "a", CAT)
            assert await found(client, CAT) == ["a"]
        reasons: list[str] = []
        settings = SearchSettings(store_url=store_url, index_url=server.url)
        with serving(create_app(settings, give_up=reasons.append), ready=False):
            async with asyncio.timeout(30):
                while not reasons:  # noqa: ASYNC110 - it comes by itself
                    await asyncio.sleep(0.05)
    finally:
        server.stop()


async def test_while_an_index_is_built_the_service_says_how_far_it_is(store_url: str, qdrant_url: str) -> None:
    async with service(store_url, None) as client:
        for number in range(60):
            await upload(client, f"image-{number:02}", Picture(b"%d" % number))
    told: list[str] = []
    async with listening("search", STORE_URL=store_url, INDEX_URL=qdrant_url, CATCH_UP_BATCH="1") as (_, http):
        client = SearchClient("search", http)
        while not (readiness := await client.ready()).ready:
            told += readiness.waiting_for
        assert await found(client, Picture(b"59")) == ["image-59"]
    counted = [int(text.split()[1]) for text in told if text.startswith("index: ") and text.endswith(" of 60 images")]
    assert counted == sorted(counted)
    assert len(set(counted)) > 2


async def test_another_engine_takes_over_all_images(store_url: str, qdrant_url: str) -> None:
    pictures = {f"image-{number:02}": Picture(b"%d" % number) for number in range(40)}
    async with service(store_url, None) as client:
        for image_id, picture in pictures.items():
            await upload(client, image_id, picture)
    async with service(store_url, None) as client:  # learns from all images, too
        in_memory = [(await client.query("default", picture.query(5))).neighbours for picture in pictures.values()]
    async with service(store_url, qdrant_url, catch_up_batch=7) as client:
        in_qdrant = [(await client.query("default", picture.query(5))).neighbours for picture in pictures.values()]
    for here, there in zip(in_memory, in_qdrant, strict=True):
        assert [near.record.id for near in there] == [near.record.id for near in here]
        assert [near.score for near in there] == pytest.approx([near.score for near in here], abs=2e-6)
        assert [near.distance for near in there] == pytest.approx([near.distance for near in here], abs=2e-6)


async def test_of_several_services_each_answers_with_what_another_has_acknowledged(
    mongodb_url: str, qdrant_url: str
) -> None:
    async with AsyncExitStack() as stack:
        services = [await stack.enter_async_context(service(mongodb_url, qdrant_url)) for _ in range(2)]
        first, second = services
        for number in range(6):
            writer, reader = (first, second) if number % 2 else (second, first)
            picture = Picture(b"%d" % number)
            await writer.put_blob(picture.sha256, picture.data)
            commit = await writer.commit("default", f"image-{number}", picture.commit())
            assert await found(reader, picture, commit.record.revision) == [f"image-{number}"]
        revision = (await first.delete("default", "image-0")).revision
        assert await found(second, Picture(b"0"), revision) != ["image-0"]
        await asyncio.gather(*(upload(services[n % 2], f"more-{n}", Picture(b"more %d" % n)) for n in range(20)))
        for client in services:
            assert len(await all_ids(client)) == 25
            for number in range(20):
                await until_found(client, Picture(b"more %d" % number), [f"more-{number}"])


async def test_an_index_that_is_outgrown_is_replaced_for_all_services_and_goes_on_answering(
    mongodb_url: str, qdrant_url: str
) -> None:
    async with AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(service(mongodb_url, qdrant_url, index_dimensions=2)) for _ in range(2)
        ]
        for number in range(12):
            await upload(first, f"image-{number:02}", Picture(b"%d" % number))
            await until_found(second, Picture(b"%d" % number), [f"image-{number:02}"])
        for client in (first, second):
            for number in range(12):
                await until_found(client, Picture(b"%d" % number), [f"image-{number:02}"])


async def test_while_qdrant_is_gone_uploads_are_taken_and_searches_told_to_try_again(
    store_url: str, own_server: Server
) -> None:
    async with service(store_url, own_server.url, revision_wait_seconds=1) as client:
        await upload(client, "a", CAT)
        await until_found(client, CAT, ["a"])
        own_server.kill()
        with pytest.raises(UpstreamUnavailable) as refusal:
            await found(client, CAT)
        assert refusal.value.retry_after
        await upload(client, "b", DOG)
        own_server.start()
        await until_found(client, DOG, ["b"])
        assert await found(client, CAT) == ["a"]


async def test_while_qdrant_is_gone_a_collection_can_be_made_filled_and_named(
    store_url: str, own_server: Server
) -> None:
    async with service(store_url, own_server.url, revision_wait_seconds=1) as client:
        await upload(client, "a", CAT)
        own_server.kill()
        await client.create_collection("owls")
        await client.put_alias("night", "owls")
        await client.put_blob(OWL.sha256, OWL.data)
        await client.commit("night", "a", OWL.commit())
        own_server.start()
        await until_found(client, OWL, ["a"], "night")


async def test_an_index_that_qdrant_has_lost_is_built_anew_while_the_service_runs(
    store_url: str, own_server: Server
) -> None:
    async with service(store_url, own_server.url, revision_wait_seconds=1) as client:
        await upload(client, "a", CAT)
        own_server.kill()
        own_server.forget()
        await upload(client, "b", DOG)
        own_server.start()
        await until_found(client, DOG, ["b"])
        assert await found(client, CAT) == ["a"]


async def test_while_qdrant_says_nothing_searches_are_answered_with_504(store_url: str, own_server: Server) -> None:
    settings = {"index_timeout_seconds": 1, "revision_wait_seconds": 1}
    async with service(store_url, own_server.url, **settings) as client:
        await upload(client, "a", CAT)
        own_server.freeze()
        with pytest.raises(UpstreamTimeout):
            await found(client, CAT)
        own_server.thaw()
        await until_found(client, CAT, ["a"])


async def test_a_collection_that_is_dropped_leaves_nothing_in_qdrant(store_url: str, own_server: Server) -> None:
    async with service(store_url, own_server.url) as client:
        await upload(client, "a", CAT)
        assert editions(own_server.url, "default")
        await client.delete_collection("default")
        async with asyncio.timeout(30):
            while editions(own_server.url, "default"):  # noqa: ASYNC110 - it comes by itself
                await asyncio.sleep(0.1)
