"""What looks like what."""

from fastapi import APIRouter, Request, Response

from services.search.api.bodies import document, read_document
from services.search.api.dependencies import CatalogueDep, Collection
from shared import wire
from shared.contracts.search import MAX_K, QueryRequest, QueryResponse
from shared.errors import InvalidRequest, KOutOfRange

router = APIRouter(prefix="/v1/collections/{collection}", tags=["queries"])


@router.post(
    "/query",
    summary="Find the neighbours of examples",
    responses={200: {"model": QueryResponse}},
    openapi_extra=document(QueryRequest),
)
async def query(request: Request, collection: Collection, catalogue: CatalogueDep) -> Response:
    """Find the nearest neighbours of vectors and stored images, which belong to the collection's embedding space."""
    return wire.respond(request, await catalogue.query(collection, await _read_query(request)))


async def _read_query(request: Request) -> QueryRequest:
    try:
        return await read_document(request, QueryRequest)
    except InvalidRequest as error:
        if {fault.field for fault in error.errors} == {"body.k"}:
            raise KOutOfRange(f"Ask for 1 to {MAX_K} results.", error.errors) from None
        raise
