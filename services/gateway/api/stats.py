"""What runs behind the gateway."""

import asyncio
from importlib.metadata import version

from fastapi import APIRouter, Request

from services.gateway.api.access import CallerDep, across
from services.gateway.api.dependencies import Embedder, Search
from shared.contracts.gateway import Stats

router = APIRouter(prefix="/v1", tags=["operations"])


@router.get("/stats", summary="What runs, and what it holds", dependencies=[across("search")])
async def get_stats(request: Request, caller: CallerDep, embedder: Embedder, search: Search) -> Stats:
    """Ask both services at once for the embedding space, the index's revision and the collections' sizes.

    A key sees the collections that it opens.
    """
    space, held = await asyncio.gather(embedder.space(), search.stats())
    seen = tuple(collection for collection in held.collections if caller.may_see(collection.name))
    return Stats(
        version=version("lookalike"),
        url_fetch=request.state.fetcher is not None,
        embedder=space,
        search=held.model_copy(update={"collections": seen}),
    )
