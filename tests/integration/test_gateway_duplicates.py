"""Near-duplicates: found beside other work, shown in groups, and decided about."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from shared.clients.gateway import GatewayClient
from shared.contracts.batch import BatchFacts
from shared.contracts.duplicates import Decision, StoredDecision
from shared.contracts.gateway import DuplicateList
from shared.errors import NotFound
from tests.support.images import jpeg, picture
from tests.support.stack import Stack


@pytest.fixture
async def http(services: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=30) as client:
        yield client


@pytest.fixture
def lookalike(http: httpx.AsyncClient) -> GatewayClient:
    return GatewayClient(http)


@pytest.fixture
async def collection(request: pytest.FixtureRequest, lookalike: GatewayClient) -> str:
    """Eight pictures; of the first four there are one to four more forms, in other qualities."""
    name: str = request.node.name.partition("[")[0].replace("test_", "")[:60].strip("_")
    files = [
        (f"{seed}-{form}", jpeg(picture(seed), quality=95 - form)) for seed in range(4) for form in range(seed + 2)
    ]
    files += [(f"{seed}-0", jpeg(picture(seed))) for seed in range(4, 8)]
    facts = [BatchFacts(id=key) for key, _ in files]
    await lookalike.add_batch([data for _, data in files], facts, collection=name)
    return name


def forms(seed: int) -> list[str]:
    return [f"{seed}-{form}" for form in range(seed + 2)]


async def report(
    lookalike: GatewayClient, collection: str, *, decided: bool = False, limit: int = 100, cursor: str | None = None
) -> DuplicateList:
    """Wait for a report of all that is written."""
    revision = (await lookalike.stats()).search.revision
    async with asyncio.timeout(30):
        while True:
            page = await lookalike.duplicates(
                min_score=0.98,
                min_revision=revision,
                decided=decided,
                limit=limit,
                cursor=cursor,
                collection=collection,
            )
            if page.ready:
                return page
            await asyncio.sleep(0.05)


def groups(page: DuplicateList) -> list[list[str]]:
    return [sorted(image.id for image in group.images) for group in page.groups]


async def test_forms_of_the_same_picture_are_one_group(lookalike: GatewayClient, collection: str) -> None:
    page = await report(lookalike, collection)
    assert groups(page) == [forms(seed) for seed in range(4)]
    for group in page.groups:
        assert group.size == len(group.images)
        assert group.images[0].id == min(image.id for image in group.images)
        scores = [image.score for image in group.images]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] == 1
        assert scores[-1] >= 0.98
        assert not group.decisions
    record = await lookalike.image("2-0", collection=collection)
    assert page.groups[2].images[0].model_dump(exclude={"score"}) == record.model_dump()


async def test_a_report_that_is_being_made_says_when_to_come_back(
    http: httpx.AsyncClient, lookalike: GatewayClient, collection: str
) -> None:
    answer = await http.get("/v1/duplicates", params={"collection": collection, "min_score": 0.987})
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")
    assert not answer.json()["ready"]
    assert answer.json()["groups"] == []
    await report(lookalike, collection)


async def test_pages_show_each_group_once(lookalike: GatewayClient, collection: str) -> None:
    shown, cursor = [], None
    while True:
        page = await report(lookalike, collection, limit=1, cursor=cursor)
        assert len(page.groups) <= 1
        shown += groups(page)
        if (cursor := page.next_cursor) is None:
            break
    assert shown == [forms(seed) for seed in range(4)]


async def test_what_is_removed_or_replaced_is_shown_no_more(lookalike: GatewayClient, collection: str) -> None:
    before = await report(lookalike, collection)
    await lookalike.delete("0-1", collection=collection)
    await lookalike.delete("1-2", collection=collection)
    await lookalike.put("2-3", jpeg(picture(50)), collection=collection)
    old = await lookalike.duplicates(min_score=0.98, limit=100, collection=collection)
    assert old.revision >= before.revision
    assert groups(old) == [forms(1)[:-1], forms(2)[:-1], forms(3)]
    assert groups(await report(lookalike, collection)) == [forms(1)[:-1], forms(2)[:-1], forms(3)]


async def test_what_is_decided_is_left_out_unless_asked_for(lookalike: GatewayClient, collection: str) -> None:
    distinct = await lookalike.decide(Decision(ids=("0-1", "0-0"), verdict="distinct"), collection=collection)
    kept = await lookalike.decide(Decision(ids=tuple(forms(1)), verdict="keep", keep="1-2"), collection=collection)
    await lookalike.decide(Decision(ids=("2-0", "2-1"), verdict="distinct"), collection=collection)
    page = await report(lookalike, collection)
    assert groups(page) == [["2-0", "2-2", "2-3"], forms(3)]
    assert page.groups[0].size == 3
    every = await report(lookalike, collection, decided=True)
    assert groups(every) == [forms(seed) for seed in range(4)]
    assert [group.decisions for group in every.groups[:2]] == [(distinct,), (kept,)]

    await lookalike.put("1-9", jpeg(picture(1), quality=80), collection=collection)
    assert groups(await report(lookalike, collection))[0] == ["1-0", "1-9"]

    await lookalike.revoke(distinct.id, collection=collection)
    assert groups(await report(lookalike, collection))[0] == forms(0)
    with pytest.raises(NotFound):
        await lookalike.revoke(distinct.id, collection=collection)


async def test_decisions_are_listed_and_replaced(lookalike: GatewayClient, collection: str) -> None:
    first = await lookalike.decide(Decision(ids=("0-0", "0-1"), verdict="distinct"), collection=collection)
    again = await lookalike.decide(Decision(ids=("0-1", "0-0"), verdict="keep", keep="0-0"), collection=collection)
    other = await lookalike.decide(Decision(ids=("1-0", "1-1"), verdict="distinct"), collection=collection)
    assert again.id == first.id
    expected = sorted([again, other], key=lambda one: one.id)
    listed: list[StoredDecision] = []
    cursor = None
    while True:
        page = await lookalike.decisions(limit=1, cursor=cursor, collection=collection)
        listed += page.decisions
        if (cursor := page.next_cursor) is None:
            break
    assert listed == expected


async def test_a_decision_about_images_that_are_not_there_is_refused(lookalike: GatewayClient, collection: str) -> None:
    with pytest.raises(NotFound, match="nobody"):
        await lookalike.decide(Decision(ids=("0-0", "nobody"), verdict="distinct"), collection=collection)
    assert not (await lookalike.decisions(collection=collection)).decisions


@pytest.mark.parametrize(
    "decision",
    [
        {"ids": ["0-0"], "verdict": "distinct"},
        {"ids": ["0-0", "0-0"], "verdict": "distinct"},
        {"ids": ["0-0", "0-1"], "verdict": "keep"},
        {"ids": ["0-0", "0-1"], "verdict": "keep", "keep": "0-2"},
        {"ids": ["0-0", "0-1"], "verdict": "distinct", "keep": "0-0"},
        {"ids": ["0-0", "0-1"], "verdict": "burn"},
    ],
)
async def test_a_decision_that_contradicts_itself_is_refused(http: httpx.AsyncClient, decision: object) -> None:
    answer = await http.put("/v1/duplicates/decisions", json=decision)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_collections_that_are_empty_or_unknown(lookalike: GatewayClient) -> None:
    empty = await lookalike.duplicates()
    assert (empty.ready, empty.groups, empty.next_cursor) == (True, (), None)
    with pytest.raises(NotFound):
        await lookalike.duplicates(collection="nobody-made-this")


@pytest.mark.parametrize("query", ["min_score=0", "min_score=1.1", "min_score=nan", "limit=0", "limit=101"])
async def test_questions_that_make_no_sense_are_refused(http: httpx.AsyncClient, query: str) -> None:
    answer = await http.get(f"/v1/duplicates?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
