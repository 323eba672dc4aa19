"""The gateway as its clients meet it: over HTTP, with the real services behind it."""

from collections.abc import AsyncIterator
from io import BytesIO

import httpx
import pytest
from PIL import Image

from shared.clients.gateway import GatewayClient
from shared.contracts.filters import Filter, Range
from shared.errors import EmptyUpload, NotFound, RevisionNotReached, UndecodableImage, UnsupportedMediaType
from tests.support.images import jpeg, picture, png
from tests.support.stack import Stack


@pytest.fixture
async def http(services: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=30) as client:
        yield client


@pytest.fixture
def lookalike(http: httpx.AsyncClient) -> GatewayClient:
    return GatewayClient(http)


@pytest.fixture
def collection(request: pytest.FixtureRequest) -> str:
    """A collection of the test's own."""
    name: str = request.node.name
    return name.partition("[")[0].replace("test_", "")[:60].strip("_")


async def test_an_added_image_is_found_by_itself_at_once(lookalike: GatewayClient, collection: str) -> None:
    for seed in range(5):
        await lookalike.add(jpeg(picture(seed)), label=f"kind-{seed}", collection=collection)
    added = await lookalike.add(
        jpeg(picture(9)), label="kite", metadata={"source": "a/kite.jpg", "year": 2004}, collection=collection
    )
    found = await lookalike.search(jpeg(picture(9)), k=3, collection=collection)
    best = found.results[0]
    assert (best.id, best.label, best.metadata) == (added.image.id, "kite", {"source": "a/kite.jpg", "year": 2004})
    assert best.distance == pytest.approx(0, abs=1e-5)
    assert best.score == pytest.approx(1, abs=1e-5)
    assert len(found.results) == 3
    assert found.revision >= added.image.revision
    distances = [result.distance for result in found.results]
    assert distances == sorted(distances)


async def test_the_links_of_a_result_lead_somewhere(
    lookalike: GatewayClient, http: httpx.AsyncClient, collection: str
) -> None:
    original = png(picture(1, (800, 600)))
    await lookalike.add(original, collection=collection)
    await lookalike.add(jpeg(picture(2)), collection=collection)
    links = (await lookalike.search(original, k=1, collection=collection)).results[0].links
    content = await http.get(links.content)
    assert (content.content, content.headers["content-type"]) == (original, "image/png")
    assert content.headers["x-content-type-options"] == "nosniff"
    thumbnail = await http.get(links.thumbnail)
    assert thumbnail.headers["content-type"] == "image/jpeg"
    assert Image.open(BytesIO(thumbnail.content)).size == (320, 240)
    assert (await http.get(links.self)).json()["width"] == 800
    assert len((await http.get(links.similar)).json()["results"]) == 1


async def test_adding_an_image_again_does_not_double_it(
    lookalike: GatewayClient, http: httpx.AsyncClient, collection: str
) -> None:
    image = jpeg(picture(1))
    first = await http.post(
        "/v1/images", params={"collection": collection}, files={"image": image}, data={"label": "a"}
    )
    assert first.status_code == 201
    assert first.headers["location"] == first.json()["image"]["links"]["self"]
    again = await lookalike.add(image, collection=collection)
    assert not again.created
    assert again.image.model_dump(mode="json") == first.json()["image"]
    renamed = await lookalike.add(image, label="b", metadata={"x": 1}, collection=collection)
    assert (renamed.created, renamed.image.label, renamed.image.metadata) == (False, "b", {"x": 1})
    assert renamed.image.created_at == again.image.created_at
    assert len((await lookalike.images(collection=collection)).images) == 1


async def test_putting_an_image_replaces_the_one_that_has_its_id(lookalike: GatewayClient, collection: str) -> None:
    created = await lookalike.put("my-kite.1", jpeg(picture(1)), label="kite", collection=collection)
    assert created.created
    replaced = await lookalike.put("my-kite.1", png(picture(2)), collection=collection)
    assert not replaced.created
    assert (replaced.image.label, replaced.image.content_type) == (None, "image/png")
    assert await lookalike.content("my-kite.1", collection=collection) == png(picture(2))
    best = (await lookalike.search(jpeg(picture(1)), collection=collection)).results
    assert [result.id for result in best] == ["my-kite.1"]
    assert best[0].distance > 0.01


