"""Uploads the images of a source that a collection does not have yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import anyio
from anyio import to_thread
from anyio.abc import ObjectReceiveStream, ObjectSendStream

from cli.concurrency import for_each, given
from cli.ingest.budget import ByteBudget
from cli.ingest.retry import Retry
from cli.ingest.source import Candidate, Finding, PassedOver, Source, Unreadable
from cli.ingest.tally import OnChange, Tally
from shared.clients.gateway import GatewayClient
from shared.errors import EmbeddingSpaceMismatch, LimitReached, LookalikeError, TryAgain

BATCH = 1000
"""Digests that are asked for at once: as many as the gateway takes in one call."""

_HOPELESS = (EmbeddingSpaceMismatch, LimitReached)  # the next file would end in the same


@dataclass(frozen=True, slots=True)
class _File:
    candidate: Candidate
    sha256: str
    size: int


class Ingestor:
    """Adds the images of a source to a collection; run again after an interruption, it uploads only the rest.

    Args:
        client: Calls the gateway, with at least `jobs` requests at once.
        collection: Where the images go.
        jobs: Files that are hashed at once, and uploads under way at once.
        max_bytes: Bytes of files in memory at once; a file longer than this is not uploaded.
        retry: How often a call is made again that may succeed later.
    """

    def __init__(
        self,
        client: GatewayClient,
        collection: str,
        *,
        jobs: int = 8,
        max_bytes: int = 128 * 2**20,
        retry: Retry | None = None,
    ) -> None:
        self.tally = Tally()
        self._client = client
        self._collection = collection
        self._jobs = jobs
        self._budget = ByteBudget(max_bytes)
        self._retry = retry or Retry()
        self._on_change: OnChange | None = None
        self._seen: set[bytes] = set()
        self._abort_with: LookalikeError | None = None
        self._scope = anyio.CancelScope()

    async def run(self, source: Source, on_change: OnChange | None = None) -> Tally:
        """Ingest all candidates of a source; those that fail are in the tally and do not stop the others.

        Args:
            source: Gone through twice: to count, and to upload.
            on_change: Told of the tally after each change.

        Raises:
            LookalikeError: The gateway is gone, or refuses whatever comes; `tally` says how far it came.
        """
        self._on_change = on_change
        with self._scope:
            async with anyio.create_task_group() as group:
                group.start_soon(self._count, source)
                missing, to_upload = anyio.create_memory_object_stream[_File](self._jobs)
                for _ in range(self._jobs):
                    group.start_soon(self._upload_all, to_upload.clone())
                to_upload.close()
                async with missing:
                    await self._find_missing(source, missing)
        if self._abort_with:
            raise self._abort_with
        return self.tally

    async def _count(self, source: Source) -> None:
        self.tally.total = await to_thread.run_sync(source.count, abandon_on_cancel=True)
        self._changed()

    async def _find_missing(self, source: Source, missing: ObjectSendStream[_File]) -> None:
        findings = source.findings()
        while batch := await to_thread.run_sync(lambda: list(islice(findings, BATCH))):
            files = self._without_duplicates(await self._hash(self._candidates(batch)))
            try:
                known = await self._known([file.sha256 for file in files])
            except LookalikeError as error:
                self._abort(error)
                return
            for file in files:
                if file.sha256 in known:
                    self.tally.already_there += 1
                    self._changed()
                else:
                    await missing.send(file)

    def _candidates(self, findings: Sequence[Finding]) -> list[Candidate]:
        candidates = []
        for finding in findings:
            match finding:
                case PassedOver():
                    self.tally.passed_over[finding.why] += 1
                case Unreadable():
                    self.tally.fail(finding.source, finding.reason)
                case candidate:
                    candidates.append(candidate)
        return candidates

    async def _hash(self, candidates: Sequence[Candidate]) -> list[_File]:
        hashed: list[_File | None] = [None] * len(candidates)

        async def hash_one(numbered: tuple[int, Candidate]) -> None:
            number, candidate = numbered
            try:
                hashed[number] = _File(candidate, *await to_thread.run_sync(candidate.digest))
            except OSError as error:
                self._fail(candidate, f"The file cannot be read: {error.strerror}.")

        await for_each(given(enumerate(candidates)), hash_one, self._jobs)
        return [file for file in hashed if file]

    def _without_duplicates(self, files: Sequence[_File]) -> list[_File]:
        fresh = []
        for file in files:
            digest = bytes.fromhex(file.sha256)
            if digest in self._seen:
                self.tally.duplicates += 1
            else:
                self._seen.add(digest)
                fresh.append(file)
        self._changed()
        return fresh

    async def _known(self, digests: Sequence[str]) -> frozenset[str]:
        if not digests:
            return frozenset()
        return await self._retry(lambda: self._client.known(digests, collection=self._collection))

    async def _upload_all(self, files: ObjectReceiveStream[_File]) -> None:
        async with files:
            async for file in files:
                if file.size > self._budget.limit:
                    self._fail(file.candidate, f"The file is larger than {self._budget.limit} bytes.")
                    continue
                async with self._budget.hold(file.size):
                    await self._upload(file.candidate)

    async def _upload(self, candidate: Candidate) -> None:
        metadata = {"source": candidate.source}
        try:
            image = await to_thread.run_sync(candidate.read)
            stored = await self._retry(
                lambda: self._client.add(image, label=candidate.label, metadata=metadata, collection=self._collection)
            )
        except OSError as error:
            self._fail(candidate, f"The file cannot be read: {error.strerror}.")
        except LookalikeError as error:
            # One file may be the reason of a server's failure; a server that is not ready fails every file.
            gone = isinstance(error, TryAgain) and not (await self._client.ready()).ready
            if gone or isinstance(error, _HOPELESS):
                self._abort(error)
            else:
                self._fail(candidate, error.detail)
        else:
            if stored.created:
                self.tally.added += 1
            else:
                self.tally.already_there += 1
            self._changed()

    def _fail(self, candidate: Candidate, reason: str) -> None:
        self.tally.fail(candidate.source, reason)
        self._changed()

    def _abort(self, error: LookalikeError) -> None:
        self._abort_with = error
        self._scope.cancel()

    def _changed(self) -> None:
        if self._on_change:
            self._on_change(self.tally)
