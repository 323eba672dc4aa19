"""All images that a filter admits."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.search.api.bodies import document, read_document
from services.search.api.dependencies import Collection, PageSize, SelectionsDep
from shared import wire
from shared.contracts.filters import Label
from shared.contracts.search import ImagePage
from shared.contracts.selection import LabelPage, Removed, RemoveRequest, SelectRequest, Survey, SurveyRequest

router = APIRouter(prefix="/v1/collections/{collection}", tags=["selections"])


@router.post(
    "/select",
    summary="List the images of a filter",
    responses={200: {"model": ImagePage}},
    openapi_extra=document(SelectRequest),
)
async def select(request: Request, collection: Collection, selections: SelectionsDep) -> Response:
    """Read a page of records in the order of their ids."""
    return wire.respond(request, await selections.page(collection, await read_document(request, SelectRequest)))


@router.post(
    "/survey",
    summary="Count the images of a filter",
    responses={200: {"model": Survey}},
    openapi_extra=document(SurveyRequest),
)
async def survey(request: Request, collection: Collection, selections: SelectionsDep) -> Response:
    """Tell how many there are, and which come first."""
    asked = await read_document(request, SurveyRequest)
    return wire.respond(request, await selections.survey(collection, asked.filter))


@router.post(
    "/remove",
    summary="Remove a slice of the images of a filter",
    responses={200: {"model": Removed}},
    openapi_extra=document(RemoveRequest),
)
async def remove(request: Request, collection: Collection, selections: SelectionsDep) -> Response:
    """Remove the next few images that were not written after a certain write; what is counted is gone."""
    return wire.respond(request, await selections.remove(collection, await read_document(request, RemoveRequest)))


@router.get("/labels", summary="Count the images of each label", responses={200: {"model": LabelPage}})
async def labels(
    request: Request,
    collection: Collection,
    selections: SelectionsDep,
    limit: PageSize = 100,
    after: Annotated[Label | None, Query(description="Continue after this label.")] = None,
) -> Response:
    """Read a page of labels in their order."""
    return wire.respond(request, await selections.labels(collection, after, limit))
