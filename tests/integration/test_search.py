"""The search service over real HTTP, as its client calls it."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from services.search.app import create_app
from services.search.settings import SearchSettings
from shared import wire
from shared.clients.search import SearchClient
from shared.contracts.examples import Example
from shared.contracts.search import CollectionStats, ImageRecord, QueryRequest
from shared.errors import (
    Conflict,
    EmbeddingSpaceMismatch,
    EmptyUpload,
    ImageTooLarge,
    InvalidRequest,
    NotFound,
)
from tests.support.serving import serving
from tests.support.vectors import Picture, space

CAT, DOG = Picture(b"cat"), Picture(b"dog")
PICTURES = {f"image-{number:02}": Picture(b"picture %d" % number) for number in range(30)}


def settings(folder: Path, **others: object) -> SearchSettings:
    # Vectors are compared as they are, so that the tests can do the same.
    plain = {"store_url": f"sqlite:///{folder}/images.db", "index_projection": "none"}
    return SearchSettings.model_validate({**plain, **others})


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[SearchClient]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        yield SearchClient("search", http)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with serving(create_app(settings(tmp_path, max_blob_bytes=1_000_000, max_collections=2))) as url:
        yield url


@pytest.fixture
async def client(url: str) -> AsyncIterator[SearchClient]:
    async with client_of(url) as client:
        yield client


async def upload(client: SearchClient, image_id: str, picture: Picture, collection: str = "default") -> int:
    await client.put_blob(picture.sha256, picture.data)
    return (await client.commit(collection, image_id, picture.commit())).record.revision


async def upload_all(client: SearchClient) -> None:
    await asyncio.gather(*(upload(client, image_id, picture) for image_id, picture in PICTURES.items()))


def nearest(picture: Picture, k: int) -> list[str]:
    distances = {key: float(np.linalg.norm(other.vector - picture.vector)) for key, other in PICTURES.items()}
    return sorted(distances, key=lambda key: (distances[key], key))[:k]


async def assert_whole(client: SearchClient, image_id: str, picture: Picture) -> None:
    """The image is there with all that belongs to it, and a query for it finds it."""
    record = await client.record("default", image_id)
    assert record.sha256 == picture.sha256
    content = await client.content("default", image_id)
    assert hashlib.sha256(content.data).hexdigest() == picture.sha256
    assert (await client.thumbnail("default", image_id)).data == picture.thumbnail
    [neighbour] = (await client.query("default", picture.query(1))).neighbours
    assert neighbour.record.sha256 == picture.sha256
    assert neighbour.distance < 1e-6


async def test_an_upload_is_found_as_soon_as_it_is_acknowledged(client: SearchClient) -> None:
    blob = await client.put_blob(CAT.sha256, CAT.data)
    assert (blob.sha256, blob.size) == (CAT.sha256, 3)
    answer = await client.commit("default", "a", CAT.commit("cat", {"year": 2015}))
    assert answer.created

    found = await client.query("default", CAT.query())
    assert found.space == space()
    assert found.revision == answer.record.revision == 1
    [neighbour] = found.neighbours
    assert neighbour.record == answer.record == await client.record("default", "a")
    assert (neighbour.record.label, neighbour.record.metadata) == ("cat", {"year": 2015})
    assert neighbour.distance == pytest.approx(0, abs=1e-6)
    assert neighbour.score == pytest.approx(1)


async def test_files_come_back_with_their_type_and_their_digest_as_entity_tag(client: SearchClient) -> None:
    await upload(client, "a", CAT)
    content, thumbnail = await client.content("default", "a"), await client.thumbnail("default", "a")
    assert (content.data, content.content_type, content.etag) == (CAT.data, "image/png", f'"{CAT.sha256}"')
    assert (thumbnail.data, thumbnail.content_type) == (CAT.thumbnail, "image/jpeg")
    assert thumbnail.etag == f'"{hashlib.sha256(CAT.thumbnail).hexdigest()}"'


async def test_created_and_replaced_are_told_apart(client: SearchClient, url: str) -> None:
    await client.put_blob(CAT.sha256, CAT.data)
    async with httpx.AsyncClient(base_url=url) as http:
        body = wire.encode(CAT.commit(), wire.JSON)
        address, headers = "/v1/collections/default/images/a", {"content-type": "application/json"}
        first, second = [await http.put(address, content=body, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()["created"]) == (200, False)


async def test_queries_find_what_brute_force_finds(client: SearchClient) -> None:
    await upload_all(client)
    for picture in (CAT, DOG, PICTURES["image-07"]):
        found = await client.query("default", picture.query(12))
        assert [neighbour.record.id for neighbour in found.neighbours] == nearest(picture, 12)
        for neighbour in found.neighbours:
            cosine = float(PICTURES[neighbour.record.id].vector @ picture.vector)
            assert neighbour.score == pytest.approx(cosine, abs=1e-5)


async def test_similar_leaves_the_image_itself_out_and_still_gives_k(client: SearchClient) -> None:
    await upload_all(client)
    await upload(client, "twin", PICTURES["image-03"])
    like_it = QueryRequest(examples=(Example(id="image-03"),), k=5)
    found = await client.query("default", like_it)
    expected = ["twin", *nearest(PICTURES["image-03"], 5)[1:]]
    assert [neighbour.record.id for neighbour in found.neighbours] == expected
    assert len((await client.query("default", like_it.model_copy(update={"k": 1000}))).neighbours) == 30


async def test_a_deleted_image_is_gone_as_soon_as_that_is_acknowledged(client: SearchClient) -> None:
    await upload_all(client)
    for image_id, picture in PICTURES.items():
        await client.delete("default", image_id)
        found = await client.query("default", picture.query(30))
        assert image_id not in {neighbour.record.id for neighbour in found.neighbours}
    for read in (client.record, client.content, client.thumbnail, client.delete):
        with pytest.raises(NotFound):
            await read("default", "image-00")


async def test_queries_during_uploads_and_deletes_never_fail_and_never_show_what_was_deleted(
    client: SearchClient,
) -> None:
    deleted: set[str] = set()
    writing = True

    async def write(number: int) -> None:
        for image_id, picture in list(PICTURES.items())[number::3]:
            await upload(client, image_id, picture)
            if number == 0:
                await client.delete("default", image_id)
                deleted.add(image_id)

    async def ask() -> None:
        while writing:
            gone = set(deleted)
            found = (await client.query("default", CAT.query(50))).neighbours
            assert not gone & {neighbour.record.id for neighbour in found}
            for neighbour in found:
                distance = np.linalg.norm(PICTURES[neighbour.record.id].vector - CAT.vector)
                assert neighbour.distance == pytest.approx(float(distance), abs=1e-5)

    asking = [asyncio.create_task(ask()) for _ in range(3)]
    await asyncio.gather(*(write(number) for number in range(3)))
    writing = False
    await asyncio.gather(*asking)
    assert len((await client.query("default", CAT.query(50))).neighbours) == 20


async def test_concurrent_uploads_of_one_id_end_in_one_image_that_belongs_together(client: SearchClient) -> None:
    await asyncio.gather(*(upload(client, "same", picture) for picture in PICTURES.values()))
    record = await client.record("default", "same")
    [picture] = [picture for picture in PICTURES.values() if picture.sha256 == record.sha256]
    await assert_whole(client, "same", picture)
    stats = await client.stats()
    assert stats.collections == (CollectionStats(name="default", images=1, space=space()),)
    assert stats.revision == record.revision == 30


async def test_pages_show_every_record_once_in_the_order_of_ids(client: SearchClient) -> None:
    await upload_all(client)
    seen: list[str] = []
    after = None
    while True:
        page = await client.page("default", after, 7)
        seen += [record.id for record in page.records]
        if (after := page.next_after) is None:
            break
    assert seen == sorted(PICTURES)
    assert (await client.page("default", None, 30)).next_after is None


async def test_known_tells_which_files_need_no_upload(client: SearchClient) -> None:
    await upload(client, "a", CAT)
    await client.put_blob(DOG.sha256, DOG.data)
    assert (await client.known("default", [DOG.sha256, CAT.sha256])).sha256 == (CAT.sha256,)
    assert (await client.known("nowhere", [CAT.sha256])).sha256 == ()


async def test_the_default_collection_exists_before_its_first_image(client: SearchClient) -> None:
    found = await client.query("default", CAT.query())
    assert (found.neighbours, found.revision, found.space) == ((), 0, space())
    assert (await client.page("default", None, 10)).records == ()
    stats = await client.stats()
    assert stats.store == "sqlite"
    assert stats.collections == (CollectionStats(name="default", images=0, space=None),)


async def test_another_collection_comes_into_being_by_its_first_image(client: SearchClient) -> None:
    for attempt in (
        client.query("birds", CAT.query()),
        client.page("birds", None, 10),
        client.record("birds", "a"),
        client.query("birds", QueryRequest(examples=(Example(id="a"),))),
        client.delete("birds", "a"),
    ):
        with pytest.raises(NotFound, match="birds"):
            await attempt
    await upload(client, "a", CAT, "birds")
    assert len((await client.query("birds", CAT.query())).neighbours) == 1
    assert (await client.query("default", CAT.query())).neighbours == ()


async def test_two_spaces_never_mix(client: SearchClient) -> None:
    await upload(client, "a", CAT)
    other = space(fingerprint="f" * 16)
    with pytest.raises(EmbeddingSpaceMismatch, match=r"0123456789abcdef.*ffffffffffffffff"):
        await client.query("default", QueryRequest.of_vector(other, CAT.vector.tobytes()))
    await client.put_blob(DOG.sha256, DOG.data)
    with pytest.raises(EmbeddingSpaceMismatch, match=r"0123456789abcdef.*ffffffffffffffff"):
        await client.commit("default", "b", DOG.commit(in_space=other))


@pytest.mark.parametrize(
    "vector", [np.zeros(7, "f4"), np.full(8, np.nan, "f4"), np.full(8, np.inf, "f4"), np.full(8, 3e38, "f4")]
)
async def test_a_vector_that_is_none_of_its_space_is_refused(client: SearchClient, vector: np.ndarray) -> None:
    await client.put_blob(CAT.sha256, CAT.data)
    with pytest.raises(InvalidRequest):
        await client.query("default", QueryRequest.of_vector(space(), vector.tobytes()))
    with pytest.raises(InvalidRequest):
        await client.commit("default", "a", CAT.commit().model_copy(update={"vector": vector.tobytes()}))


async def test_a_euclidean_space_scores_by_the_distance(client: SearchClient) -> None:
    euclidean = space(metric="euclidean")
    for image_id, picture in (("a", CAT), ("b", DOG)):
        await client.put_blob(picture.sha256, picture.data)
        await client.commit("flat", image_id, picture.commit(in_space=euclidean))
    answer = await client.query("flat", QueryRequest.of_vector(euclidean, CAT.vector.tobytes()))
    distance = float(np.linalg.norm(CAT.vector - DOG.vector))
    assert [neighbour.score for neighbour in answer.neighbours] == pytest.approx([1, 1 / (1 + distance)])


async def upload_described(client: SearchClient) -> None:
    """Every third picture is labelled `owl`; their years go from 2000 to 2029."""
    for number, (image_id, picture) in enumerate(PICTURES.items()):
        await client.put_blob(picture.sha256, picture.data)
        facts = {"label": "owl" if number % 3 == 0 else None, "metadata": {"year": 2000 + number}}
        await client.commit("default", image_id, picture.commit().model_copy(update=facts))


async def found(client: SearchClient, **options: object) -> list[str]:
    picture = PICTURES["image-05"]
    query = {**dict(picture.query()), **options}
    answer = await client.query("default", QueryRequest.model_validate(query))
    return [neighbour.record.id for neighbour in answer.neighbours]


async def test_a_filter_comes_before_the_search(client: SearchClient) -> None:
    await upload_described(client)
    owls = [image_id for image_id in nearest(PICTURES["image-05"], 30) if int(image_id[-2:]) % 3 == 0]
    assert await found(client, k=10, filter={"labels": ["owl"]}) == owls
    late = [image_id for image_id in owls if int(image_id[-2:]) >= 15]
    recent = {"labels": ["owl", "cat"], "metadata": [{"key": "year", "gte": 2015}]}
    assert await found(client, k=10, filter=recent) == late
    assert await found(client, k=2, filter={**recent, "not_ids": [late[0]]}) == late[1:3]
    years = [{"key": "year", "any_of": [2003, 2004.0, "2005"]}]
    assert sorted(await found(client, filter={"metadata": years})) == ["image-03", "image-04"]
    assert await found(client, filter={"ids": ["image-07", "nobody"]}) == ["image-07"]


async def test_what_a_filter_asks_for_follows_the_writes(client: SearchClient) -> None:
    await upload_described(client)
    await client.delete("default", "image-00")
    picture = PICTURES["image-01"]
    await client.put_blob(picture.sha256, picture.data)
    await client.commit("default", "image-01", picture.commit().model_copy(update={"label": "owl"}))
    owls = sorted(await found(client, k=30, filter={"labels": ["owl"]}))
    assert owls == ["image-01", *(f"image-{number:02}" for number in range(3, 30, 3))]


async def test_an_offset_a_least_score_and_a_least_percentile_cut_the_list(client: SearchClient) -> None:
    await upload_all(client)
    expected = nearest(PICTURES["image-05"], 30)
    assert await found(client, k=4, offset=3) == expected[3:7]
    assert await found(client, k=5, offset=28) == expected[28:]
    scores = [float(PICTURES[image_id].vector @ PICTURES["image-05"].vector) for image_id in expected]
    assert await found(client, k=30, min_score=scores[6] - 1e-4) == expected[:7]
    answer = await client.query("default", PICTURES["image-05"].query(30))
    percentiles = [near.percentile for near in answer.neighbours if near.percentile is not None]
    assert percentiles[0] == 1
    assert percentiles == sorted(percentiles, reverse=True)
    above = [near.record.id for near in answer.neighbours if near.percentile is not None and near.percentile >= 0.6]
    assert await found(client, k=30, min_percentile=0.6) == above


async def test_near_duplicates_are_collapsed_on_request(client: SearchClient) -> None:
    await upload_all(client)
    for number in range(3):
        await upload(client, f"twin-{number}", PICTURES["image-05"])
    expected = nearest(PICTURES["image-05"], 5)
    assert (await found(client, k=5))[:4] == ["image-05", "twin-0", "twin-1", "twin-2"]
    assert await found(client, k=5, collapse=0.9999) == expected


async def test_bytes_that_are_not_what_their_address_says_are_refused(client: SearchClient) -> None:
    with pytest.raises(InvalidRequest, match="SHA-256"):
        await client.put_blob(CAT.sha256, DOG.data)
    with pytest.raises(EmptyUpload):
        await client.put_blob(hashlib.sha256().hexdigest(), b"")
    with pytest.raises(Conflict):
        await client.commit("default", "a", CAT.commit())


async def test_bytes_beyond_the_limit_are_refused_announced_or_not(client: SearchClient, url: str) -> None:
    long = Picture(bytes(1_000_001))
    with pytest.raises(ImageTooLarge):
        await client.put_blob(long.sha256, long.data)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(100_000)

    async with httpx.AsyncClient(base_url=url) as http:
        answer = await http.put(f"/v1/blobs/{long.sha256}", content=chunks())
    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")
    longest = Picture(bytes(1_000_000))
    assert (await client.put_blob(longest.sha256, longest.data)).size == 1_000_000


async def test_released_bytes_are_gone(client: SearchClient) -> None:
    await client.put_blob(CAT.sha256, CAT.data)
    await client.release_blob(CAT.sha256)
    await client.release_blob(CAT.sha256)
    with pytest.raises(Conflict):
        await client.commit("default", "a", CAT.commit())


async def test_collections_beyond_the_limit_are_refused(client: SearchClient, url: str) -> None:
    await upload(client, "a", CAT, "one")
    await upload(client, "a", CAT, "two")
    await client.put_blob(CAT.sha256, CAT.data)
    async with httpx.AsyncClient(base_url=url) as http:
        body = wire.encode(CAT.commit())
        address, headers = "/v1/collections/three/images/a", {"content-type": "application/msgpack"}
        answer = await http.put(address, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (507, "limit_reached")


@pytest.mark.parametrize("k", [0, -1, 1001])
async def test_k_out_of_range_has_its_own_code(url: str, k: int) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        for example in ({"vector": [1.0] * 8}, {"id": "a"}):
            query = {"space": space().model_dump(), "examples": [example], "k": k}
            answer = await http.post("/v1/collections/default/query", json=query)
            assert (answer.status_code, answer.json()["code"]) == (422, "k_out_of_range")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/blobs/xyz"),
        ("GET", "/v1/collections/Default/images"),
        ("GET", "/v1/collections/default/images/.hidden"),
        ("GET", "/v1/collections/default/images?limit=0"),
        ("GET", "/v1/collections/default/images?after=a/b"),
        ("POST", "/v1/collections/default/query"),
        ("PUT", "/v1/collections/default/images/a"),
    ],
)
async def test_a_malformed_request_is_refused_as_a_problem(url: str, method: str, path: str) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        answer = await http.request(method, path, content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_a_commit_whose_description_makes_no_sense_is_refused(client: SearchClient) -> None:
    await client.put_blob(CAT.sha256, CAT.data)
    for wrong in (
        {"content_type": "text/html"},
        {"content_type": "image/png\r\nx: y"},
        {"width": 0},
        {"height": 2**40},
    ):
        with pytest.raises(InvalidRequest):
            await client.commit("default", "a", CAT.commit().model_copy(update=wrong))


async def test_the_documentation_describes_bodies_and_answers(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        document = (await http.get("/openapi.json")).json()
    commit = document["paths"]["/v1/collections/{collection}/images/{image_id}"]["put"]
    body = commit["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["space"]["properties"]["dimensions"]["type"] == "integer"
    assert "$defs" not in json.dumps(document)
    assert commit["responses"]["201"]["content"]["application/json"]["schema"]["$ref"].endswith("/CommitResponse")


async def test_metrics_tell_sizes_and_times(client: SearchClient, url: str) -> None:
    await upload_all(client)
    await client.query("default", CAT.query())
    async with httpx.AsyncClient(base_url=url) as http:
        metrics = (await http.get("/metrics")).text
    assert 'search_images{collection="default"} 30.0' in metrics
    assert "search_revision 30.0" in metrics
    assert "search_query_seconds_count 1.0" in metrics
    assert "search_catch_up_seconds_count" in metrics


async def nearest_records(client: SearchClient, picture: Picture) -> list[tuple[ImageRecord, float]]:
    answer = await client.query("default", picture.query(20))
    return [(near.record, near.distance) for near in answer.neighbours]


async def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    with serving(create_app(settings(tmp_path))) as url:
        async with client_of(url) as client:
            await upload_all(client)
            await upload(client, "a", CAT, "birds")
            await client.delete("default", "image-05")
            before = [await nearest_records(client, picture) for picture in PICTURES.values()]
            stats = await client.stats()
    with serving(create_app(settings(tmp_path, catch_up_batch=4))) as url:
        async with client_of(url) as client:
            assert [await nearest_records(client, picture) for picture in PICTURES.values()] == before
            assert await client.stats() == stats
            await assert_whole(client, "image-06", PICTURES["image-06"])
