"""Images that are added from addresses of the web."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from services.gateway import resources
from services.gateway.api.access import WRITE
from services.gateway.api.dependencies import AdmissionGate, Collection, Fetcher, ImageUploads
from services.gateway.api.failures import FETCHES, READS_IMAGES, STORES
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import StoredImage
from shared.contracts.urls import ImageAtUrl
from shared.openapi import refusals

router = APIRouter(prefix="/v1/images", tags=["images"])

_EXAMPLES = {
    "pond": {
        "summary": "An image with a label",
        "value": {"url": "https://images.example.org/pond.jpg", "label": "lotus", "metadata": {"year": 2004}},
    }
}
_CREATED_OR_NOT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The image was there before.", "model": StoredImage},
    201: {"description": "The image is new.", "model": StoredImage},
}


@router.post(
    "/by-url",
    summary="Add an image from the web",
    responses=_CREATED_OR_NOT | refusals(*FETCHES, *READS_IMAGES, *STORES),
    dependencies=WRITE,
)
async def add_image_by_url(
    response: Response,
    fetcher: Fetcher,
    uploads: ImageUploads,
    admission: AdmissionGate,
    image: Annotated[ImageAtUrl, Body(openapi_examples=_EXAMPLES)],
    collection: Collection = DEFAULT_COLLECTION,
) -> StoredImage:
    """Fetch an image and add it as if it had been uploaded; with an `id`, one that has it is replaced.

    Off unless `URL_FETCH=true`.
    """
    data = await fetcher.fetch(image.url)
    with admission.slot():
        if image.id is None:
            commit = await uploads.add(collection, data, image.label, image.metadata)
        else:
            commit = await uploads.put(collection, image.id, data, image.label, image.metadata or {})
    response.status_code = 201 if commit.created else 200
    stored = resources.stored_image(commit)
    response.headers["location"] = stored.image.links.self
    return stored
