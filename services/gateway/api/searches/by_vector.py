"""Searching by vectors."""

from contextlib import nullcontext
from typing import Annotated

from fastapi import APIRouter, Body, Response

from services.gateway.api.access import SEARCH
from services.gateway.api.dependencies import AdmissionGate, Collection, ImageSearches
from services.gateway.api.searches.answers import ANSWER, answered
from services.gateway.api.searches.refusals import SearchRoute
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import SearchResponse
from shared.contracts.searches import SearchByVector

router = APIRouter(prefix="/v1", tags=["search"], route_class=SearchRoute)

_SPACE = {"fingerprint": "c4cafb53787eb018", "dimensions": 4, "metric": "cosine"}
_EXAMPLES = {
    "numbers": {
        "summary": "Numbers",
        "value": {"space": _SPACE, "examples": [{"vector": [0.5, -0.5, 0.5, 0.5]}], "k": 5},
    },
    "base64": {
        "summary": "Little-endian float32 in base64, as `include=vector` answers it",
        "value": {"space": _SPACE, "examples": [{"vector": "AAAAPwAAAL8AAAA/AAAAPw==", "weight": 1}]},
    },
}


@router.post("/search/by-vector", summary="Find images that are near vectors", responses=ANSWER, dependencies=SEARCH)
async def search_by_vector(
    response: Response,
    searches: ImageSearches,
    admission: AdmissionGate,
    search: Annotated[SearchByVector, Body(openapi_examples=_EXAMPLES)],
    collection: Collection = DEFAULT_COLLECTION,
) -> SearchResponse:
    """Answer with the images that are nearest to vectors of the collection's embedding space."""
    with admission.slot() if search.include else nullcontext():
        found = await searches.by_vectors(collection, search, search.space, search.examples)
        return answered(response, found)
