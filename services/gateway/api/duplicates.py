"""Near-duplicates of a collection, and what people decide about them."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response

from services.gateway import resources
from services.gateway.api.access import SEARCH, WRITE
from services.gateway.api.cursors import DECISION, IMAGE, Cursor, decoded, encoded
from services.gateway.api.dependencies import Collection, Search
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.duplicates import Decision, DecisionId, LeastScore, StoredDecision
from shared.contracts.gateway import DecisionList, DuplicateList
from shared.contracts.search import Revision
from shared.errors import LimitReached, NotFound, RevisionNotReached
from shared.openapi import refusals

router = APIRouter(prefix="/v1/duplicates", tags=["duplicates"])

_BEING_MADE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The report is there.", "model": DuplicateList},
    202: {"description": "It is being made; `Retry-After` says when to ask again.", "model": DuplicateList},
}


@router.get(
    "",
    summary="List near-duplicates",
    responses=_BEING_MADE | refusals(NotFound, RevisionNotReached),
    dependencies=SEARCH,
)
async def list_duplicates(
    response: Response,
    search: Search,
    min_score: Annotated[LeastScore, Query(description="Least score to the first image of a group.")] = 0.95,
    limit: Annotated[int, Query(ge=1, le=100, description="How many groups a page.")] = 20,
    cursor: Cursor = None,
    decided: Annotated[bool, Query(description="Show groups too about which was decided.")] = False,
    min_revision: Annotated[
        Revision, Query(description="Wait for a report that has this write: the `revision` that an upload answered.")
    ] = 0,
    collection: Collection = DEFAULT_COLLECTION,
) -> DuplicateList:
    """List groups of images that look the same, page by page: in each, a first image and those that are near it.

    The first call begins to look for them, beside all other work. Later ones are answered from what was found, as of
    its `revision`, while newer writes are looked at.
    """
    found = await search.duplicates(
        collection, min_score, after=decoded(cursor, IMAGE), limit=limit, decided=decided, min_revision=min_revision
    )
    if not found.ready:
        response.status_code = 202
        response.headers["retry-after"] = "1"
    return resources.duplicates(found, encoded(found.next_after))


@router.put(
    "/decisions",
    summary="Decide about images that look the same",
    responses=refusals(LimitReached, NotFound),
    dependencies=WRITE,
)
async def put_decision(
    search: Search, decision: Annotated[Decision, Body()], collection: Collection = DEFAULT_COLLECTION
) -> StoredDecision:
    """Remember that images are different things, or which of them is kept; nothing is removed by that.

    Another decision about the same images takes the place of this one.
    """
    return await search.decide(collection, decision)


@router.get("/decisions", summary="List decisions", responses=refusals(NotFound), dependencies=SEARCH)
async def list_decisions(
    search: Search,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many decisions a page.")] = 100,
    cursor: Cursor = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> DecisionList:
    """List what was decided, page by page."""
    page = await search.decisions(collection, decoded(cursor, DECISION), limit)
    return DecisionList(decisions=page.decisions, next_cursor=encoded(page.next_after))


@router.delete(
    "/decisions/{decision_id}",
    summary="Revoke a decision",
    responses=refusals(NotFound),
    status_code=204,
    dependencies=WRITE,
)
async def delete_decision(
    search: Search,
    decision_id: Annotated[DecisionId, Path(description="The decision's id.")],
    collection: Collection = DEFAULT_COLLECTION,
) -> None:
    """Forget a decision: its images are listed again where they look the same."""
    await search.revoke(collection, decision_id)
