"""Near-duplicates, and what was decided about them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from services.search.api.bodies import document, read_document
from services.search.api.dependencies import After, Collection, DuplicatesDep, PageSize
from shared import wire
from shared.contracts.duplicates import (
    Decision,
    DecisionId,
    DecisionPage,
    DuplicateReport,
    LeastScore,
    StoredDecision,
)
from shared.contracts.search import Revision

router = APIRouter(prefix="/v1/collections/{collection}", tags=["duplicates"])

_READY_OR_NOT: dict[int | str, dict[str, Any]] = {
    200: {"model": DuplicateReport},
    202: {"model": DuplicateReport, "description": "The report is being made; ask again."},
}


@router.get("/duplicates", summary="List groups", responses=_READY_OR_NOT)
async def report(
    request: Request,
    collection: Collection,
    duplicates: DuplicatesDep,
    min_score: Annotated[LeastScore, Query(description="Least score to a group's first image.")] = 0.95,
    limit: Annotated[int, Query(ge=1, le=100, description="Most groups in the answer.")] = 20,
    after: After = None,
    decided: Annotated[bool, Query(description="Whether groups are shown that are decided.")] = False,
    min_revision: Annotated[Revision, Query(description="The write that the report has to include.")] = 0,
) -> Response:
    """Read a page of groups of images that look the same; the first call begins to look for them."""
    found = await duplicates.page(
        collection, min_score, after=after, limit=limit, with_decided=decided, min_revision=min_revision
    )
    if found.ready:
        return wire.respond(request, found)
    return wire.respond(request, found, 202, {"retry-after": "1"})


@router.put(
    "/decisions",
    summary="Remember a decision",
    responses={200: {"model": StoredDecision}},
    openapi_extra=document(Decision),
)
async def decide(request: Request, collection: Collection, duplicates: DuplicatesDep) -> Response:
    """Remember what was decided about images; another decision about the same ones is replaced."""
    decision = await read_document(request, Decision)
    return wire.respond(request, await duplicates.decide(collection, decision))


@router.get("/decisions", summary="List decisions", responses={200: {"model": DecisionPage}})
async def decisions(
    request: Request,
    collection: Collection,
    duplicates: DuplicatesDep,
    limit: PageSize = 100,
    after: Annotated[DecisionId | None, Query(description="Continue after this decision.")] = None,
) -> Response:
    """Read a page of decisions in the order of their ids."""
    return wire.respond(request, await duplicates.decisions(collection, after, limit))


@router.delete("/decisions/{decision_id}", summary="Forget a decision", status_code=204)
async def revoke(
    collection: Collection,
    decision_id: Annotated[DecisionId, Path(description="Id of the decision.")],
    duplicates: DuplicatesDep,
) -> None:
    """Forget a decision: its images are shown again where they look the same."""
    await duplicates.revoke(collection, decision_id)
