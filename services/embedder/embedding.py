"""The use case: images in, one outcome each."""

import logging
from collections.abc import Callable, Sequence
from functools import partial

import anyio
import anyio.to_thread

from services.embedder.admission import Admission
from services.embedder.batching import Batcher
from services.embedder.decoding import Limits
from services.embedder.ports import Extractor, Upload
from services.embedder.preparing import PreparedImage, prepare
from services.embedder.recipes import Recipe
from shared.contracts.embedding import EmbeddedImage, EmbeddingSpace, EmbedOutcome, EmbedResponse, RefusedImage
from shared.errors import EmptyUpload, ImageTooLarge, LookalikeError, TryAgain
from shared.logging import request_id

_log = logging.getLogger(__name__)


class Embedding:
    """Decodes images in a bounded number of threads and batches them through the extractor.

    Args:
        extractor: Gives the extractor, or raises NotReady.
        batcher: Brings prepared images through that extractor.
        admission: Bounds what is under way.
        limits: The largest image taken.
        decode_threads: How many images are read and decoded at the same time.
    """

    def __init__(
        self,
        extractor: Callable[[], Extractor],
        batcher: Batcher,
        admission: Admission,
        limits: Limits,
        decode_threads: int,
    ) -> None:
        self._extractor = extractor
        self._batcher = batcher
        self._admission = admission
        self._limits = limits
        self._slots = anyio.Semaphore(decode_threads)
        self._threads = anyio.CapacityLimiter(decode_threads)

    def space(self) -> EmbeddingSpace:
        """Describe the space of all vectors.

        Raises:
            NotReady: The extractor is still loading.
        """
        return self._extractor().space

    async def embed(self, uploads: Sequence[Upload], *, thumbnails: bool) -> EmbedResponse:
        """Embed images; each gets its outcome, in the order given.

        Raises:
            NotReady: The extractor is still loading.
            Overloaded: As much is under way as may be.
            EmptyUpload: There is no image.
            EmptyUpload, UnsupportedMediaType, UndecodableImage, ImageTooLarge: The only image is refused.
        """
        if not uploads:
            raise EmptyUpload("Send at least one file in the form field `images`.")
        extractor = self._extractor()
        outcomes: dict[int, EmbeddedImage | LookalikeError] = {}

        async def settle(number: int) -> None:
            try:
                outcomes[number] = await self._embed_one(uploads[number], extractor.recipe, thumbnails=thumbnails)
            except LookalikeError as error:
                outcomes[number] = error
            except Exception:
                _log.exception("an image could not be embedded")
                outcomes[number] = LookalikeError("The image could not be embedded.")

        with self._admission.admit(len(uploads), sum(upload.size or 0 for upload in uploads)):
            async with anyio.create_task_group() as group:
                for number in range(len(uploads)):
                    group.start_soon(settle, number)
        return EmbedResponse(space=extractor.space, images=_told([outcomes[number] for number in range(len(uploads))]))

    async def _embed_one(self, upload: Upload, recipe: Recipe, *, thumbnails: bool) -> EmbeddedImage:
        prepared = await self._prepare(upload, recipe, thumbnails=thumbnails)
        vector = await self._batcher.submit(prepared.pixels)
        return EmbeddedImage(
            sha256=prepared.sha256,
            content_type=prepared.content_type,
            width=prepared.width,
            height=prepared.height,
            vector=vector.astype("<f4").tobytes(),
            thumbnail=prepared.thumbnail,
        )

    async def _prepare(self, upload: Upload, recipe: Recipe, *, thumbnails: bool) -> PreparedImage:
        if (upload.size or 0) > self._limits.max_bytes:
            raise ImageTooLarge(f"The file has {upload.size} bytes; at most {self._limits.max_bytes} are taken.")
        # Read only when its turn has come: what waits may lie on disk.
        async with self._slots:
            data = await upload.read()
            work = partial(prepare, data, recipe, self._limits, with_thumbnail=thumbnails)
            return await anyio.to_thread.run_sync(work, limiter=self._threads)


def _told(outcomes: Sequence[EmbeddedImage | LookalikeError]) -> tuple[EmbedOutcome, ...]:
    for outcome in outcomes:
        if isinstance(outcome, LookalikeError) and (len(outcomes) == 1 or isinstance(outcome, TryAgain)):
            raise outcome
    return tuple(
        RefusedImage(problem=outcome.problem(request_id.get())) if isinstance(outcome, LookalikeError) else outcome
        for outcome in outcomes
    )
