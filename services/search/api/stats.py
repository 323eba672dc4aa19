"""What the service holds."""

from fastapi import APIRouter, Request, Response

from services.search.api.dependencies import CatalogueDep
from shared import wire
from shared.contracts.search import SearchStats

router = APIRouter(tags=["stats"])


@router.get("/v1/stats", summary="What is here?", responses={200: {"model": SearchStats}})
async def stats(request: Request, catalogue: CatalogueDep) -> Response:
    """Give the collections with their sizes and spaces, and the revision that the indexes are at."""
    return wire.respond(request, await catalogue.stats())
