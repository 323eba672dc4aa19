"""Images of a collection: records, bytes, thumbnails."""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.search.api.bodies import document, read_document
from services.search.api.dependencies import After, CatalogueDep, Collection, Identifier, PageSize, TransfersDep
from services.search.ports import StoredBytes
from shared import wire
from shared.contracts.search import (
    CommitResponse,
    DeleteResponse,
    ImageCommit,
    ImagePage,
    ImageRecord,
    KnownRequest,
    KnownResponse,
)

_FILE: dict[int | str, dict[str, Any]] = {200: {"description": "The file.", "content": {"image/*": {}}}}

router = APIRouter(prefix="/v1/collections/{collection}", tags=["images"])


@router.put(
    "/images/{image_id}",
    summary="Make an image visible",
    responses={200: {"model": CommitResponse}, 201: {"model": CommitResponse}},
    openapi_extra=document(ImageCommit),
)
async def commit(request: Request, collection: Collection, image_id: Identifier, catalogue: CatalogueDep) -> Response:
    """Add an image whose bytes are stored, or replace the one that has its id: 201 if there was none, else 200."""
    answer = await catalogue.commit(collection, image_id, await read_document(request, ImageCommit))
    return wire.respond(request, answer, 201 if answer.created else 200)


@router.get("/images/{image_id}", summary="Read a record", responses={200: {"model": ImageRecord}})
async def record(request: Request, collection: Collection, image_id: Identifier, catalogue: CatalogueDep) -> Response:
    """Read what is stored of an image besides its bytes and its vector."""
    return wire.respond(request, await catalogue.record(collection, image_id))


@router.delete("/images/{image_id}", summary="Remove an image", responses={200: {"model": DeleteResponse}})
async def delete(request: Request, collection: Collection, image_id: Identifier, catalogue: CatalogueDep) -> Response:
    """Remove an image; when the answer is there, no query shows it any more."""
    return wire.respond(request, await catalogue.delete(collection, image_id))


@router.get("/images", summary="List records", responses={200: {"model": ImagePage}})
async def page(
    request: Request, collection: Collection, catalogue: CatalogueDep, limit: PageSize = 100, after: After = None
) -> Response:
    """Read a page of records in the order of their ids."""
    return wire.respond(request, await catalogue.page(collection, after, limit))


@router.post(
    "/known",
    summary="Which files are here already?",
    responses={200: {"model": KnownResponse}},
    openapi_extra=document(KnownRequest),
)
async def known(request: Request, collection: Collection, catalogue: CatalogueDep) -> Response:
    """Tell which of up to 1,000 digests some image of the collection has."""
    asked = await read_document(request, KnownRequest)
    return wire.respond(request, await catalogue.known(collection, asked.sha256))


@router.get("/images/{image_id}/content", summary="Read the bytes", response_class=Response, responses=_FILE)
async def content(
    collection: Collection, image_id: Identifier, catalogue: CatalogueDep, transfers: TransfersDep
) -> Response:
    """Read an image's bytes as they were uploaded."""
    async with transfers.slots:
        return _file(await catalogue.content(collection, image_id))


@router.get("/images/{image_id}/thumbnail", summary="Read the thumbnail", response_class=Response, responses=_FILE)
async def thumbnail(collection: Collection, image_id: Identifier, catalogue: CatalogueDep) -> Response:
    """Read an image's thumbnail, a JPEG."""
    return _file(await catalogue.thumbnail(collection, image_id))


def _file(stored: StoredBytes) -> Response:
    headers = {"etag": f'"{stored.sha256}"', "x-content-type-options": "nosniff"}
    return Response(stored.data, headers=headers, media_type=stored.content_type)
