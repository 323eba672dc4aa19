"""The use case behind every upload: an image becomes visible whole, or not at all."""

import asyncio
import hashlib

from services.gateway.recipes import Recipes
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.embedding import EmbeddedImage, EmbeddingSpace, RecipeName
from shared.contracts.metadata import Metadata
from shared.contracts.search import Amendment, BlobResponse, CommitResponse, ImageCommit, ImageRecord
from shared.errors import Conflict, EmbeddingSpaceMismatch, LookalikeError, NotFound, PreconditionFailed

ID_DIGITS = 32
"""Hexadecimal digits of the SHA-256 that name an image whose client named it not: 128 bits."""


class Uploads:
    """Sends an image's bytes to the embedder and to the store at the same time, then commits the record."""

    def __init__(self, embedder: EmbedderClient, search: SearchClient, recipes: Recipes) -> None:
        self._embedder = embedder
        self._search = search
        self._recipes = recipes

    async def add(self, collection: str, data: bytes, label: str | None, metadata: Metadata | None) -> CommitResponse:
        """Add an image under an id made from its digest. Adding it again changes only the label and metadata given."""
        sha256 = await _digest(data)
        image_id = sha256[:ID_DIGITS]
        stored = await self._stored(collection, image_id)
        if stored is None or stored.sha256 != sha256:
            return await self._upload(collection, image_id, sha256, data, label, metadata or {})
        label = stored.label if label is None else label
        metadata = stored.metadata if metadata is None else metadata
        if (label, metadata) == (stored.label, stored.metadata):
            return CommitResponse(record=stored, created=False)
        try:
            amendment = Amendment(revision=stored.revision, label=label, metadata=metadata)
            amended = await self._search.amend(collection, image_id, amendment)
        except (NotFound, PreconditionFailed):
            return await self._upload(collection, image_id, sha256, data, label, metadata)
        return CommitResponse(record=amended, created=False)

    async def put(
        self, collection: str, image_id: str, data: bytes, label: str | None, metadata: Metadata
    ) -> CommitResponse:
        """Add an image under an id of the client's; one that has it is replaced, bytes, label, metadata and all."""
        return await self._upload(collection, image_id, await _digest(data), data, label, metadata)

    async def _upload(
        self, collection: str, image_id: str, sha256: str, data: bytes, label: str | None, metadata: Metadata
    ) -> CommitResponse:
        async def upload(recipe: RecipeName | None) -> CommitResponse:
            space, image = await self._embed_and_store(sha256, data, recipe)
            return await self.commit(collection, image_id, data, space, image, label, metadata)

        return await self._recipes.embedding(collection, upload)

    async def commit(
        self,
        collection: str,
        image_id: str,
        data: bytes,
        space: EmbeddingSpace,
        image: EmbeddedImage,
        label: str | None,
        metadata: Metadata,
    ) -> CommitResponse:
        """Make an image visible whose bytes were stored a moment ago, and which was embedded with a thumbnail.

        Raises:
            EmbeddingSpaceMismatch: The collection has another recipe, or was made with other weights.
        """
        assert image.thumbnail is not None, "the embedder was asked for one"
        commit = ImageCommit(
            sha256=image.sha256,
            content_type=image.content_type,
            width=image.width,
            height=image.height,
            label=label,
            metadata=metadata,
            space=space.ref(),
            recipe=space.recipe,
            vector=image.vector,
            thumbnail=image.thumbnail,
        )
        try:
            return await self._search.commit(collection, image_id, commit)
        except EmbeddingSpaceMismatch:
            await self._search.release_blob(image.sha256)
            raise
        except Conflict:
            # Between our two calls another upload of the same bytes was refused or removed, and its bytes with it.
            await self._search.put_blob(image.sha256, data)
            return await self._search.commit(collection, image_id, commit)

    async def _embed_and_store(
        self, sha256: str, data: bytes, recipe: RecipeName | None
    ) -> tuple[EmbeddingSpace, EmbeddedImage]:
        # Both run to their end even if one fails: a refused image's bytes can be released only once they are stored.
        embedded, stored = await asyncio.gather(
            self._embedder.embed_one(data, thumbnail=True, recipe=recipe),
            self._search.put_blob(sha256, data),
            return_exceptions=True,
        )
        if isinstance(embedded, BaseException):
            if isinstance(stored, BlobResponse):
                await self._release(sha256)
            raise embedded
        if isinstance(stored, BaseException):
            raise stored
        return embedded

    async def _release(self, sha256: str) -> None:
        try:
            await self._search.release_blob(sha256)
        except LookalikeError:
            return  # The store's sweeper removes what nobody released; the client is owed the refusal, not this.

    async def _stored(self, collection: str, image_id: str) -> ImageRecord | None:
        try:
            return await self._search.record(collection, image_id)
        except NotFound:
            return None


async def _digest(data: bytes) -> str:
    return await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