async def test_a_deleted_image_is_gone_everywhere(lookalike: GatewayClient, collection: str) -> None:
    image = jpeg(picture(1))
    image_id = (await lookalike.add(image, collection=collection)).image.id
    await lookalike.delete(image_id, collection=collection)
    assert not (await lookalike.search(image, collection=collection)).results
    assert not (await lookalike.images(collection=collection)).images
    for read in (lookalike.image, lookalike.content, lookalike.thumbnail, lookalike.similar, lookalike.delete):
        with pytest.raises(NotFound):
            await read(image_id, collection=collection)
    assert (await lookalike.add(image, collection=collection)).created


async def test_similar_leaves_the_image_itself_out(lookalike: GatewayClient, collection: str) -> None:
    ids = [(await lookalike.add(jpeg(picture(seed)), collection=collection)).image.id for seed in range(4)]
    found = await lookalike.similar(ids[0], k=3, collection=collection)
    assert {result.id for result in found.results} == set(ids[1:])


async def test_pages_list_every_image_once(lookalike: GatewayClient, collection: str) -> None:
    ids = {(await lookalike.add(jpeg(picture(seed)), collection=collection)).image.id for seed in range(7)}
    listed, cursor = [], None
    while True:
        page = await lookalike.images(limit=3, cursor=cursor, collection=collection)
        listed += [image.id for image in page.images]
        if (cursor := page.next_cursor) is None:
            break
    assert listed == sorted(ids)


async def test_known_files_are_told_apart_from_new_ones(lookalike: GatewayClient, collection: str) -> None:
    stored = (await lookalike.add(jpeg(picture(1)), collection=collection)).image.sha256
    assert await lookalike.known([stored, "0" * 64], collection=collection) == {stored}
    assert await lookalike.known([stored], collection=f"{collection}-2"[:63]) == frozenset()


async def test_a_search_can_ask_for_what_a_write_has_answered(lookalike: GatewayClient, collection: str) -> None:
    image = (await lookalike.add(jpeg(picture(1)), collection=collection)).image
    found = await lookalike.search(jpeg(picture(1)), min_revision=image.revision, collection=collection)
    assert [result.id for result in found.results] == [image.id]
    assert found.revision >= image.revision
    with pytest.raises(RevisionNotReached):
        await lookalike.similar(image.id, min_revision=image.revision + 1_000_000, collection=collection)


async def test_collections_do_not_see_each_other(lookalike: GatewayClient, collection: str) -> None:
    image_id = (await lookalike.add(jpeg(picture(1)), collection=collection)).image.id
    await lookalike.add(jpeg(picture(2)), collection=f"{collection}-b")
    assert [r.id for r in (await lookalike.search(jpeg(picture(2)), collection=collection)).results] == [image_id]
    with pytest.raises(NotFound):
        await lookalike.image(image_id, collection=f"{collection}-b")


