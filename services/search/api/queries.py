"""What looks like what."""

from typing import TypeVar

from fastapi import APIRouter, Request, Response

from services.search.api.bodies import document, read_document
from services.search.api.dependencies import CatalogueDep, Collection, Identifier
from shared import wire
from shared.contracts.search import MAX_K, QueryOptions, QueryRequest, QueryResponse
from shared.errors import InvalidRequest, KOutOfRange

Options = TypeVar("Options", bound=QueryOptions)

router = APIRouter(prefix="/v1/collections/{collection}", tags=["queries"])


@router.post(
    "/query",
    summary="Find the neighbours of a vector",
    responses={200: {"model": QueryResponse}},
    openapi_extra=document(QueryRequest),
)
async def query(request: Request, collection: Collection, catalogue: CatalogueDep) -> Response:
    """Find the nearest neighbours of a vector, which belongs to the collection's embedding space."""
    return wire.respond(request, await catalogue.query(collection, await _read_query(request, QueryRequest)))


@router.post(
    "/images/{image_id}/similar",
    summary="Find the neighbours of an image",
    responses={200: {"model": QueryResponse}},
    openapi_extra=document(QueryOptions),
)
async def similar(request: Request, collection: Collection, image_id: Identifier, catalogue: CatalogueDep) -> Response:
    """Find the nearest neighbours of a stored image, itself left out."""
    options = await _read_query(request, QueryOptions)
    return wire.respond(request, await catalogue.similar(collection, image_id, options))


async def _read_query(request: Request, model: type[Options]) -> Options:
    try:
        return await read_document(request, model)
    except InvalidRequest as error:
        if {fault.field for fault in error.errors} == {"body.k"}:
            raise KOutOfRange(f"Ask for 1 to {MAX_K} results.", error.errors) from None
        raise
