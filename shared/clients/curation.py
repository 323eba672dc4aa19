"""The part of the public API's client that keeps a collection in order."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from pydantic import BaseModel

from shared import wire
from shared.clients.base import ServiceClient
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.batch import FACTS, BatchFacts, BatchResponse
from shared.contracts.duplicates import Decision, StoredDecision
from shared.contracts.gateway import DecisionList, DuplicateList, Image, LabelList, RemovalRequest, RemovedImages
from shared.contracts.metadata import MetadataValue

MERGE_PATCH = "application/merge-patch+json"


class Changes(TypedDict, total=False):
    """What is to be said of an image: None removes, what is left out stays."""

    label: str | None
    metadata: Mapping[str, MetadataValue] | None


class CurationClient(ServiceClient):
    """Calls what brings in, changes, lists and removes many images."""

    async def add_batch(
        self,
        images: Sequence[bytes],
        facts: Sequence[BatchFacts | None] = (),
        *,
        collection: str = DEFAULT_COLLECTION,
    ) -> BatchResponse:
        """Add or replace many images; each has its outcome, in the order given. Sending them again changes nothing.

        Args:
            images: The files.
            facts: What is said of each, or nothing at all.
            collection: Where they go.

        Raises:
            BodyTooLarge: They have more bytes together than one request may have.
        """
        form = {"facts": FACTS.dump_json(tuple(facts)).decode()} if facts else {}
        files = [("images", (f"{number}", image, "application/octet-stream")) for number, image in enumerate(images)]
        params = {"collection": collection}
        return await self._call("POST", "/v1/images/batch", BatchResponse, files=files, data=form, params=params)

    async def labels(
        self, *, limit: int = 100, cursor: str | None = None, collection: str = DEFAULT_COLLECTION
    ) -> LabelList:
        """Read a page of labels in their order, each with the number of images that have it."""
        params = {"limit": limit, "collection": collection} | ({} if cursor is None else {"cursor": cursor})
        return await self._call("GET", "/v1/labels", LabelList, params=params)

    async def delete_matching(self, request: RemovalRequest, *, collection: str = DEFAULT_COLLECTION) -> RemovedImages:
        """Tell which images a filter admits, or remove them: of very many some, as `remaining` says.

        Raises:
            Conflict: There are not as many as the request expects; nothing is removed.
        """
        params = {"collection": collection}
        return await self._call("POST", "/v1/images/delete", RemovedImages, params=params, **_json(request))

    async def duplicates(
        self,
        *,
        min_score: float = 0.95,
        limit: int = 20,
        cursor: str | None = None,
        decided: bool = False,
        min_revision: int = 0,
        collection: str = DEFAULT_COLLECTION,
    ) -> DuplicateList:
        """Read a page of groups of images that look the same; until they are found, the answer is not `ready`.

        Raises:
            RevisionNotReached: The index is still behind `min_revision`.
        """
        params: dict[str, Any] = {"min_score": min_score, "limit": limit, "decided": decided}
        params |= {"min_revision": min_revision, "collection": collection}
        params |= {} if cursor is None else {"cursor": cursor}
        return await self._call("GET", "/v1/duplicates", DuplicateList, params=params)

    async def decide(self, decision: Decision, *, collection: str = DEFAULT_COLLECTION) -> StoredDecision:
        """Remember what was decided about images; another decision about the same ones is replaced."""
        path, params = "/v1/duplicates/decisions", {"collection": collection}
        return await self._call("PUT", path, StoredDecision, params=params, **_json(decision))

    async def decisions(
        self, *, limit: int = 100, cursor: str | None = None, collection: str = DEFAULT_COLLECTION
    ) -> DecisionList:
        """Read a page of decisions."""
        params = {"limit": limit, "collection": collection} | ({} if cursor is None else {"cursor": cursor})
        return await self._call("GET", "/v1/duplicates/decisions", DecisionList, params=params)

    async def revoke(self, decision_id: str, *, collection: str = DEFAULT_COLLECTION) -> None:
        """Forget a decision."""
        path, params = f"/v1/duplicates/decisions/{decision_id}", {"collection": collection}
        await self._request("DELETE", path, params=params)

    async def patch(
        self,
        image_id: str,
        *,
        revision: int | None = None,
        collection: str = DEFAULT_COLLECTION,
        **changes: Unpack[Changes],
    ) -> Image:
        """Change what is said of an image; keys of the metadata that are None are removed, others stay.

        Raises:
            PreconditionFailed: The image is not at `revision` any more.
        """
        headers = {"content-type": MERGE_PATCH} | ({} if revision is None else {"if-match": f'"{revision}"'})
        path, params = f"/v1/images/{image_id}", {"collection": collection}
        return await self._call("PATCH", path, Image, headers=headers, params=params, content=json.dumps(changes))


def _json(model: BaseModel) -> dict[str, Any]:
    return {"content": wire.encode(model, wire.JSON), "headers": {"content-type": wire.JSON}}
