"""Searching by uploaded images, and by stored ones beside them."""

from fastapi import APIRouter, Response

from services.gateway.api.access import SEARCH
from services.gateway.api.dependencies import AdmissionGate, Collection, ImageSearches
from services.gateway.api.failures import READS_IMAGES, SEARCHES
from services.gateway.api.options import Options
from services.gateway.api.searches.answers import ANSWER, answered
from services.gateway.api.searches.files import FileExamples
from services.gateway.api.searches.refusals import SearchRoute
from services.gateway.api.searches.stored import StoredExamplesField
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import SearchResponse
from shared.openapi import refusals

router = APIRouter(prefix="/v1", tags=["search"], route_class=SearchRoute)


@router.post(
    "/search",
    summary="Find images that look like uploaded ones",
    responses=ANSWER | refusals(*SEARCHES, *READS_IMAGES),
    dependencies=SEARCH,
)
async def search_by_upload(
    response: Response,
    searches: ImageSearches,
    admission: AdmissionGate,
    files: FileExamples,
    options: Options,
    examples: StoredExamplesField = (),
    collection: Collection = DEFAULT_COLLECTION,
) -> SearchResponse:
    """Embed the uploaded images, or regions of them, and answer with the `k` nearest images, nearest first.

    Several images are one search: a weight above zero means "more like this", one below zero "less like this".
    Stored images can be given beside them; they are left out of the answer.
    """
    with admission.slot():
        return answered(response, await searches.by_images(collection, options, files, examples))
