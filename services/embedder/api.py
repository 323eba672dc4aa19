"""The embedder's endpoints."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile

from services.embedder.embedding import Embedding
from shared import regions, wire
from shared.contracts.embedding import EmbeddingSpace, EmbedResponse
from shared.contracts.region import MAX_REGIONS, Region
from shared.errors import InvalidRegion, InvalidRequest

router = APIRouter(prefix="/v1", tags=["embedding"])


async def _embedding(request: Request) -> Embedding:
    embedding: Embedding = request.state.embedding
    return embedding


async def _uploads(
    request: Request,
    images: Annotated[Sequence[UploadFile], File(description="One or more image files.")] = (),
) -> Sequence[UploadFile]:
    if len(images) > request.state.max_images:
        raise InvalidRequest(f"At most {request.state.max_images} images are taken in one request.")
    return images


async def _regions(
    region: Annotated[Sequence[str], Query(description=f"Parts that get a vector, too: {regions.MEANING}")] = (),
) -> Sequence[Region]:
    if len(region) > MAX_REGIONS:
        raise InvalidRegion(f"At most {MAX_REGIONS} regions are taken in one request.")
    return tuple(map(regions.parse, region))


EmbeddingDep = Annotated[Embedding, Depends(_embedding)]
UploadsDep = Annotated[Sequence[UploadFile], Depends(_uploads)]
RegionsDep = Annotated[Sequence[Region], Depends(_regions)]


@router.post("/embed", summary="Embed images", responses={200: {"model": EmbedResponse}})
async def embed(
    request: Request,
    embedding: EmbeddingDep,
    images: UploadsDep,
    asked: RegionsDep,
    thumbnails: Annotated[bool, Query(description="Whether each image's answer carries a small JPEG of it.")] = False,
) -> Response:
    """Turn each image, and the same regions of each, into vectors. Regions cost no further pass of the network.

    A single image that is refused is answered with its problem; among several, each has its own outcome.
    """
    return wire.respond(request, await embedding.embed(images, thumbnails=thumbnails, regions=asked))


@router.get("/space", summary="Describe the embedding space", responses={200: {"model": EmbeddingSpace}})
async def space(request: Request, embedding: EmbeddingDep) -> Response:
    """Name the recipe and the weights that all vectors of this service are made with."""
    return wire.respond(request, embedding.space())
