"""Images of a collection: records, bytes, thumbnails."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.search.api import files
from services.search.api.bodies import document, read_document
from services.search.api.dependencies import After, CatalogueDep, Collection, Identifier, PageSize, TransfersDep
from shared import wire
from shared.contracts.base import Sha256
from shared.contracts.search import (
    Amendment,
    ChangePage,
    CommitResponse,
    DeleteResponse,
    ImageCommit,
    ImagePage,
    ImageRecord,
    KnownRequest,
    KnownResponse,
)
from shared.contracts.selection import Records, RecordsRequest
from shared.errors import NotFound

_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"image/*": {}}},
    206: {"description": "A range of it.", "content": {"image/*": {}}},
    304: {"description": "The client has it."},
}
Wanted = Annotated[Sha256 | None, Query(description="SHA-256 of the image's bytes; one that has others is not found.")]

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


@router.patch(
    "/images/{image_id}",
    summary="Change label and metadata",
    responses={200: {"model": ImageRecord}},
    openapi_extra=document(Amendment),
)
async def amend(request: Request, collection: Collection, image_id: Identifier, catalogue: CatalogueDep) -> Response:
    """Give an image another label and other metadata, if its last write is the one that is named."""
    amendment = await read_document(request, Amendment)
    return wire.respond(request, await catalogue.amend(collection, image_id, amendment))


@router.delete("/images/{image_id}", summary="Remove an image", responses={200: {"model": DeleteResponse}})
async def delete(request: Request, collection: Collection, image_id: Identifier, catalogue: CatalogueDep) -> Response:
    """Remove an image; when the answer is there, no query shows it any more."""
    return wire.respond(request, await catalogue.delete(collection, image_id))


@router.get("/changes", summary="Follow what is written", responses={200: {"model": ChangePage}})
async def changes(
    request: Request, collection: Collection, catalogue: CatalogueDep, since: Annotated[int, Query(ge=0, lt=2**63)] = 0
) -> Response:
    """Read the writes to a collection after a revision, in the order of their revisions."""
    return wire.respond(request, await catalogue.changes(collection, since))


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


@router.post(
    "/records",
    summary="Read many records",
    responses={200: {"model": Records}},
    openapi_extra=document(RecordsRequest),
)
async def records(request: Request, collection: Collection, catalogue: CatalogueDep) -> Response:
    """Read the records of up to 1,000 images; ids of no image are left out."""
    asked = await read_document(request, RecordsRequest)
    return wire.respond(request, await catalogue.records(collection, asked.ids))


@router.head("/images/{image_id}/content", include_in_schema=False)
@router.get("/images/{image_id}/content", summary="Read the bytes", response_class=Response, responses=_FILE)
async def content(
    request: Request,
    collection: Collection,
    image_id: Identifier,
    catalogue: CatalogueDep,
    transfers: TransfersDep,
    sha256: Wanted = None,
) -> Response:
    """Read an image's bytes as they were uploaded, or a range of them."""
    if sha256 is not None or files.asks_for_less(request):
        record = await catalogue.record(collection, image_id)
        _check(record, sha256)
        facts = files.FileFacts(record.sha256, record.content_type, record.size)
        if (answer := files.without_bytes(request, facts)) is not None:
            return answer
    async with transfers.slots:
        stored = await catalogue.content(collection, image_id)
    if sha256 not in (None, stored.sha256):
        raise _replaced(image_id)
    return files.respond(request, stored)


@router.head("/images/{image_id}/thumbnail", include_in_schema=False)
@router.get("/images/{image_id}/thumbnail", summary="Read the thumbnail", response_class=Response, responses=_FILE)
async def thumbnail(
    request: Request, collection: Collection, image_id: Identifier, catalogue: CatalogueDep, sha256: Wanted = None
) -> Response:
    """Read an image's thumbnail, a JPEG."""
    if sha256 is not None:
        _check(await catalogue.record(collection, image_id), sha256)
    return files.respond(request, await catalogue.thumbnail(collection, image_id))


def _check(record: ImageRecord, sha256: str | None) -> None:
    if sha256 not in (None, record.sha256):
        raise _replaced(record.id)


def _replaced(image_id: str) -> NotFound:
    return NotFound(f"The image {image_id} has other bytes than those that the address names.")
