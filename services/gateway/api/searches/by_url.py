"""Searching by images at addresses of the web."""

from typing import Annotated

from fastapi import APIRouter, Body, Response

from services.gateway.api.access import SEARCH
from services.gateway.api.dependencies import AdmissionGate, Collection, Fetcher, ImageSearches
from services.gateway.api.failures import FETCHES, READS_IMAGES, SEARCHES
from services.gateway.api.searches.answers import ANSWER, answered
from services.gateway.api.searches.refusals import SearchRoute
from services.gateway.examples import fetch
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import SearchResponse
from shared.contracts.searches import SearchByUrl
from shared.openapi import refusals
from shared.stopwatch import Stopwatch

router = APIRouter(prefix="/v1", tags=["search"], route_class=SearchRoute)

_EXAMPLES = {
    "one": {
        "summary": "One image",
        "value": {"examples": [{"url": "https://images.example.org/pond.jpg"}], "k": 5},
    },
    "more and less": {
        "summary": "More like one image, less like a part of another",
        "value": {
            "examples": [
                {"url": "https://images.example.org/pond.jpg"},
                {
                    "url": "https://images.example.org/street.jpg",
                    "weight": -0.5,
                    "region": {"x": 0, "y": 0, "width": 0.5, "height": 1},
                },
            ]
        },
    },
}


@router.post(
    "/search/by-url",
    summary="Find images that look like some on the web",
    responses=ANSWER | refusals(*SEARCHES, *FETCHES, *READS_IMAGES),
    dependencies=SEARCH,
)
async def search_by_url(
    response: Response,
    fetcher: Fetcher,
    searches: ImageSearches,
    admission: AdmissionGate,
    search: Annotated[SearchByUrl, Body(openapi_examples=_EXAMPLES)],
    collection: Collection = DEFAULT_COLLECTION,
) -> SearchResponse:
    """Fetch images, embed them, and answer with the `k` nearest images, nearest first.

    Off unless `URL_FETCH=true`. Hosts have to be on the public internet; what is found out about others is nothing.
    """
    watch = Stopwatch()
    with watch.stage("fetch"):
        files = await fetch(fetcher, search.examples)
    with admission.slot():
        return answered(response, await searches.by_images(collection, search, files, watch=watch))
