"""The use case: images in, one outcome each."""

import logging
from collections.abc import Callable, Sequence

import anyio
import anyio.to_thread
import numpy as np
from numpy.typing import NDArray

from services.embedder import pooling
from services.embedder.admission import Admission
from services.embedder.batching import Batcher
from services.embedder.intake import Intake
from services.embedder.pooling import Map
from services.embedder.ports import Extractor, Upload
from services.embedder.recipes import Recipe
from shared.contracts.embedding import EmbeddedImage, EmbeddingSpace, EmbedOutcome, EmbedResponse, RefusedImage
from shared.contracts.region import WHOLE, Region
from shared.errors import EmptyUpload, LookalikeError, TryAgain
from shared.logging import request_id

Vector = NDArray[np.float32]

_log = logging.getLogger(__name__)


class Embedding:
    """Has images prepared and batches them through the extractor.

    Args:
        extractor: Gives the extractor, or raises NotReady.
        intake: Prepares uploads.
        vectors: Brings prepared images through that extractor.
        maps: The same, for the maps of which regions are pooled.
        admission: Bounds what is under way.
    """

    def __init__(
        self,
        extractor: Callable[[], Extractor],
        intake: Intake,
        vectors: Batcher[Vector],
        maps: Batcher[Sequence[Map]],
        admission: Admission,
    ) -> None:
        self._extractor = extractor
        self._intake = intake
        self._vectors = vectors
        self._maps = maps
        self._admission = admission

    def space(self) -> EmbeddingSpace:
        """Describe the space of all vectors.

        Raises:
            NotReady: The extractor is still loading.
        """
        return self._extractor().space

    async def embed(
        self, uploads: Sequence[Upload], *, thumbnails: bool, regions: Sequence[Region] = ()
    ) -> EmbedResponse:
        """Embed images, and the same regions of each; each image gets its outcome, in the order given.

        Raises:
            InvalidRegion: The recipe has no regions.
            NotReady: The extractor is still loading.
            Overloaded: As much is under way as may be.
            EmptyUpload: There is no image.
            EmptyUpload, UnsupportedMediaType, UndecodableImage, ImageTooLarge: The only image is refused.
        """
        if not uploads:
            raise EmptyUpload("Send at least one file in the form field `images`.")
        extractor = self._extractor()
        if regions:
            pooling.check(extractor.recipe)
        outcomes: dict[int, EmbeddedImage | LookalikeError] = {}

        async def settle(number: int) -> None:
            try:
                outcomes[number] = await self._embed_one(uploads[number], extractor.recipe, thumbnails, regions)
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

    async def _embed_one(
        self, upload: Upload, recipe: Recipe, thumbnails: bool, regions: Sequence[Region]
    ) -> EmbeddedImage:
        prepared = await self._intake.take(upload, recipe, with_thumbnail=thumbnails)
        if regions:
            maps = await self._maps.submit(prepared.pixels)
            work = [(recipe, maps, region) for region in (WHOLE, *regions)]
            vectors = await anyio.to_thread.run_sync(lambda: [pooling.pool(*one) for one in work])
        else:
            vectors = [await self._vectors.submit(prepared.pixels)]
        whole, *parts = (vector.astype("<f4").tobytes() for vector in vectors)
        return EmbeddedImage(
            sha256=prepared.sha256,
            content_type=prepared.content_type,
            width=prepared.width,
            height=prepared.height,
            vector=whole,
            regions=tuple(parts),
            thumbnail=prepared.thumbnail,
        )


def _told(outcomes: Sequence[EmbeddedImage | LookalikeError]) -> tuple[EmbedOutcome, ...]:
    for outcome in outcomes:
        if isinstance(outcome, LookalikeError) and (len(outcomes) == 1 or isinstance(outcome, TryAgain)):
            raise outcome
    return tuple(
        RefusedImage(problem=outcome.problem(request_id.get())) if isinstance(outcome, LookalikeError) else outcome
        for outcome in outcomes
    )
