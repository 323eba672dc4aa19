"""The search service's client."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.clients.base import packed
from shared.clients.collections import CollectionsClient
from shared.contracts.checks import IndexCheck, VectorsRequest, VectorsResponse
from shared.contracts.search import (
    BlobResponse,
    CommitResponse,
    DeleteResponse,
    ImageCommit,
    ImagePage,
    ImageRecord,
    KnownRequest,
    KnownResponse,
    QueryRequest,
    QueryResponse,
    SearchStats,
)

DEFAULT_URL = "http://127.0.0.1:8002"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored file: its bytes, media type and SHA-256 in hexadecimal, quoted, as its entity tag."""

    data: bytes
    content_type: str
    etag: str


class SearchClient(CollectionsClient):
    """Calls the search service: vectors and records in, neighbours out.

    Where a method names a collection or an image that does not exist, it raises `NotFound`.
    """

    async def put_blob(self, sha256: str, data: bytes) -> BlobResponse:
        """Store the bytes of an image durably, before the image itself is committed."""
        return await self._call("PUT", f"/v1/blobs/{sha256}", BlobResponse, content=data)

    async def release_blob(self, sha256: str) -> None:
        """Drop bytes that no image has; bytes that some image has stay."""
        await self._request("DELETE", f"/v1/blobs/{sha256}")

    async def commit(self, collection: str, image_id: str, commit: ImageCommit) -> CommitResponse:
        """Make an image visible, whole, under this id; one that had the id before is replaced.

        Raises:
            Conflict: The bytes are not stored (any more).
            EmbeddingSpaceMismatch: The collection's vectors belong to another space.
            LimitReached: There are as many images or collections as the settings admit.
        """
        return await self._call(
            "PUT", f"/v1/collections/{collection}/images/{image_id}", CommitResponse, **packed(commit)
        )

    async def record(self, collection: str, image_id: str) -> ImageRecord:
        """Read an image's record."""
        return await self._call("GET", f"/v1/collections/{collection}/images/{image_id}", ImageRecord)

    async def delete(self, collection: str, image_id: str) -> DeleteResponse:
        """Remove an image; when the answer is there, no query shows it any more."""
        return await self._call("DELETE", f"/v1/collections/{collection}/images/{image_id}", DeleteResponse)

    async def page(self, collection: str, after: str | None, limit: int) -> ImagePage:
        """Read records in the order of their ids, from the first id larger than `after`."""
        params = {"limit": limit} | ({} if after is None else {"after": after})
        return await self._call("GET", f"/v1/collections/{collection}/images", ImagePage, params=params)

    async def known(self, collection: str, sha256: Sequence[str]) -> KnownResponse:
        """Tell which of these digests some image of the collection has; of an unknown collection none."""
        request = KnownRequest(sha256=tuple(sha256))
        return await self._call(
            "POST", f"/v1/collections/{collection}/known", KnownResponse, reads=True, **packed(request)
        )

    async def content(self, collection: str, image_id: str) -> StoredFile:
        """Read an image's bytes as they were uploaded."""
        return await self._file(f"/v1/collections/{collection}/images/{image_id}/content")

    async def thumbnail(self, collection: str, image_id: str) -> StoredFile:
        """Read an image's thumbnail, a JPEG."""
        return await self._file(f"/v1/collections/{collection}/images/{image_id}/thumbnail")

    async def query(self, collection: str, query: QueryRequest) -> QueryResponse:
        """Find the nearest neighbours of examples.

        Raises:
            InvalidExamples: None has a weight above zero, or they cancel each other out.
            EmbeddingSpaceMismatch: The collection's vectors belong to another space.
            RevisionNotReached: The index is still behind `query.min_revision`.
        """
        return await self._call(
            "POST", f"/v1/collections/{collection}/query", QueryResponse, reads=True, **packed(query)
        )

    async def vectors(self, collection: str, image_ids: Sequence[str]) -> VectorsResponse:
        """Read the vectors of up to 100 images; those that do not exist are left out."""
        request = VectorsRequest(ids=tuple(image_ids))
        return await self._call(
            "POST", f"/v1/collections/{collection}/vectors", VectorsResponse, reads=True, **packed(request)
        )

    async def check(self, collection: str, after: str | None, limit: int) -> IndexCheck:
        """Compare the index of the service that answers with the store, from the first id larger than `after`.

        Raises:
            RevisionNotReached: The index does not come up to what the store shows.
        """
        params = {"limit": limit} | ({} if after is None else {"after": after})
        return await self._call("GET", f"/v1/collections/{collection}/check", IndexCheck, params=params)

    async def stats(self) -> SearchStats:
        """Say what the service holds."""
        return await self._call("GET", "/v1/stats", SearchStats)

    async def _file(self, path: str) -> StoredFile:
        response = await self._request("GET", path)
        return StoredFile(response.content, response.headers["content-type"], response.headers["etag"])
