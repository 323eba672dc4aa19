"""What looks like what."""

from fastapi import APIRouter, Request, Response

from services.search.api.bodies import document, read_document
from services.search.api.dependencies import CatalogueDep, Collection, Identifier, MinRevision, ResultCount
from shared import wire
from shared.contracts.search import MAX_K, QueryRequest, QueryResponse
from shared.errors import InvalidRequest, KOutOfRange

router = APIRouter(prefix="/v1/collections/{collection}", tags=["queries"])


@router.post(
    "/query",
    summary="Find the neighbours of a vector",
    responses={200: {"model": QueryResponse}},
    openapi_extra=document(QueryRequest),
)
async def query(request: Request, collection: Collection, catalogue: CatalogueDep) -> Response:
    """Find the nearest neighbours of a vector, which belongs to the collection's embedding space."""
    return wire.respond(request, await catalogue.query(collection, await _read_query(request)))


@router.get(
    "/images/{image_id}/similar", summary="Find the neighbours of an image", responses={200: {"model": QueryResponse}}
)
async def similar(
    request: Request,
    collection: Collection,
    image_id: Identifier,
    catalogue: CatalogueDep,
    k: ResultCount = 10,
    min_revision: MinRevision = 0,
) -> Response:
    """Find the nearest neighbours of a stored image, itself left out."""
    return wire.respond(request, await catalogue.similar(collection, image_id, k, min_revision))


async def _read_query(request: Request) -> QueryRequest:
    try:
        return await read_document(request, QueryRequest)
    except InvalidRequest as error:
        if {fault.field for fault in error.errors} == {"body.k"}:
            raise KOutOfRange(f"Ask for 1 to {MAX_K} results.", error.errors) from None
        raise
