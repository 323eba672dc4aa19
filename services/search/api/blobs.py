"""Bytes on their way to an image."""

from fastapi import APIRouter, Request, Response

from services.search.api.bodies import file, read_bounded
from services.search.api.dependencies import CatalogueDep, Digest, TransfersDep
from shared import wire
from shared.contracts.search import BlobResponse
from shared.errors import ImageTooLarge

router = APIRouter(prefix="/v1/blobs/{sha256}", tags=["blobs"])


@router.put("", summary="Store an image's bytes", responses={200: {"model": BlobResponse}}, openapi_extra=file())
async def put(request: Request, sha256: Digest, catalogue: CatalogueDep, transfers: TransfersDep) -> Response:
    """Store bytes durably under their SHA-256, for the image that is committed next."""
    refusal = ImageTooLarge(f"At most {transfers.max_bytes} bytes are taken.")
    async with transfers.slots:
        data = await read_bounded(request, transfers.max_bytes, refusal)
        return wire.respond(request, await catalogue.put_blob(sha256, data))


@router.delete("", summary="Give up bytes that no image got", status_code=204)
async def release(sha256: Digest, catalogue: CatalogueDep) -> None:
    """Drop bytes that no image has and no other upload needs; bytes that are not stored are no mistake."""
    await catalogue.release_blob(sha256)
