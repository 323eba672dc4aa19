"""Many images in one request."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from pydantic import ValidationError

from services.gateway.api.access import WRITE
from services.gateway.api.dependencies import AdmissionGate, Collection, ImageBatches
from services.gateway.api.failures import READS_IMAGES, STORES
from services.gateway.batches import BatchFile
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.batch import FACTS, BatchFacts, BatchResponse
from shared.errors import BodyTooLarge, EmptyUpload, ImageTooLarge, InvalidRequest, LookalikeError
from shared.openapi import refusals
from shared.validation import field_errors

router = APIRouter(prefix="/v1/images", tags=["images"])

_EXAMPLE = json.dumps([{"id": "pond-1", "label": "lotus", "metadata": {"year": 2004}}, None])
_ALL_OR_SOME: dict[int | str, dict[str, Any]] = {
    200: {"description": "Every file is stored.", "model": BatchResponse},
    207: {"description": "Some files are not stored; each item says whether its file is.", "model": BatchResponse},
}


async def _facts(
    facts: Annotated[
        str | None,
        Form(
            description="What is said of the files: a JSON list with an object for each, in their order, with any of "
            "`id`, `label` and `metadata`, or null.",
            examples=[_EXAMPLE],
        ),
    ] = None,
) -> Sequence[BatchFacts | None]:
    if facts is None:
        return ()
    try:
        return FACTS.validate_json(facts)
    except ValidationError as error:
        fields = field_errors(error.errors(), "body.facts")
        raise InvalidRequest("The facts are not a list of what may be said of the files.", fields) from None


async def _files(
    request: Request,
    images: Annotated[Sequence[UploadFile], File(description="The image files.", min_length=1)],
    facts: Annotated[Sequence[BatchFacts | None], Depends(_facts)],
) -> Sequence[BatchFile]:
    bounds = request.state.batch_bounds
    if not images:
        raise EmptyUpload("Send at least one file in the form field `images`.")
    if len(images) > bounds.images:
        raise InvalidRequest(f"At most {bounds.images} images are taken in one request.")
    if facts and len(facts) != len(images):
        raise InvalidRequest(f"There are {len(images)} files, and facts about {len(facts)}.")
    if sum(upload.size or 0 for upload in images) > bounds.bytes:
        raise BodyTooLarge(f"At most {bounds.bytes} bytes of images are taken in one request.")
    limit = request.state.max_image_bytes
    refusal = ImageTooLarge(f"At most {limit} bytes are taken for an image.")
    read: list[bytes | LookalikeError] = [
        refusal if (upload.size or 0) > limit else await upload.read() for upload in images
    ]
    said = facts or [None] * len(images)
    return [BatchFile(data, one or BatchFacts()) for data, one in zip(read, said, strict=True)]


@router.post(
    "/batch", summary="Add many images", responses=_ALL_OR_SOME | refusals(*READS_IMAGES, *STORES), dependencies=WRITE
)
async def add_images(
    response: Response,
    batches: ImageBatches,
    admission: AdmissionGate,
    files: Annotated[Sequence[BatchFile], Depends(_files)],
    collection: Collection = DEFAULT_COLLECTION,
) -> BatchResponse:
    """Add or replace many images; one bad file never fails the rest, and the same request again changes nothing.

    A file with an `id` is stored under it as by PUT, one without under an id made from its bytes.
    """
    with admission.slot():
        items = await batches.store(collection, files)
    counts = dict.fromkeys(("created", "replaced", "unchanged", "failed"), 0)
    for item in items:
        counts[item.status] += 1
    response.status_code = 207 if counts["failed"] else 200
    return BatchResponse(items=items, **counts)
