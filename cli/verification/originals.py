"""Compares the images of a collection with the files that they came from."""

import hashlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from itertools import islice

from anyio import to_thread

from cli.concurrency import for_each
from cli.ingest.retry import Retry
from cli.ingest.source import Candidate, PassedOver, Source, Unreadable
from cli.verification.findings import Fault, Findings
from cli.verification.pixels import difference
from shared.clients.search import SearchClient
from shared.contracts.search import ImageRecord
from shared.errors import NotFound

_BATCH = 64


@dataclass(frozen=True, slots=True)
class _Stored:
    id: str
    sha256: str


@dataclass(slots=True)
class Origins:
    """Which image names which source: what has to be known of a collection before its sources are gone through."""

    by_source: defaultdict[str, list[_Stored]] = field(default_factory=lambda: defaultdict(list))
    without: list[str] = field(default_factory=list)
    """Ids of images that name no source."""
    digests: set[bytes] = field(default_factory=set)
    """SHA-256 of all images: a file that was met twice in its folder is stored once, under one of its names."""

    def add(self, record: ImageRecord) -> None:
        self.digests.add(bytes.fromhex(record.sha256))
        source = record.metadata.get("source")
        if isinstance(source, str):
            self.by_source[source].append(_Stored(record.id, record.sha256))
        else:
            self.without.append(record.id)


class Comparison:
    """Compares each image with its source, pixel by pixel, and tells which of the two has no partner.

    Files with the same bytes have the same pixels; all others are decoded.

    Args:
        client: Has the images, with at least `jobs` requests at once.
        collection: Whose images they are.
        origins: All of them.
        findings: Where faults and counts are kept.
        jobs: Sources that are compared at once.
        retry: How often a call is made again that may succeed later.
    """

    def __init__(
        self,
        client: SearchClient,
        collection: str,
        origins: Origins,
        findings: Findings,
        jobs: int = 8,
        retry: Retry | None = None,
    ) -> None:
        self._client = client
        self._collection = collection
        self._origins = origins
        self._findings = findings
        self._jobs = jobs
        self._retry = retry or Retry(attempts=4)

    async def run(self, source: Source, on_change: Callable[[], None] | None = None) -> None:
        """Go through a source.

        Raises:
            LookalikeError: The service is gone.
        """

        async def compare(candidate: Candidate) -> None:
            await self._compare(candidate)
            if on_change:
                on_change()

        await for_each(self._candidates(source), compare, self._jobs)
        for name, images in self._origins.by_source.items():
            for image in images:
                self._fault(image.id, "Its source is not there.", name)
        for image_id in self._origins.without:
            self._fault(image_id, "It names no source.")

    async def _candidates(self, source: Source) -> AsyncGenerator[Candidate, None]:
        findings = source.findings()
        while batch := await to_thread.run_sync(lambda: list(islice(findings, _BATCH))):
            for finding in batch:
                match finding:
                    case PassedOver():
                        pass
                    case Unreadable():
                        self._fault(None, finding.reason, finding.source)
                    case candidate:
                        yield candidate

    async def _compare(self, candidate: Candidate) -> None:
        images = self._origins.by_source.pop(candidate.source, [])
        try:
            original = await to_thread.run_sync(candidate.read)
        except OSError as error:
            self._fault(None, f"It cannot be read: {error.strerror}.", candidate.source)
            return
        sha256 = await to_thread.run_sync(lambda: hashlib.sha256(original).hexdigest())
        for image in images:
            self._findings.sources += 1
            if image.sha256 != sha256 and (why := await self._difference(image, original)):
                self._fault(image.id, why, candidate.source)
        if not images and bytes.fromhex(sha256) in self._origins.digests:
            self._findings.duplicates += 1
        elif not images:
            self._fault(None, "No image comes from it.", candidate.source)

    async def _difference(self, image: _Stored, original: bytes) -> str | None:
        try:
            stored = await self._retry(lambda: self._client.content(self._collection, image.id))
        except NotFound:  # told as a fault of its bytes, if the image is still there
            return None
        return await to_thread.run_sync(difference, stored.data, original)

    def _fault(self, image: str | None, detail: str, source: str | None = None) -> None:
        self._findings.add(Fault("source", self._collection, image, detail, source))
