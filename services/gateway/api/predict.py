"""The original system's endpoint, answer for answer, so that its web client works unchanged."""

import base64
from io import BytesIO

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from PIL import Image
from starlette.datastructures import UploadFile

from services.gateway.api.access import SEARCH
from services.gateway.api.dependencies import AdmissionGate, Collection, ImageSearches, read_image
from services.gateway.api.failures import READS_IMAGES
from services.gateway.api.options import K
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import PredictError, PredictResponse
from shared.errors import KOutOfRange, NotFound
from shared.openapi import refusals

PATH = "/api/predict"
MISSING = "No image file provided"

router = APIRouter(tags=["original"])

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {"image": {"type": "string", "contentMediaType": "application/octet-stream"}},
                }
            }
        },
    }
}


@router.post(
    PATH,
    summary="The original system's search",
    response_model=PredictResponse,
    responses={
        400: {"description": "The image is missing.", "model": PredictError},
        **refusals(*READS_IMAGES, KOutOfRange, NotFound),
        "default": {"description": "Refused or failed.", "model": PredictError},
    },
    openapi_extra=_FORM,
    dependencies=SEARCH,
)
async def predict(
    request: Request,
    searches: ImageSearches,
    admission: AdmissionGate,
    n_neighbors: K = 10,
    collection: Collection = DEFAULT_COLLECTION,
) -> PredictResponse | Response:
    """Answer with the nearest images and the uploaded one, each a PNG in base64."""
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get("image")
        if not isinstance(upload, UploadFile):
            return _error(400, MISSING)
        data = await read_image(upload, request.state.max_image_bytes)
    with admission.slot():
        shown, found = await searches.by_upload_with_thumbnail(collection, data, n_neighbors)
        jpegs = [shown, *await searches.thumbnails(found)]
        uploaded, *closest = await anyio.to_thread.run_sync(lambda: [_png_base64(jpeg) for jpeg in jpegs])
    return PredictResponse(closest_images=tuple(closest), uploaded_image=uploaded)


def _error(status: int, message: str) -> Response:
    return Response(PredictError(error=message).model_dump_json(), status, media_type="application/json")


def _png_base64(jpeg: bytes) -> str:
    # Thumbnails are made by the embedder, from pixels: what is decoded here was never a stranger's file.
    png = BytesIO()
    with Image.open(BytesIO(jpeg), formats=("JPEG",)) as thumbnail:
        thumbnail.save(png, "PNG", compress_level=1)
    return base64.b64encode(png.getvalue()).decode()
