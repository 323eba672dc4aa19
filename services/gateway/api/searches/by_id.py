"""Searching by stored images."""

from contextlib import nullcontext
from typing import Annotated

from fastapi import APIRouter, Body, Response

from services.gateway.api.access import SEARCH
from services.gateway.api.dependencies import AdmissionGate, Collection, Id, ImageSearches
from services.gateway.api.options import Options
from services.gateway.api.regions import StoredRegion
from services.gateway.api.searches.answers import ANSWER, answered
from services.gateway.api.searches.refusals import SearchRoute
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import SearchResponse
from shared.contracts.searches import SearchById, StoredExample

router = APIRouter(prefix="/v1", tags=["search"], route_class=SearchRoute)

_EXAMPLES = {
    "more and less": {
        "summary": "More like one image, less like another",
        "value": {"examples": [{"id": "pond-1"}, {"id": "street-7", "weight": -0.5}], "k": 5},
    },
    "region": {
        "summary": "A part of an image, with thumbnails in the answer",
        "value": {
            "examples": [{"id": "pond-1", "region": {"x": 0.25, "y": 0.5, "width": 0.5, "height": 0.5}}],
            "include": ["thumbnail"],
        },
    },
}


@router.post("/search/by-id", summary="Find images that look like stored ones", responses=ANSWER, dependencies=SEARCH)
async def search_by_id(
    response: Response,
    searches: ImageSearches,
    admission: AdmissionGate,
    search: Annotated[SearchById, Body(openapi_examples=_EXAMPLES)],
    collection: Collection = DEFAULT_COLLECTION,
) -> SearchResponse:
    """Answer with the images that are nearest to stored ones, which are left out.

    Nothing is embedded again, but for regions.
    """
    heavy = bool(search.include) or any(example.region for example in search.examples)
    with admission.slot() if heavy else nullcontext():
        found = await searches.by_images(collection, search, (), search.examples)
        return answered(response, found)


@router.get(
    "/images/{image_id}/similar",
    summary="Find images that look like a stored one",
    responses=ANSWER,
    dependencies=SEARCH,
)
async def similar_images(
    response: Response,
    searches: ImageSearches,
    admission: AdmissionGate,
    image_id: Id,
    region: StoredRegion,
    options: Options,
    collection: Collection = DEFAULT_COLLECTION,
) -> SearchResponse:
    """Answer with the `k` images nearest to a stored one, or to a region of it, itself left out."""
    with admission.slot() if options.include or region else nullcontext():
        example = StoredExample(id=image_id, region=region)
        return answered(response, await searches.by_images(collection, options, (), (example,)))
