"""Searching: by an uploaded image, and by a stored one."""

from fastapi import APIRouter

from services.gateway.api.access import SEARCH
from services.gateway.api.dependencies import AdmissionGate, Collection, Id, ImageBytes, Search, SearchesByUpload
from services.gateway.api.options import Options
from services.gateway.api.regions import UploadRegion
from services.gateway.resources import search_response
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import SearchResponse

router = APIRouter(prefix="/v1", tags=["search"])


@router.post("/search", summary="Find images that look like an uploaded one", dependencies=SEARCH)
async def search_by_upload(
    searches: SearchesByUpload,
    admission: AdmissionGate,
    image: ImageBytes,
    region: UploadRegion,
    options: Options,
    collection: Collection = DEFAULT_COLLECTION,
) -> SearchResponse:
    """Embed the uploaded image, or a region of it, and answer with the `k` nearest images, nearest first."""
    with admission.slot():
        return search_response(await searches.by_upload(collection, image, options, region))


@router.get("/images/{image_id}/similar", summary="Find images that look like a stored one", dependencies=SEARCH)
async def search_by_id(
    search: Search, image_id: Id, options: Options, collection: Collection = DEFAULT_COLLECTION
) -> SearchResponse:
    """Answer with the `k` images nearest to a stored one, itself left out. Nothing is embedded again."""
    return search_response(await search.similar(collection, image_id, options))
