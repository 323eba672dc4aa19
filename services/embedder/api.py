"""The embedder's endpoints."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile

from services.embedder.comparison import Comparison
from services.embedder.embedding import Asked, Embedding
from services.embedder.engines import Engines
from shared import regions, wire
from shared.contracts.embedding import EmbeddingSpace, EmbedResponse, RecipeList, RecipeName
from shared.contracts.heatmap import HeatMap
from shared.contracts.region import MAX_REGIONS, WHOLE, Region
from shared.departure import unless_client_leaves
from shared.errors import InvalidRegion, InvalidRequest

router = APIRouter(prefix="/v1", tags=["embedding"])


async def _embedding(request: Request) -> Embedding:
    embedding: Embedding = request.state.embedding
    return embedding


async def _comparison(request: Request) -> Comparison:
    comparison: Comparison = request.state.comparison
    return comparison


async def _engines(request: Request) -> Engines:
    engines: Engines = request.state.engines
    return engines


async def _uploads(
    request: Request,
    images: Annotated[Sequence[UploadFile], File(description="One or more image files.")] = (),
) -> Sequence[UploadFile]:
    if len(images) > request.state.max_images:
        raise InvalidRequest(f"At most {request.state.max_images} images are taken in one request.")
    return images


async def _asked(
    region: Annotated[Sequence[str], Query(description=f"Parts that get a vector, too: {regions.MEANING}")] = (),
    thumbnails: Annotated[bool, Query(description="Whether each image's answer carries a small JPEG of it.")] = False,
) -> Asked:
    if len(region) > MAX_REGIONS:
        raise InvalidRegion(f"At most {MAX_REGIONS} regions are taken in one request.")
    return Asked(thumbnails, tuple(map(regions.parse, region)))


async def _region(
    region: Annotated[str | None, Query(description=f"The part of the query that is meant: {regions.MEANING}")] = None,
) -> Region:
    return WHOLE if region is None else regions.parse(region)


EmbeddingDep = Annotated[Embedding, Depends(_embedding)]
ComparisonDep = Annotated[Comparison, Depends(_comparison)]
EnginesDep = Annotated[Engines, Depends(_engines)]
UploadsDep = Annotated[Sequence[UploadFile], Depends(_uploads)]
AskedDep = Annotated[Asked, Depends(_asked)]
RegionDep = Annotated[Region, Depends(_region)]
AskedRecipe = Annotated[
    RecipeName | None, Query(description="How pictures become vectors; left out: as the setting RECIPE says.")
]


@router.post("/embed", summary="Embed images", responses={200: {"model": EmbedResponse}})
async def embed(
    request: Request,
    embedding: EmbeddingDep,
    images: UploadsDep,
    asked: AskedDep,
    recipe: AskedRecipe = None,
) -> Response:
    """Turn each image, and the same regions of each, into vectors. Regions cost no further pass of the network.

    A single image that is refused is answered with its problem; among several, each has its own outcome.
    """
    work = partial(embedding.embed, images, asked, recipe)
    return wire.respond(request, await unless_client_leaves(request, work))


@router.post("/heatmap", summary="Show where two images match", responses={200: {"model": HeatMap}})
async def heatmap(
    request: Request,
    comparison: ComparisonDep,
    query: Annotated[UploadFile, File(description="The image that is looked for, whole or a region of it.")],
    candidate: Annotated[UploadFile, File(description="The image that was found.")],
    region: RegionDep,
    recipe: AskedRecipe = None,
) -> Response:
    """Tell for each cell of either image how well it matches the other one, and draw it."""
    work = partial(comparison.compare, query, candidate, region, recipe)
    return wire.respond(request, await unless_client_leaves(request, work))


@router.get("/space", summary="Describe the embedding space", responses={200: {"model": EmbeddingSpace}})
async def space(request: Request, embedding: EmbeddingDep, recipe: AskedRecipe = None) -> Response:
    """Name the recipe and the weights that all vectors of this recipe are made with."""
    return wire.respond(request, embedding.space(recipe))


@router.get("/recipes", summary="List recipes", responses={200: {"model": RecipeList}})
async def recipes(request: Request, engines: EnginesDep) -> Response:
    """Name the recipes that can be asked for. One that is not loaded is so when it is first asked for."""
    return wire.respond(request, engines.describe())
