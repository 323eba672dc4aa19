"""What runs behind the gateway."""

import asyncio
from importlib.metadata import version

from fastapi import APIRouter

from services.gateway.api.dependencies import Embedder, Search
from shared.contracts.gateway import Stats

router = APIRouter(prefix="/v1", tags=["operations"])


@router.get("/stats", summary="What runs, and what it holds")
async def get_stats(embedder: Embedder, search: Search) -> Stats:
    """Ask both services at once for the embedding space, the index's revision and the collections' sizes."""
    space, held = await asyncio.gather(embedder.space(), search.stats())
    return Stats(version=version("lookalike"), embedder=space, search=held)
