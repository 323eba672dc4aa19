"""The images of a collection: add, read, list, replace, remove."""

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response

from services.gateway import resources
from services.gateway.api.access import SEARCH, WRITE
from services.gateway.api.dependencies import (
    AdmissionGate,
    Collection,
    Id,
    ImageBytes,
    ImageLabel,
    ImageMetadata,
    ImageUploads,
    Search,
)
from shared.clients.search import StoredFile
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import DeletedImage, Image, ImageList, StoredImage
from shared.contracts.search import CommitResponse, KnownRequest, KnownResponse
from shared.errors import InvalidRequest

router = APIRouter(prefix="/v1/images", tags=["images"])

_CREATED_OR_NOT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The image was there before.", "model": StoredImage},
    201: {"description": "The image is new.", "model": StoredImage},
}


@router.post("", summary="Add an image", responses=_CREATED_OR_NOT, dependencies=WRITE)
async def add_image(
    response: Response,
    uploads: ImageUploads,
    admission: AdmissionGate,
    image: ImageBytes,
    label: ImageLabel = None,
    metadata: ImageMetadata = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> StoredImage:
    """Add an image under an id made from its bytes: adding it again is safe, and changes only what is given anew."""
    with admission.slot():
        return _stored(response, await uploads.add(collection, image, label, metadata))


@router.post("/known", summary="Which of these files are stored?", dependencies=SEARCH)
async def known_images(
    search: Search, known: Annotated[KnownRequest, Body()], collection: Collection = DEFAULT_COLLECTION
) -> KnownResponse:
    """Answer with those of the SHA-256 digests that some image of the collection has, so that clients skip them."""
    return await search.known(collection, known.sha256)


@router.get("", summary="List images", dependencies=SEARCH)
async def list_images(
    search: Search,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many images a page.")] = 100,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.", max_length=200)] = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> ImageList:
    """List the images of a collection in the order of their ids, page by page."""
    page = await search.page(collection, None if cursor is None else _decode_cursor(cursor), limit)
    next_cursor = None if page.next_after is None else _encode_cursor(page.next_after)
    return ImageList(images=tuple(map(resources.image, page.records)), next_cursor=next_cursor)


@router.get("/{image_id}", summary="Read an image's record", dependencies=SEARCH)
async def get_image(search: Search, image_id: Id, collection: Collection = DEFAULT_COLLECTION) -> Image:
    """Answer with what is stored of an image besides its bytes."""
    return resources.image(await search.record(collection, image_id))


@router.put(
    "/{image_id}",
    summary="Add or replace an image under an id of yours",
    responses=_CREATED_OR_NOT,
    dependencies=WRITE,
)
async def put_image(
    response: Response,
    uploads: ImageUploads,
    admission: AdmissionGate,
    image_id: Id,
    image: ImageBytes,
    label: ImageLabel = None,
    metadata: ImageMetadata = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> StoredImage:
    """Store an image under this id. One that has it is replaced, bytes, label, metadata and all."""
    with admission.slot():
        return _stored(response, await uploads.put(collection, image_id, image, label, metadata or {}))


@router.delete("/{image_id}", summary="Remove an image", dependencies=WRITE)
async def delete_image(search: Search, image_id: Id, collection: Collection = DEFAULT_COLLECTION) -> DeletedImage:
    """Remove an image. Once this is answered, no search shows it any more."""
    return DeletedImage(id=image_id, revision=(await search.delete(collection, image_id)).revision)


_FILE: dict[int | str, dict[str, Any]] = {200: {"description": "The file.", "content": {"image/*": {}}}}


@router.get(
    "/{image_id}/content",
    summary="Read an image's file",
    response_class=Response,
    responses=_FILE,
    dependencies=SEARCH,
)
async def get_content(search: Search, image_id: Id, collection: Collection = DEFAULT_COLLECTION) -> Response:
    """Answer with the bytes as they were uploaded."""
    return _file(await search.content(collection, image_id))


@router.get(
    "/{image_id}/thumbnail",
    summary="Read an image's thumbnail",
    response_class=Response,
    responses=_FILE,
    dependencies=SEARCH,
)
async def get_thumbnail(search: Search, image_id: Id, collection: Collection = DEFAULT_COLLECTION) -> Response:
    """Answer with a small upright JPEG."""
    return _file(await search.thumbnail(collection, image_id))


def _stored(response: Response, commit: CommitResponse) -> StoredImage:
    response.status_code = 201 if commit.created else 200
    stored = resources.stored_image(commit)
    response.headers["location"] = stored.image.links.self
    return stored


def _file(file: StoredFile) -> Response:
    # The type was found in the bytes; a browser must not guess another one from them.
    headers = {"etag": file.etag, "x-content-type-options": "nosniff"}
    return Response(file.data, headers=headers, media_type=file.content_type)


def _encode_cursor(image_id: str) -> str:
    return base64.urlsafe_b64encode(image_id.encode()).decode().rstrip("=")


def _decode_cursor(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidRequest("The cursor is not one that this service gave.") from None
