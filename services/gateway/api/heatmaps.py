"""Heat maps: why an image was found."""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.gateway import resources
from services.gateway.api.access import SEARCH
from services.gateway.api.dependencies import AdmissionGate, Collection, Id, ImageBytes, ImageHeatMaps
from services.gateway.api.failures import READS_IMAGES
from services.gateway.api.regions import UploadRegion
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import HeatMapResponse
from shared.errors import InvalidRegion, NotFound
from shared.openapi import refusals

router = APIRouter(prefix="/v1/images", tags=["search"])

PNG = "image/png"
_JSON_OR_PNG: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Both grids and drawings; as `image/png` the drawing on the stored image alone.",
        "model": HeatMapResponse,
        "content": {PNG: {}},
    }
}


@router.post(
    "/{image_id}/heatmap",
    summary="Show where a stored image matches an uploaded one",
    responses=_JSON_OR_PNG | refusals(*READS_IMAGES, InvalidRegion, NotFound),
    dependencies=SEARCH,
)
async def heatmap(
    request: Request,
    heat_maps: ImageHeatMaps,
    admission: AdmissionGate,
    image_id: Id,
    image: ImageBytes,
    region: UploadRegion,
    collection: Collection = DEFAULT_COLLECTION,
) -> Response:
    """Tell for each cell of either image how well it matches the other one; ask for `image/png` to see it at once."""
    with admission.slot():
        record, found = await heat_maps.of_upload(collection, image_id, image, region)
    if PNG in request.headers.get("accept", ""):
        return Response(found.candidate.png, media_type=PNG)
    return Response(resources.heatmap(record, found).model_dump_json(), media_type="application/json")
