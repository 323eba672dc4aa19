"""What is stored and indexed, for those who look whether all is well."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.search.api.bodies import document, read_document
from services.search.api.dependencies import After, ChecksDep, Collection
from shared import wire
from shared.contracts.checks import MAX_CHECKED, IndexCheck, VectorsRequest, VectorsResponse

Checked = Annotated[int, Query(ge=1, le=MAX_CHECKED, description="Most ids that are compared.")]

router = APIRouter(prefix="/v1/collections/{collection}", tags=["checks"])


@router.get("/check", summary="Is the index right?", responses={200: {"model": IndexCheck}})
async def check(
    request: Request, collection: Collection, checks: ChecksDep, limit: Checked = MAX_CHECKED, after: After = None
) -> Response:
    """Compare this service's index with the store, for a page of ids in their order."""
    return wire.respond(request, await checks.page(collection, after, limit))


@router.post(
    "/vectors",
    summary="Read vectors",
    responses={200: {"model": VectorsResponse}},
    openapi_extra=document(VectorsRequest),
)
async def vectors(request: Request, collection: Collection, checks: ChecksDep) -> Response:
    """Read the vectors of up to 100 images; ids of no image are left out."""
    asked = await read_document(request, VectorsRequest)
    return wire.respond(request, await checks.vectors(collection, asked.ids))