async def test_the_empty_default_collection_answers_and_an_unknown_one_does_not(lookalike: GatewayClient) -> None:
    assert (await lookalike.search(jpeg(picture(1)))).results == ()
    with pytest.raises(NotFound):
        await lookalike.search(jpeg(picture(1)), collection="nobody-made-this")


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", EmptyUpload),
        (b"%PDF-1.7 not an image", UnsupportedMediaType),
        (jpeg(picture(1))[:2000], UndecodableImage),
    ],
)
async def test_a_refused_image_leaves_nothing_behind(
    services: Stack, lookalike: GatewayClient, collection: str, data: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await lookalike.add(data, collection=collection)
    with pytest.raises(refusal):
        await lookalike.search(data, collection=collection)
    with pytest.raises(NotFound):
        await lookalike.images(collection=collection)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/v1/search?k=0", "k_out_of_range"),
        ("POST", "/v1/search?k=1001", "k_out_of_range"),
        ("POST", "/v1/search?k=many", "invalid_request"),
        ("POST", "/v1/search?collection=No%20Name", "invalid_request"),
        ("PUT", "/v1/images/.hidden", "invalid_request"),
        ("GET", "/v1/images?cursor=***", "invalid_request"),
        ("GET", "/v1/images?limit=0", "invalid_request"),
        ("GET", "/v1/images/nobody", "not_found"),
        ("GET", "/v1/images/nobody/similar?k=0", "k_out_of_range"),
        ("GET", "/v2/images", "not_found"),
        ("PATCH", "/v1/search", "method_not_allowed"),
    ],
)
async def test_a_bad_request_gets_its_code(http: httpx.AsyncClient, method: str, path: str, code: str) -> None:
    files = {"image": jpeg(picture(1))} if method in {"POST", "PUT"} else None
    response = await http.request(method, path, files=files)
    assert (response.json()["code"], response.headers["content-type"]) == (code, "application/problem+json")
    assert response.json()["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    "form", [{"metadata": "[1]"}, {"metadata": "{"}, {"metadata": '{"a": {}}'}, {"label": "x" * 201}]
)
async def test_wrong_facts_about_an_image_are_refused(http: httpx.AsyncClient, form: dict[str, str]) -> None:
    response = await http.post("/v1/images", files={"image": jpeg(picture(1))}, data=form)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["errors"][0]["field"].startswith(f"body.{next(iter(form))}")


async def test_stats_tell_of_both_services(lookalike: GatewayClient, collection: str) -> None:
    await lookalike.add(jpeg(picture(1)), collection=collection)
    stats = await lookalike.stats()
    mine = next(held for held in stats.search.collections if held.name == collection)
    assert mine.images == 1
    assert mine.space == stats.embedder.ref()
    assert stats.search.store == "sqlite"


async def test_bytes_of_a_refused_image_are_not_kept(services: Stack, lookalike: GatewayClient) -> None:
    broken = jpeg(picture(77))[:3000]
    with pytest.raises(UndecodableImage):
        await lookalike.add(broken)
    async with httpx.AsyncClient(base_url=services.search) as to_search:
        exposition = (await to_search.get("/metrics")).text
    assert 'http_requests_total{method="DELETE",route="/v1/blobs/{sha256}",status="204"}' in exposition


async def test_a_search_is_narrowed_cut_and_thinned_out(lookalike: GatewayClient, collection: str) -> None:
    for seed in range(6):
        label, metadata = ("even" if seed % 2 == 0 else "odd"), {"year": 2000 + seed}
        await lookalike.add(jpeg(picture(seed)), label=label, metadata=metadata, collection=collection)
    twin = await lookalike.put("twin", jpeg(picture(0)), label="even", collection=collection)
    query = jpeg(picture(0))

    every = (await lookalike.search(query, collection=collection)).results
    assert [result.percentile for result in every[:2]] == [1, 1]
    even = [result.id for result in every if result.label == "even"]
    found = await lookalike.search(query, filter=Filter(labels=("even",)), k=4, collection=collection)
    assert [result.id for result in found.results] == even
    late = Filter(metadata=(Range(key="year", gte=2002, lt=2005),))
    found = await lookalike.search(query, filter=late, collection=collection)
    assert {result.metadata["year"] for result in found.results} == {2002, 2003, 2004}
    page = await lookalike.search(query, k=2, offset=3, collection=collection)
    assert [result.id for result in page.results] == [result.id for result in every[3:5]]
    near = await lookalike.search(query, min_score=0.999, collection=collection)
    assert {result.id for result in near.results} == {every[0].id, every[1].id}
    thinned = await lookalike.search(query, collapse=0.999, collection=collection)
    assert len(thinned.results) == 6
    similar = await lookalike.similar(twin.image.id, k=1, filter=Filter(labels=("odd",)), collection=collection)
    assert [result.label for result in similar.results] == ["odd"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"label": "x"}',
        '{"metadata": [{"key": "a"}]}',
        '{"metadata": [{"key": "a", "gt": "b", "lt": 1}]}',
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused_in_its_own_words(http: httpx.AsyncClient, text: str) -> None:
    answer = await http.post("/v1/search", params={"filter": text}, files={"image": jpeg(picture(0))})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_filter")
    assert all(error["field"].startswith("query.filter") for error in answer.json()["errors"])


async def test_more_collapsed_results_than_can_be_compared_are_refused(http: httpx.AsyncClient) -> None:
    asked = {"collapse": 0.9, "offset": 991, "k": 10}
    answer = await http.post("/v1/search", params=asked, files={"image": jpeg(picture(0))})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "at most 1000" in answer.json()["errors"][0]["message"]
