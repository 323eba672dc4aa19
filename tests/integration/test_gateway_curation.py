"""Listing by filter, labels, and removing what a filter admits."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from shared.clients.gateway import GatewayClient
from shared.contracts.batch import BatchFacts
from shared.contracts.filters import Filter, Range
from shared.contracts.gateway import RemovalRequest
from shared.contracts.selection import LabelCount
from shared.errors import Conflict, InvalidRequest, NotFound
from tests.support.images import picture, png
from tests.support.stack import Stack

LABELS = ("cat", "dog", "owl")


@pytest.fixture
async def http(services: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=30) as client:
        yield client


@pytest.fixture
def lookalike(http: httpx.AsyncClient) -> GatewayClient:
    return GatewayClient(http)


@pytest.fixture
async def collection(request: pytest.FixtureRequest, lookalike: GatewayClient) -> str:
    """Thirty images of three labels, and two of none."""
    name: str = request.node.name.partition("[")[0].replace("test_", "")[:60].strip("_")
    facts = [
        BatchFacts(id=f"image-{number:02}", label=LABELS[number % 3] if number < 30 else None, metadata={"n": number})
        for number in range(32)
    ]
    await lookalike.add_batch([png(picture(number, (32, 24))) for number in range(32)], facts, collection=name)
    return name


async def listed(lookalike: GatewayClient, collection: str, wanted: Filter | None, limit: int = 4) -> list[str]:
    ids: list[str] = []
    cursor = None
    while True:
        page = await lookalike.images(limit=limit, cursor=cursor, filter=wanted, collection=collection)
        ids += [image.id for image in page.images]
        if (cursor := page.next_cursor) is None:
            return ids


async def test_pages_of_a_filter_list_every_image_of_it_once(lookalike: GatewayClient, collection: str) -> None:
    dogs = [f"image-{number:02}" for number in range(1, 30, 3)]
    assert await listed(lookalike, collection, Filter(labels=("dog",))) == dogs
    some = Filter(labels=("dog", "cat"), metadata=(Range(key="n", gte=10, lt=20),), not_ids=("image-10",))
    assert await listed(lookalike, collection, some) == [
        "image-12",
        "image-13",
        "image-15",
        "image-16",
        "image-18",
        "image-19",
    ]
    assert await listed(lookalike, collection, Filter(labels=("cow",))) == []
    assert await listed(lookalike, collection, Filter(), limit=7) == await listed(lookalike, collection, None)


async def test_what_is_written_between_two_pages_moves_nothing(lookalike: GatewayClient, collection: str) -> None:
    dogs = Filter(labels=("dog",))
    first = await lookalike.images(limit=3, filter=dogs, collection=collection)
    await lookalike.delete("image-01", collection=collection)
    await lookalike.put("image-00", png(picture(99, (32, 24))), label="dog", collection=collection)
    rest = await lookalike.images(limit=100, cursor=first.next_cursor, filter=dogs, collection=collection)
    ids = [image.id for image in (*first.images, *rest.images)]
    assert ids == [f"image-{number:02}" for number in range(1, 30, 3)]


async def test_a_write_is_listed_by_its_filter_at_once(lookalike: GatewayClient, collection: str) -> None:
    for number in range(5):
        await lookalike.patch(f"image-{number:02}", label=f"new-{number}", collection=collection)
        assert await listed(lookalike, collection, Filter(labels=(f"new-{number}",))) == [f"image-{number:02}"]


async def test_labels_are_counted_page_by_page(lookalike: GatewayClient, collection: str) -> None:
    await lookalike.patch("image-00", label="ä bird", collection=collection)
    await lookalike.delete("image-01", collection=collection)
    every = (await lookalike.labels(collection=collection)).labels
    assert [(one.label, one.images) for one in every] == [("cat", 9), ("dog", 9), ("owl", 10), ("ä bird", 1)]
    paged: list[LabelCount] = []
    cursor = None
    while True:
        page = await lookalike.labels(limit=1, cursor=cursor, collection=collection)
        paged += page.labels
        if (cursor := page.next_cursor) is None:
            break
    assert tuple(paged) == every
    with pytest.raises(NotFound):
        await lookalike.labels(collection="nobody-made-this")
    assert (await lookalike.labels()).labels == ()


async def test_a_dry_run_tells_and_removes_nothing(lookalike: GatewayClient, collection: str) -> None:
    owls = Filter(labels=("owl",))
    told = await lookalike.delete_matching(RemovalRequest(filter=owls), collection=collection)
    assert (told.dry_run, told.matching, told.removed, told.remaining) == (True, 10, 0, 10)
    assert told.ids == tuple(f"image-{number:02}" for number in range(2, 30, 3))
    assert len(await listed(lookalike, collection, None, limit=100)) == 32


async def test_as_many_as_were_told_are_removed(lookalike: GatewayClient, collection: str) -> None:
    wanted = Filter(labels=("owl", "cat"))
    removed = await lookalike.delete_matching(
        RemovalRequest(filter=wanted, dry_run=False, count=20), collection=collection
    )
    assert (removed.dry_run, removed.matching, removed.removed, removed.remaining) == (False, 20, 20, 0)
    left = await listed(lookalike, collection, None, limit=100)
    assert left == sorted([f"image-{number:02}" for number in range(1, 30, 3)] + ["image-30", "image-31"])
    found = await lookalike.search(
        png(picture(0, (32, 24))), k=100, min_revision=removed.revision, collection=collection
    )
    assert sorted(result.id for result in found.results) == left
    with pytest.raises(NotFound):
        await lookalike.content("image-00", collection=collection)


async def test_more_than_fit_one_slice_are_removed(lookalike: GatewayClient, collection: str) -> None:
    for start in range(100, 220, 60):
        images = [png(picture(number, (32, 24))) for number in range(start, start + 60)]
        await lookalike.add_batch(images, [BatchFacts(label="many")] * 60, collection=collection)
    request = RemovalRequest(filter=Filter(labels=("many",)), dry_run=False, any_count=True)
    removed = await lookalike.delete_matching(request, collection=collection)
    assert (removed.removed, removed.remaining) == (120, 0)
    assert len(await listed(lookalike, collection, None, limit=100)) == 32


async def test_a_number_that_was_not_told_removes_nothing(lookalike: GatewayClient, collection: str) -> None:
    wanted = Filter()
    with pytest.raises(InvalidRequest, match="dry run"):
        await lookalike.delete_matching(RemovalRequest(filter=wanted, dry_run=False), collection=collection)
    with pytest.raises(Conflict, match="32 images, and 31"):
        await lookalike.delete_matching(RemovalRequest(filter=wanted, dry_run=False, count=31), collection=collection)
    assert len(await listed(lookalike, collection, None, limit=100)) == 32


async def test_other_requests_go_on_and_what_is_written_meanwhile_stays(
    lookalike: GatewayClient, collection: str
) -> None:
    fresh = [png(picture(number, (32, 24))) for number in range(300, 320)]

    async def write() -> list[str]:
        return [(await lookalike.add(data, label="cat", collection=collection)).image.id for data in fresh]

    request = RemovalRequest(filter=Filter(labels=("cat",)), dry_run=False, any_count=True)
    removed, written = await asyncio.gather(lookalike.delete_matching(request, collection=collection), write())
    cats = await listed(lookalike, collection, Filter(labels=("cat",)), limit=100)
    assert len(cats) + removed.removed == 30
    assert set(cats) <= set(written)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"dry_run": True},
        {"filter": {"label": "x"}},
        {"filter": {}, "count": -1},
        {"filter": {}, "all": True},
    ],
)
async def test_a_removal_that_is_not_said_clearly_is_refused(http: httpx.AsyncClient, body: object) -> None:
    answer = await http.post("/v1/images/delete", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "path", ["/v1/images?filter={}&", "/v1/labels?", "/v1/duplicates?", "/v1/duplicates/decisions?"]
)
@pytest.mark.parametrize("cursor", ["***", "", "AA", "Li4v"])
async def test_a_cursor_of_nobody_is_refused(http: httpx.AsyncClient, path: str, cursor: str) -> None:
    answer = await http.get(f"{path}cursor={cursor}")
    if path == "/v1/labels?" and cursor in ("AA", "Li4v"):
        assert answer.status_code == 200  # any text may be a label
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
