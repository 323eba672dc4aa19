"""The searches of the public API's client."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from pydantic import BaseModel

from shared import wire
from shared.clients.base import ServiceClient
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.embedding import SpaceRef
from shared.contracts.filters import Filter
from shared.contracts.gateway import SearchResponse
from shared.contracts.inclusion import Include
from shared.contracts.region import Region
from shared.contracts.search import Quality
from shared.contracts.searches import (
    SearchById,
    SearchByUrl,
    SearchByVector,
    StoredExample,
    UrlExample,
    VectorExample,
)


class SearchOptions(TypedDict, total=False):
    """Which of the results are asked for, and what of them, as in the contract of this name."""

    k: int
    offset: int
    filter: Filter
    min_score: float
    min_percentile: float
    collapse: float
    quality: Quality
    min_revision: int
    include: Sequence[Include]


@dataclass(frozen=True, slots=True)
class UploadedExample:
    """The bytes of an image, or of a region of it, with a weight from -1 (less like this) to 1 (more like this)."""

    data: bytes
    weight: float = 1
    region: Region | None = None


class SearchesClient(ServiceClient):
    """Searches in every way that there is.

    Each may raise, beside what it names itself:
        InvalidExamples: No weight is above zero, or the examples cancel each other out.
        InvalidRegion: The embedder's recipe has no regions.
        RevisionNotReached: The index is still behind `min_revision`.
    """

    async def search(
        self,
        image: bytes,
        *,
        region: Region | None = None,
        collection: str = DEFAULT_COLLECTION,
        **options: Unpack[SearchOptions],
    ) -> SearchResponse:
        """Find the images of a collection that look like this one, or like a region of it."""
        params = _parameters(collection, options) | in_address(region)
        return await self._call("POST", "/v1/search", SearchResponse, files={"image": image}, params=params, reads=True)

    async def search_by_examples(
        self,
        uploaded: Sequence[UploadedExample],
        stored: Sequence[StoredExample] = (),
        *,
        collection: str = DEFAULT_COLLECTION,
        **options: Unpack[SearchOptions],
    ) -> SearchResponse:
        """Find what looks like images that are sent and stored ones together; the latter are left out."""
        files = [("image", ("image", example.data, "application/octet-stream")) for example in uploaded]
        form: dict[str, Any] = {
            "weight": [str(example.weight) for example in uploaded],
            "region": ["" if example.region is None else str(example.region) for example in uploaded],
        }
        if stored:
            form["examples"] = json.dumps([example.model_dump() for example in stored])
        params = _parameters(collection, options)
        return await self._call("POST", "/v1/search", SearchResponse, files=files, data=form, params=params, reads=True)

    async def search_by_id(
        self,
        examples: Sequence[StoredExample],
        *,
        collection: str = DEFAULT_COLLECTION,
        **options: Unpack[SearchOptions],
    ) -> SearchResponse:
        """Find what looks like stored images, themselves left out."""
        return await self._search("by-id", collection, SearchById.model_validate({"examples": examples, **options}))

    async def search_by_url(
        self,
        examples: Sequence[UrlExample],
        *,
        collection: str = DEFAULT_COLLECTION,
        **options: Unpack[SearchOptions],
    ) -> SearchResponse:
        """Find what looks like images that Lookalike fetches.

        Raises:
            Forbidden: Fetching is turned off.
            UrlForbidden: An address is not one that is fetched.
            FetchFailed: There is no image at an address.
        """
        return await self._search("by-url", collection, SearchByUrl.model_validate({"examples": examples, **options}))

    async def search_by_vector(
        self,
        space: SpaceRef,
        examples: Sequence[VectorExample],
        *,
        collection: str = DEFAULT_COLLECTION,
        **options: Unpack[SearchOptions],
    ) -> SearchResponse:
        """Find what is near vectors.

        Raises:
            EmbeddingSpaceMismatch: The collection has another space.
        """
        asked = SearchByVector.model_validate({"space": space, "examples": examples, **options})
        return await self._search("by-vector", collection, asked)

    async def similar(
        self,
        image_id: str,
        *,
        region: Region | None = None,
        collection: str = DEFAULT_COLLECTION,
        **options: Unpack[SearchOptions],
    ) -> SearchResponse:
        """Find the images of a collection that look like a stored one, or like a region of it, itself left out."""
        params = _parameters(collection, options) | in_address(region)
        return await self._call("GET", f"/v1/images/{image_id}/similar", SearchResponse, params=params)

    async def _search(self, way: str, collection: str, asked: BaseModel) -> SearchResponse:
        return await self._call(
            "POST",
            f"/v1/search/{way}",
            SearchResponse,
            content=wire.encode(asked, wire.JSON),
            headers={"content-type": wire.JSON},
            params={"collection": collection},
            reads=True,
        )


def in_address(region: Region | None) -> dict[str, str]:
    """Write a region as a parameter of an address."""
    return {} if region is None else {"region": str(region)}


def _parameters(collection: str, options: SearchOptions) -> dict[str, Any]:
    parameters: dict[str, Any] = {"collection": collection, **options}
    if "filter" in options:
        parameters["filter"] = options["filter"].model_dump_json(exclude_defaults=True)
    return parameters
