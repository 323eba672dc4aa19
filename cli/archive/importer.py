"""Brings the images of an archive into a collection that lacks them."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from anyio import to_thread

from cli.archive.image import ArchivedImage
from cli.concurrency import for_each
from cli.ingest.retry import Retry
from shared.clients.search import SearchClient
from shared.contracts.embedding import SpaceRef
from shared.contracts.search import ImageRecord
from shared.errors import BodyTooLarge, Conflict, EmbeddingSpaceMismatch, ImageTooLarge, InvalidRequest, NotFound

_PAGE = 500
_BATCH = 64
_BATCH_BYTES = 64 * 2**20

_REFUSALS = (ImageTooLarge, BodyTooLarge, InvalidRequest)


@dataclass(slots=True)
class Imported:
    """What an import has done so far."""

    added: int = 0
    replaced: int = 0
    already_there: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """Ids of images that the service does not take, each with its reason."""

    @property
    def done(self) -> int:
        """Images whose outcome is known."""
        return self.added + self.replaced + self.already_there + len(self.refused)


class Importer:
    """Commits images under the ids that they have in the archive.

    One that is there with the same bytes, facts and vector is left as it is, so an import can be broken off and run
    again at any time; one that is there and differs is replaced. What the archive does not have is left alone.

    Args:
        client: Takes the images, with at least `jobs` requests at once.
        collection: Where they go.
        space: That of their vectors.
        jobs: Images that are sent at once.
        retry: How often a call is made again that may succeed later.
    """

    def __init__(
        self, client: SearchClient, collection: str, space: SpaceRef, *, jobs: int = 8, retry: Retry | None = None
    ) -> None:
        self.tally = Imported()
        self._client = client
        self._collection = collection
        self._space = space
        self._jobs = jobs
        self._retry = retry or Retry()
        self._target = _Target(client, collection, self._retry)
        self._on_change: Callable[[], None] | None = None

    async def run(self, images: Iterator[ArchivedImage], on_change: Callable[[], None] | None = None) -> None:
        """Import images that come in the order of their ids, each checked by whoever gives it.

        Raises:
            LookalikeError: The service is gone, full, or refuses whatever comes; `tally` says how far it came.
        """
        self._on_change = on_change
        await for_each(self._missing(images), self._send, self._jobs)

    async def _missing(self, images: Iterator[ArchivedImage]) -> AsyncGenerator[ArchivedImage, None]:
        batches = _batches(images)
        while batch := await to_thread.run_sync(next, batches, None):
            same = await self._same(batch)
            self.tally.already_there += len(same)
            self._changed()
            for image in batch:
                if image.record.id not in same:
                    yield image

    async def _same(self, batch: Sequence[ArchivedImage]) -> set[str]:
        records = await self._target.records([image.record.id for image in batch])
        alike = {
            image.record.id: image.vector()
            for image in batch
            if image.record.id in records and image.record.is_as(records[image.record.id])
        }
        if not alike:
            return set()
        answer = await self._retry(partial(self._client.vectors, self._collection, list(alike)))
        return {stored.id for stored in answer.vectors if stored.vector == alike[stored.id]}

    async def _send(self, image: ArchivedImage) -> None:
        image_id, sha256 = image.record.id, image.record.image.sha256
        commit = image.commit(self._space)
        put = partial(self._client.put_blob, sha256, image.data)
        send = partial(self._client.commit, self._collection, image_id, commit)
        try:
            await self._retry(put)
            try:
                answer = await self._retry(send)
            except EmbeddingSpaceMismatch:
                raise
            except Conflict:  # the bytes went with another image between the two calls
                await self._retry(put)
                answer = await self._retry(send)
        except _REFUSALS as error:
            self.tally.refused[image_id] = error.detail
        else:
            self.tally.added += answer.created
            self.tally.replaced += not answer.created
        self._changed()

    def _changed(self) -> None:
        if self._on_change:
            self._on_change()


class _Target:
    """What the collection has, read on page by page in the order of the ids that are asked for."""

    def __init__(self, client: SearchClient, collection: str, retry: Retry) -> None:
        self._client = client
        self._collection = collection
        self._retry = retry
        self._ahead: deque[ImageRecord] = deque()
        self._after = ""
        self._ended = False

    async def records(self, ids: Sequence[str]) -> dict[str, ImageRecord]:
        """Read the records of those ids that exist; ids come in their order, over all calls."""
        found = {}
        for image_id in ids:
            await self._advance_to(image_id)
            if self._ahead and self._ahead[0].id == image_id:
                found[image_id] = self._ahead[0]
        return found

    async def _advance_to(self, image_id: str) -> None:
        while True:
            while self._ahead and self._ahead[0].id < image_id:
                self._ahead.popleft()
            if self._ahead or self._ended:
                return
            # Whatever the collection has between the last page and this id's own neighbourhood is passed over.
            after = max(self._after, image_id[:-1])
            try:
                page = await self._retry(partial(self._client.page, self._collection, after or None, _PAGE))
            except NotFound:  # the first image will make the collection
                self._ended = True
                return
            self._ahead.extend(page.records)
            self._ended = page.next_after is None
            self._after = page.next_after or after


def _batches(images: Iterator[ArchivedImage]) -> Iterator[list[ArchivedImage]]:
    """Group images so that neither their number nor their bytes get large; an image beyond the bound ends its group."""
    batch: list[ArchivedImage] = []
    held = 0
    for image in images:
        batch.append(image)
        held += len(image.data) + len(image.thumbnail) + len(image.npy)
        if len(batch) == _BATCH or held >= _BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
