"""Brings pictures to an embedder, as far as their vectors are not known yet."""

import hashlib
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray

from cli import connection
from cli.concurrency import for_each
from cli.connection import Server
from cli.evaluation.picture import Picture
from cli.evaluation.services import answer_of, running
from cli.evaluation.setup import Setup
from cli.evaluation.vectors import KeptVectors, Vector
from cli.failures import CommandFailed
from cli.ingest.retry import Retry
from cli.progress import OnProgress
from shared.clients.embedder import EmbedderClient
from shared.contracts.embedding import EmbeddedImage, EmbeddingSpace, EmbedOutcome, RefusedImage
from shared.errors import EmptyUpload, ImageTooLarge, UndecodableImage, UnsupportedMediaType

_REFUSALS = (EmptyUpload, UnsupportedMediaType, UndecodableImage, ImageTooLarge)

_BATCH = 16
_UNDER_WAY = 3
_BATCH_BYTES = 32 * 2**20
_KEPT_AT_ONCE = 512


@dataclass(frozen=True)
class Embedded:
    """Pictures as an embedding space has them."""

    space: EmbeddingSpace
    vectors: NDArray[np.float32]
    """(n, dimensions), of the pictures that were understood, in their order."""
    refused: frozenset[str]
    """Names of the pictures that were not."""


class Embedder:
    """Embeds pictures for one setup, until its block ends.

    Args:
        setup: What is evaluated.
        running_already: Where an embedder runs; None: one is started once it is needed.
        cache: Lookalike's cache.
    """

    def __init__(self, setup: Setup, running_already: Server | None, cache: Path) -> None:
        if running_already is not None and setup.embeds_otherwise:
            raise CommandFailed(
                "An embedder that runs already has its recipe and settings.", "Leave out --embedder, or the settings."
            )
        self._setup = setup
        self._running = running_already
        self._cache = cache
        self._started = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._started.aclose()

    async def server(self) -> Server:
        """Tell where an embedder runs; where none does, start it.

        Raises:
            CommandFailed: It does not start.
        """
        if self._running is None:
            self._running = await self._started.enter_async_context(running("embedder", self._setup.environment()))
        return self._running

    async def embed(self, pictures: Sequence[Picture], on_progress: OnProgress) -> Embedded:
        """Give the vectors of pictures; those that are not known yet are kept.

        Raises:
            CommandFailed: The embedder cannot be reached, or gives up.
        """
        space = await self._space()
        kept = KeptVectors(self._cache, space.fingerprint)
        digests = await to_thread.run_sync(_digests, pictures, on_progress)
        vectors = await to_thread.run_sync(kept.find, digests)
        missing: dict[str, Picture] = {}
        for digest, picture in zip(digests, pictures, strict=True):
            if digest not in vectors:
                missing.setdefault(digest, picture)
        if missing:
            async with connection.embedder(await self.server(), _UNDER_WAY) as client:
                await _Batches(client, kept, vectors, on_progress).run(missing)
        known = [vectors[digest] for digest in digests if digest in vectors]
        refused = frozenset(
            picture.name for digest, picture in zip(digests, pictures, strict=True) if digest not in vectors
        )
        if not known:
            raise CommandFailed("None of the pictures could be understood.")
        return Embedded(space, np.stack(known), refused)

    async def latencies(self, pictures: Sequence[Picture]) -> list[float]:
        """Embed pictures one after the other, and give the seconds that each took."""
        async with connection.embedder(await self.server(), _UNDER_WAY) as client:
            datas = [picture.read() for picture in pictures]
            await client.embed_one(datas[0])  # the first call of a process is no measure
            return [await _timed(client, data) for data in datas]

    async def _space(self) -> EmbeddingSpace:
        if self._running is None:
            described = await answer_of("services.embedder.space", self._setup.environment())
            return EmbeddingSpace.model_validate_json(described)
        async with connection.embedder(self._running) as client:
            return await client.space()


class _Batches:
    """Sends pictures to an embedder, several at once, and keeps what comes back."""

    def __init__(
        self, client: EmbedderClient, kept: KeptVectors, vectors: dict[str, Vector], on_progress: OnProgress
    ) -> None:
        self._client = client
        self._kept = kept
        self._vectors = vectors
        self._on_progress = on_progress
        self._fresh: dict[str, Vector] = {}
        self._retry = Retry()
        self._done = self._total = 0

    async def run(self, missing: Mapping[str, Picture]) -> None:
        self._total = len(missing)
        try:
            await for_each(_batches(missing), self._embed, _UNDER_WAY)
        finally:  # an interrupted evaluation goes on where it was
            self._kept.keep(self._fresh)

    async def _embed(self, batch: Mapping[str, bytes]) -> None:
        for digest, outcome in zip(batch, await self._outcomes(list(batch.values())), strict=True):
            if isinstance(outcome, EmbeddedImage):
                self._vectors[digest] = self._fresh[digest] = np.frombuffer(outcome.vector, "<f4")
        if len(self._fresh) >= _KEPT_AT_ONCE:
            fresh, self._fresh = self._fresh, {}
            await to_thread.run_sync(self._kept.keep, fresh)
        self._done += len(batch)
        self._on_progress(self._done, self._total, "embedding")

    async def _outcomes(self, datas: Sequence[bytes]) -> Sequence[EmbedOutcome]:
        try:
            return (await self._retry(lambda: self._client.embed(datas))).images
        except _REFUSALS as refusal:  # of a picture that is sent alone
            return [RefusedImage(problem=refusal.problem())]


async def _batches(missing: Mapping[str, Picture]) -> AsyncGenerator[dict[str, bytes], None]:
    batch: dict[str, bytes] = {}
    for digest, picture in missing.items():
        batch[digest] = await to_thread.run_sync(picture.read)
        if len(batch) == _BATCH or sum(map(len, batch.values())) > _BATCH_BYTES:
            yield batch
            batch = {}
    if batch:
        yield batch


def _digests(pictures: Sequence[Picture], on_progress: OnProgress) -> list[str]:
    digests = []
    for number, picture in enumerate(pictures, 1):
        digests.append(hashlib.sha256(picture.read()).hexdigest())
        on_progress(number, len(pictures), "reading")
    return digests


async def _timed(client: EmbedderClient, data: bytes) -> float:
    began = time.perf_counter()
    await client.embed_one(data)
    return time.perf_counter() - began
