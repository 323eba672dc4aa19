"""The public API's client: for the command line, for tests and for users."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, Self

import httpx

from shared import wire
from shared.clients.collections import CollectionsClient
from shared.clients.curation import CurationClient
from shared.clients.searches import SearchesClient, in_address
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.filters import Filter
from shared.contracts.gateway import (
    DeletedImage,
    HeatMapResponse,
    Image,
    ImageList,
    Stats,
    StoredImage,
)
from shared.contracts.metadata import MetadataValue
from shared.contracts.region import Region
from shared.contracts.search import ChangePage, KnownRequest, KnownResponse
from shared.contracts.urls import ImageAtUrl

DEFAULT_URL = "http://127.0.0.1:8000"


def opened(url: str) -> httpx.AsyncClient:
    """Give an HTTP client for a gateway, without deadlines but for the connection: a call has one as a whole."""
    return httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(None, connect=5))


class GatewayClient(CollectionsClient, CurationClient, SearchesClient):
    """Calls Lookalike as its users do.

    An upload may raise `EmptyUpload`, `UnsupportedMediaType`, `UndecodableImage` or `ImageTooLarge`; a method that
    names an image raises `NotFound` where there is none. Where the installation asks for keys, every method may raise
    `Unauthorized` or `Forbidden`.

    A newer gateway may answer more than this client knows of v1; that is read over.
    """

    unknown_fields: Literal["ignore"] = "ignore"

    def __init__(self, http: httpx.AsyncClient, deadline: float = 60, api_key: str | None = None) -> None:
        super().__init__("gateway", http, deadline, api_key)

    @classmethod
    @asynccontextmanager
    async def at(
        cls, url: str = DEFAULT_URL, *, deadline: float = 60, api_key: str | None = None
    ) -> AsyncIterator[Self]:
        """Open a client of the gateway at an address, and close it at the end of the block."""
        async with opened(url) as http:
            yield cls(http, deadline, api_key)

    async def heatmap(
        self, image_id: str, image: bytes, *, region: Region | None = None, collection: str = DEFAULT_COLLECTION
    ) -> HeatMapResponse:
        """Show where a stored image matches this one, or a region of it.

        Raises:
            InvalidRegion: The embedder's recipe has no regions.
        """
        params = {"collection": collection} | in_address(region)
        path = f"/v1/images/{image_id}/heatmap"
        return await self._call("POST", path, HeatMapResponse, files={"image": image}, params=params, reads=True)

    async def add(
        self,
        image: bytes,
        *,
        label: str | None = None,
        metadata: Mapping[str, MetadataValue] | None = None,
        collection: str = DEFAULT_COLLECTION,
    ) -> StoredImage:
        """Add an image under an id that its bytes determine: sending it again does not double it."""
        return await self._upload("POST", "/v1/images", image, label, metadata, collection)

    async def put(
        self,
        image_id: str,
        image: bytes,
        *,
        label: str | None = None,
        metadata: Mapping[str, MetadataValue] | None = None,
        collection: str = DEFAULT_COLLECTION,
    ) -> StoredImage:
        """Add an image under an id of the caller's, or replace the one that has it."""
        return await self._upload("PUT", f"/v1/images/{image_id}", image, label, metadata, collection)

    async def add_from_url(
        self,
        url: str,
        *,
        image_id: str | None = None,
        label: str | None = None,
        metadata: Mapping[str, MetadataValue] | None = None,
        collection: str = DEFAULT_COLLECTION,
    ) -> StoredImage:
        """Add an image that Lookalike fetches, under an id that its bytes determine or one of the caller's.

        Raises:
            Forbidden: Fetching is turned off.
            UrlForbidden: The address is not one that is fetched.
            FetchFailed: There is no image at the address.
        """
        asked = ImageAtUrl.model_validate({"url": url, "id": image_id, "label": label, "metadata": metadata})
        return await self._call(
            "POST",
            "/v1/images/by-url",
            StoredImage,
            content=wire.encode(asked, wire.JSON),
            headers={"content-type": wire.JSON},
            params={"collection": collection},
        )

    async def known(self, sha256: Sequence[str], *, collection: str = DEFAULT_COLLECTION) -> frozenset[str]:
        """Tell which of at most 1,000 digests some image of the collection has."""
        request = KnownRequest(sha256=tuple(sha256))
        answer = await self._call(
            "POST",
            "/v1/images/known",
            KnownResponse,
            content=wire.encode(request, wire.JSON),
            headers={"content-type": wire.JSON},
            params={"collection": collection},
            reads=True,
        )
        return frozenset(answer.sha256)

    async def image(self, image_id: str, *, collection: str = DEFAULT_COLLECTION) -> Image:
        """Read what is stored of an image besides its bytes."""
        return await self._call("GET", f"/v1/images/{image_id}", Image, params={"collection": collection})

    async def images(
        self,
        *,
        limit: int = 100,
        cursor: str | None = None,
        filter: Filter | None = None,  # noqa: A002 - as everywhere in the API
        collection: str = DEFAULT_COLLECTION,
    ) -> ImageList:
        """Read a page of images, all or those that a filter admits, in the order of their ids."""
        params = {"limit": limit, "collection": collection} | ({} if cursor is None else {"cursor": cursor})
        params |= {} if filter is None else {"filter": filter.model_dump_json(exclude_defaults=True)}
        return await self._call("GET", "/v1/images", ImageList, params=params)

    async def changes(self, since: int = 0, *, collection: str = DEFAULT_COLLECTION) -> ChangePage:
        """Read what was written after a revision; `through` of the answer is where to go on."""
        params = {"since": since, "collection": collection}
        return await self._call("GET", "/v1/changes", ChangePage, params=params)

    async def delete(self, image_id: str, *, collection: str = DEFAULT_COLLECTION) -> DeletedImage:
        """Remove an image; when the answer is there, no search shows it any more."""
        return await self._call("DELETE", f"/v1/images/{image_id}", DeletedImage, params={"collection": collection})

    async def content(self, image_id: str, *, collection: str = DEFAULT_COLLECTION) -> bytes:
        """Read an image's bytes as they were uploaded."""
        response = await self._request("GET", f"/v1/images/{image_id}/content", params={"collection": collection})
        return response.content

    async def thumbnail(self, image_id: str, *, collection: str = DEFAULT_COLLECTION) -> bytes:
        """Read an image's thumbnail, a JPEG."""
        response = await self._request("GET", f"/v1/images/{image_id}/thumbnail", params={"collection": collection})
        return response.content

    async def stats(self) -> Stats:
        """Say what runs behind the gateway, and what it holds."""
        return await self._call("GET", "/v1/stats", Stats)

    async def _upload(
        self,
        method: str,
        path: str,
        image: bytes,
        label: str | None,
        metadata: Mapping[str, MetadataValue] | None,
        collection: str,
    ) -> StoredImage:
        form: dict[str, Any] = {} if label is None else {"label": label}
        if metadata is not None:
            form["metadata"] = json.dumps(metadata)
        params = {"collection": collection}
        return await self._call(method, path, StoredImage, files={"image": image}, data=form, params=params)
