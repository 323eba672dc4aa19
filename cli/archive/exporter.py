"""Reads a collection from a search service, each image whole, and appends it to an archive."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial

from anyio import to_thread

from cli.archive.image import ArchivedImage, NotWhole
from cli.archive.reading import MAX_IMAGE_BYTES
from cli.archive.writing import ArchiveWriter
from cli.concurrency import for_each, given
from cli.failures import CommandFailed
from cli.ingest.retry import Retry
from shared.clients.search import SearchClient, StoredFile
from shared.contracts.checks import ImageVector
from shared.contracts.search import ImageRecord
from shared.errors import NotFound

_PAGE = 500
_BATCH = 32
_BATCH_BYTES = 64 * 2**20
_ATTEMPTS = 5

_Read = Callable[[str, str], Awaitable[StoredFile]]
_Files = tuple[StoredFile | None, StoredFile | None]
"""Content and thumbnail."""


class Exporter:
    """Goes through a collection in the order of its ids, on from where the archive ends.

    Writes may go on meanwhile. Each image is archived as it was at one moment: its vector is read last, and where that
    came with another write than the record, the image is read again. One that is removed before its turn is left out;
    what happens to one after its turn, and what is added before the point that was reached, is not looked at again.

    Args:
        client: Has the collection, with at least `jobs` requests at once.
        jobs: Images that are read at once.
        retry: How often a call is made again that may succeed later.
    """

    def __init__(self, client: SearchClient, *, jobs: int = 8, retry: Retry | None = None) -> None:
        self._client = client
        self._jobs = jobs
        self._retry = retry or Retry()

    async def run(self, collection: str, writer: ArchiveWriter, on_change: Callable[[], None] | None = None) -> None:
        """Append what the archive does not have yet.

        Raises:
            CommandFailed: An image cannot be read whole.
            LookalikeError: The service is gone.
            OSError: The disk failed or is full.
        """
        after = writer.last_id or None
        while True:
            page = await self._retry(partial(self._client.page, collection, after, _PAGE))
            for batch in _batches(page.records):
                images = await self._read(batch)
                await to_thread.run_sync(writer.append, images)
                if on_change:
                    on_change()
            if (after := page.next_after) is None:
                return

    async def _read(self, records: Sequence[ImageRecord]) -> list[ArchivedImage]:
        """Read images as they are now; those that are gone are left out."""
        read: dict[str, ArchivedImage] = {}
        waiting = list(records)
        for _ in range(_ATTEMPTS):
            files = await self._files(waiting)
            vectors = await self._vectors(waiting)
            stale = []
            for record in waiting:
                vector = vectors.get(record.id)
                if vector and vector.revision == record.revision:
                    read[record.id] = await to_thread.run_sync(_whole, record, files[record.id], vector)
                elif vector:
                    stale.append(record)
            waiting = [now for old in stale if (now := await self._again(old))]
            if not waiting:
                return [read[key] for key in sorted(read)]
        raise CommandFailed(f"The image {waiting[0].id} is being replaced again and again.", "Run the command again.")

    async def _files(self, records: Sequence[ImageRecord]) -> dict[str, _Files]:
        files: dict[str, _Files] = {}

        async def fetch(record: ImageRecord) -> None:
            content = await self._file(self._client.content, record)
            files[record.id] = (content, await self._file(self._client.thumbnail, record))

        await for_each(given(records), fetch, self._jobs)
        return files

    async def _file(self, read: _Read, record: ImageRecord) -> StoredFile | None:
        try:
            return await self._retry(partial(read, record.collection, record.id))
        except NotFound:
            return None

    async def _vectors(self, records: Sequence[ImageRecord]) -> dict[str, ImageVector]:
        if not records:
            return {}
        ids = [record.id for record in records]
        answer = await self._retry(partial(self._client.vectors, records[0].collection, ids))
        return {vector.id: vector for vector in answer.vectors}

    async def _again(self, record: ImageRecord) -> ImageRecord | None:
        try:
            return await self._retry(partial(self._client.record, record.collection, record.id))
        except NotFound:
            return None


def _whole(record: ImageRecord, files: _Files, vector: ImageVector) -> ArchivedImage:
    content, thumbnail = files
    try:
        if content is None or thumbnail is None:
            raise NotWhole("Its bytes or its thumbnail are not there.")
        if len(content.data) > MAX_IMAGE_BYTES:
            raise NotWhole(f"It is longer than {MAX_IMAGE_BYTES} bytes.")
        return ArchivedImage.of(record, content.data, thumbnail.data, vector.vector)
    except NotWhole as error:
        raise CommandFailed(
            f"The image {record.id} cannot be exported. {error}",
            "`lookalike verify` lists all that is damaged. Mend or delete it; run again, this goes on from here.",
        ) from error


def _batches(records: Sequence[ImageRecord]) -> Iterator[list[ImageRecord]]:
    """Group records so that neither their number nor the bytes of their images get large."""
    batch: list[ImageRecord] = []
    held = 0
    for record in records:
        if batch and (len(batch) == _BATCH or held + record.size > _BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(record)
        held += record.size
    if batch:
        yield batch
