"""The search service's client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.clients.base import packed
from shared.clients.collections import CollectionsClient
from shared.contracts.checks import IndexCheck, VectorsRequest, VectorsResponse
from shared.contracts.duplicates import Decision, DecisionPage, DuplicateReport, StoredDecision
from shared.contracts.filters import Filter
from shared.contracts.search import (
    Amendment,
    BlobResponse,
    ChangePage,
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
from shared.contracts.selection import (
    LabelPage,
    Records,
    RecordsRequest,
    Removed,
    RemoveRequest,
    SelectRequest,
    Survey,
    SurveyRequest,
)
from shared.errors import NotFound

DEFAULT_URL = "http://127.0.0.1:8002"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored file: its bytes, media type and SHA-256 in hexadecimal, quoted, as its entity tag."""

    data: bytes
    content_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What HTTP answers for a stored file: whole (200), a range (206), known already (304), no such range (416)."""

    status: int
    headers: Mapping[str, str]
    data: bytes


_OF_FILES = ("accept-ranges", "content-range", "content-type", "etag", "x-content-type-options")


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

    async def amend(self, collection: str, image_id: str, amendment: Amendment) -> ImageRecord:
        """Change what users say of an image; its bytes and its vector stay.

        Raises:
            PreconditionFailed: There was another write than the one that the amendment is based on.
        """
        path = f"/v1/collections/{collection}/images/{image_id}"
        return await self._call("PATCH", path, ImageRecord, **packed(amendment))

    async def delete(self, collection: str, image_id: str) -> DeleteResponse:
        """Remove an image; when the answer is there, no query shows it any more."""
        return await self._call("DELETE", f"/v1/collections/{collection}/images/{image_id}", DeleteResponse)

    async def page(self, collection: str, after: str | None, limit: int) -> ImagePage:
        """Read records in the order of their ids, from the first id larger than `after`."""
        params = {"limit": limit} | ({} if after is None else {"after": after})
        return await self._call("GET", f"/v1/collections/{collection}/images", ImagePage, params=params)

    async def changes(self, collection: str, since: int) -> ChangePage:
        """Read what was written to a collection after a revision, in the order of the revisions."""
        return await self._call("GET", f"/v1/collections/{collection}/changes", ChangePage, params={"since": since})

    async def select(self, collection: str, wanted: Filter, after: str | None, limit: int) -> ImagePage:
        """Read records of the images that a filter admits, in the order of their ids."""
        request = SelectRequest(filter=wanted, after=after, limit=limit)
        return await self._call(
            "POST", f"/v1/collections/{collection}/select", ImagePage, reads=True, **packed(request)
        )

    async def survey(self, collection: str, wanted: Filter) -> Survey:
        """Count the images that a filter admits."""
        request = SurveyRequest(filter=wanted)
        return await self._call("POST", f"/v1/collections/{collection}/survey", Survey, reads=True, **packed(request))

    async def remove(self, collection: str, request: RemoveRequest) -> Removed:
        """Remove a slice of the images that a filter admits; when the answer is there, no query shows them any more."""
        return await self._call("POST", f"/v1/collections/{collection}/remove", Removed, **packed(request))

    async def labels(self, collection: str, after: str | None, limit: int) -> LabelPage:
        """Read labels in their order with the number of images that have them, from the first larger than `after`."""
        params = {"limit": limit} | ({} if after is None else {"after": after})
        return await self._call("GET", f"/v1/collections/{collection}/labels", LabelPage, params=params)

    async def duplicates(
        self,
        collection: str,
        min_score: float,
        *,
        after: str | None = None,
        limit: int = 20,
        decided: bool = False,
        min_revision: int = 0,
    ) -> DuplicateReport:
        """Read a page of groups of images that look the same; until they are found, the answer is not `ready`.

        Raises:
            RevisionNotReached: The index is still behind `min_revision`.
        """
        params = {"min_score": min_score, "limit": limit, "decided": decided, "min_revision": min_revision}
        params |= {} if after is None else {"after": after}  # type: ignore[dict-item]
        return await self._call("GET", f"/v1/collections/{collection}/duplicates", DuplicateReport, params=params)

    async def decide(self, collection: str, decision: Decision) -> StoredDecision:
        """Remember what was decided about images; another decision about the same ones is replaced."""
        return await self._call("PUT", f"/v1/collections/{collection}/decisions", StoredDecision, **packed(decision))

    async def revoke(self, collection: str, decision_id: str) -> None:
        """Forget a decision."""
        await self._request("DELETE", f"/v1/collections/{collection}/decisions/{decision_id}")

    async def decisions(self, collection: str, after: str | None, limit: int) -> DecisionPage:
        """Read a page of decisions in the order of their ids."""
        params = {"limit": limit} | ({} if after is None else {"after": after})
        return await self._call("GET", f"/v1/collections/{collection}/decisions", DecisionPage, params=params)

    async def known(self, collection: str, sha256: Sequence[str]) -> KnownResponse:
        """Tell which of these digests some image of the collection has; of an unknown collection none."""
        request = KnownRequest(sha256=tuple(sha256))
        return await self._call(
            "POST", f"/v1/collections/{collection}/known", KnownResponse, reads=True, **packed(request)
        )

    async def records(self, collection: str, image_ids: Sequence[str]) -> dict[str, ImageRecord]:
        """Read the records of those of up to 1,000 ids that exist, by id; of an unknown collection none."""
        request = RecordsRequest(ids=tuple(image_ids))
        answer = await self._call(
            "POST", f"/v1/collections/{collection}/records", Records, reads=True, **packed(request)
        )
        return {record.id: record for record in answer.records}

    async def content(self, collection: str, image_id: str) -> StoredFile:
        """Read an image's bytes as they were uploaded."""
        return await self._file(f"/v1/collections/{collection}/images/{image_id}/content")

    async def thumbnail(self, collection: str, image_id: str) -> StoredFile:
        """Read an image's thumbnail, a JPEG."""
        return await self._file(f"/v1/collections/{collection}/images/{image_id}/thumbnail")

    async def file(
        self,
        method: str,
        collection: str,
        image_id: str,
        part: Literal["content", "thumbnail"],
        *,
        sha256: str | None = None,
        headers: Mapping[str, str],
    ) -> FileAnswer:
        """Ask for a file by GET or HEAD, under a client's own conditions; where the image has other bytes: `NotFound`.

        Args:
            method: GET or HEAD.
            collection: The image's collection.
            image_id: The image's id.
            part: Which file.
            sha256: That of the bytes that the image should have.
            headers: The client's `If-None-Match`, `If-Range` and `Range`.
        """
        path = f"/v1/collections/{collection}/images/{image_id}/{part}"
        params = {} if sha256 is None else {"sha256": sha256}
        response = await self._request(method, path, headers=headers, admit=(304, 404, 416), reads=True, params=params)
        if response.status_code == 404:
            # The answer to HEAD has no body to rebuild the problem from.
            raise NotFound("There is no such file.") if method == "HEAD" else self._failure(response)
        told = (*_OF_FILES, "content-length") if method == "HEAD" else _OF_FILES
        kept = {name: response.headers[name] for name in told if name in response.headers}
        return FileAnswer(response.status_code, kept, response.content)

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
