"""The images of a collection: add, read, list, replace, remove."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response

from services.gateway import resources
from services.gateway.api.access import SEARCH, WRITE
from services.gateway.api.conditions import ANY, Admitted, Known
from services.gateway.api.cursors import IMAGE, Cursor, decoded, encoded
from services.gateway.api.dependencies import (
    AdmissionGate,
    Collection,
    Id,
    ImageBytes,
    ImageEdits,
    ImageLabel,
    ImageMetadata,
    ImageUploads,
    Search,
)
from services.gateway.api.failures import READS_IMAGES, STORES
from services.gateway.api.options import FilterText, parse_filter
from services.gateway.edits import entity_tag
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import DeletedImage, Image, ImageList, ImagePatch, StoredImage
from shared.contracts.search import CommitResponse, KnownRequest, KnownResponse
from shared.errors import InvalidFilter, NotFound, PreconditionFailed, TryAgain
from shared.openapi import refusals

router = APIRouter(prefix="/v1/images", tags=["images"])

Patch = Annotated[
    ImagePatch,
    Body(media_type="application/merge-patch+json", description="What is null goes, what is not named stays."),
]

_CREATED_OR_NOT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The image was there before.", "model": StoredImage},
    201: {"description": "The image is new.", "model": StoredImage},
}


@router.post(
    "", summary="Add an image", responses=_CREATED_OR_NOT | refusals(*READS_IMAGES, *STORES), dependencies=WRITE
)
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


@router.post("/known", summary="Which of these files are stored?", responses=refusals(NotFound), dependencies=SEARCH)
async def known_images(
    search: Search, known: Annotated[KnownRequest, Body()], collection: Collection = DEFAULT_COLLECTION
) -> KnownResponse:
    """Answer with those of the SHA-256 digests that some image of the collection has, so that clients skip them."""
    return await search.known(collection, known.sha256)


@router.get("", summary="List images", responses=refusals(InvalidFilter, NotFound), dependencies=SEARCH)
async def list_images(
    search: Search,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many images a page.")] = 100,
    cursor: Cursor = None,
    filter_: FilterText = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> ImageList:
    """List the images of a collection, or those that a filter admits, in the order of their ids, page by page."""
    if filter_ is None:
        page = await search.page(collection, decoded(cursor, IMAGE), limit)
    else:
        page = await search.select(collection, parse_filter(filter_), decoded(cursor, IMAGE), limit)
    return ImageList(images=tuple(map(resources.image, page.records)), next_cursor=encoded(page.next_after))


@router.get(
    "/{image_id}",
    summary="Read an image's record",
    response_model=Image,
    responses={304: {"description": "It is as it was."}, **refusals(NotFound)},
    dependencies=SEARCH,
)
async def get_image(
    response: Response,
    search: Search,
    image_id: Id,
    known: Known,
    collection: Collection = DEFAULT_COLLECTION,
) -> Image | Response:
    """Answer with what is stored of an image besides its bytes; its `ETag` names this version."""
    record = await search.record(collection, image_id)
    tag = entity_tag(record)
    if known & {tag, ANY}:
        return Response(status_code=304, headers={"etag": tag})
    response.headers["etag"] = tag
    return resources.image(record)


@router.patch(
    "/{image_id}",
    summary="Change label and metadata",
    responses=refusals(NotFound, PreconditionFailed, TryAgain),
    dependencies=WRITE,
)
async def patch_image(
    response: Response,
    edits: ImageEdits,
    image_id: Id,
    patch: Patch,
    admitted: Admitted,
    collection: Collection = DEFAULT_COLLECTION,
) -> Image:
    """Change what is said of an image by a JSON merge patch; nothing is embedded, and searches see it at once."""
    record = await edits.patch(collection, image_id, patch, admitted)
    response.headers["etag"] = entity_tag(record)
    return resources.image(record)


@router.put(
    "/{image_id}",
    summary="Add or replace an image under an id of yours",
    responses=_CREATED_OR_NOT | refusals(*READS_IMAGES, *STORES),
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


@router.delete("/{image_id}", summary="Remove an image", responses=refusals(NotFound), dependencies=WRITE)
async def delete_image(search: Search, image_id: Id, collection: Collection = DEFAULT_COLLECTION) -> DeletedImage:
    """Remove an image. Once this is answered, no search shows it any more."""
    return DeletedImage(id=image_id, revision=(await search.delete(collection, image_id)).revision)


def _stored(response: Response, commit: CommitResponse) -> StoredImage:
    response.status_code = 201 if commit.created else 200
    stored = resources.stored_image(commit)
    response.headers["etag"] = entity_tag(commit.record)
    response.headers["location"] = stored.image.links.self
    return stored
