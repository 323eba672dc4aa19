"""Goes through a collection: every record with its bytes and its thumbnail, and every replica's index."""

from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial

from anyio import to_thread

from cli.concurrency import for_each, together
from cli.ingest.budget import ByteBudget
from cli.ingest.retry import Retry
from cli.verification.findings import Fault, Findings, Kind
from cli.verification.image import faults_of_bytes, faults_of_thumbnail
from shared.clients.search import SearchClient
from shared.contracts.search import ImageRecord
from shared.errors import NotFound, TryAgain

_PAGE = 500
_INDEX_PAGE = 256
_ATTEMPTS = 3
_MAX_BYTES = 128 * 2**20

OnRecord = Callable[[ImageRecord], None]


class Verifier:
    """Compares what a collection's records say with what is there, while it is used.

    What does not match is looked at again before it is reported, with the record as it is by then: an image that is
    replaced or removed meanwhile is no fault.

    Args:
        replicas: Search services over one store, by their addresses, each with at least `jobs` requests at once. The
            records are read through the first.
        findings: Where faults and counts are kept.
        jobs: Images that are read at once.
        on_change: Told of each image.
        retry: How often a call is made again that may succeed later.
    """

    def __init__(
        self,
        replicas: Mapping[str, SearchClient],
        findings: Findings,
        *,
        jobs: int = 8,
        on_change: Callable[[], None] | None = None,
        retry: Retry | None = None,
    ) -> None:
        self._replicas = replicas
        self._client = next(iter(replicas.values()))
        self._findings = findings
        self._jobs = jobs
        self._on_change = on_change
        self._retry = retry or Retry(attempts=4)
        self._budget = ByteBudget(_MAX_BYTES)

    async def run(self, collection: str, on_record: OnRecord | None = None) -> None:
        """Check a collection.

        Args:
            collection: Its name.
            on_record: Told of every image, whatever is the matter with it.

        Raises:
            LookalikeError: A service is gone.
        """

        async def check(record: ImageRecord) -> None:
            async with self._budget.hold(min(record.size, self._budget.limit)):
                await self._check(record)
            if on_record:
                on_record(record)
            self._findings.images += 1
            if self._on_change:
                self._on_change()

        async def check_records() -> None:
            await for_each(self._records(collection), check, self._jobs)

        await together(check_records, *(partial(self._check_index, collection, url) for url in self._replicas))

    async def _records(self, collection: str) -> AsyncGenerator[ImageRecord, None]:
        after: str | None = None
        while True:
            try:
                page = await self._retry(partial(self._client.page, collection, after, _PAGE))
            except NotFound:  # its last image is gone
                return
            for record in page.records:
                yield record
            if (after := page.next_after) is None:
                return

    async def _check(self, record: ImageRecord) -> None:
        for _ in range(_ATTEMPTS):
            faults = await self._look(record)
            if not faults:
                return
            now = await self._read_again(record)
            if now is None:
                return
            if now.revision == record.revision:
                self._findings.add(*faults)
                return
            record = now

    async def _look(self, record: ImageRecord) -> list[Fault]:
        faults: list[Fault] = []

        async def look(kind: Kind) -> None:
            faults.extend(Fault(kind, record.collection, record.id, why) for why in await self._why(kind, record))

        await together(lambda: look("bytes"), lambda: look("thumbnail"))
        return faults

    async def _why(self, kind: Kind, record: ImageRecord) -> list[str]:
        read, faults_of = {
            "bytes": (self._client.content, faults_of_bytes),
            "thumbnail": (self._client.thumbnail, faults_of_thumbnail),
        }[kind]
        try:
            file = await self._retry(lambda: read(record.collection, record.id))
        except NotFound:
            return ["It is not there."]
        except TryAgain as error:
            # One image's bytes may be the reason; a service that is not ready fails with all of them.
            if not (await self._client.ready()).ready:
                raise
            return [f"It cannot be read: {error.detail}"]
        return await to_thread.run_sync(lambda: list(faults_of(record, file)))

    async def _read_again(self, record: ImageRecord) -> ImageRecord | None:
        try:
            return await self._retry(lambda: self._client.record(record.collection, record.id))
        except NotFound:
            return None

    async def _check_index(self, collection: str, url: str) -> None:
        client = self._replicas[url]
        after: str | None = None
        while True:
            try:
                page = await self._retry(partial(client.check, collection, after, _INDEX_PAGE))
            except NotFound:  # its last image is gone
                return
            for fault in page.faults:
                of_store = fault.kind == "malformed"
                kind: Kind = "vector" if of_store else "index"
                self._findings.add(Fault(kind, collection, fault.id, fault.detail, None if of_store else url))
            if (after := page.next_after) is None:
                return
