"""The use case: images in, one outcome each."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread
import numpy as np
from numpy.typing import NDArray

from services.embedder import pooling
from services.embedder.admission import Admission
from services.embedder.engines import Engine
from services.embedder.intake import Intake
from services.embedder.pooling import Vectors
from services.embedder.ports import Upload
from shared.contracts.embedding import (
    EmbeddedImage,
    EmbeddingSpace,
    EmbedOutcome,
    EmbedResponse,
    RecipeName,
    RefusedImage,
)
from shared.contracts.region import WHOLE, Region
from shared.errors import EmptyUpload, LookalikeError, TryAgain
from shared.logging import request_id

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of each image.

    Attributes:
        thumbnails: Whether there is to be a thumbnail.
        regions: Parts that get a vector, too.
    """

    thumbnails: bool = False
    regions: Sequence[Region] = ()


class Embedding:
    """Has images prepared and batches them through the extractor.

    Args:
        engines: Gives the engine of a recipe, or raises InvalidRequest.
        intake: Prepares uploads.
        admission: Bounds what is under way.
    """

    def __init__(self, engines: Callable[[RecipeName | None], Engine], intake: Intake, admission: Admission) -> None:
        self._engines = engines
        self._intake = intake
        self._admission = admission

    def space(self, recipe: RecipeName | None = None) -> EmbeddingSpace:
        """Describe the space of all vectors of a recipe.

        Raises:
            InvalidRequest: There is no such recipe.
            NotReady: The extractor is still loading.
        """
        return self._engines(recipe).extractor().space

    async def embed(self, uploads: Sequence[Upload], asked: Asked, recipe: RecipeName | None = None) -> EmbedResponse:
        """Embed images, and the same regions of each; each image gets its outcome, in the order given.

        Raises:
            InvalidRequest: There is no such recipe.
            InvalidRegion: The recipe has no regions.
            NotReady: The extractor is still loading.
            Overloaded: As much is under way as may be.
            EmptyUpload: There is no image.
            EmptyUpload, UnsupportedMediaType, UndecodableImage, ImageTooLarge: The only image is refused.
        """
        if not uploads:
            raise EmptyUpload("Send at least one file in the form field `images`.")
        engine = self._engines(recipe)
        extractor = engine.extractor()
        if asked.regions:
            pooling.check(extractor.recipe)
        outcomes: dict[int, EmbeddedImage | LookalikeError] = {}

        async def settle(number: int) -> None:
            try:
                outcomes[number] = await self._embed_one(engine, uploads[number], asked)
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

    async def _embed_one(self, engine: Engine, upload: Upload, asked: Asked) -> EmbeddedImage:
        recipe = engine.extractor().recipe
        prepared = await self._intake.take(upload, recipe, with_thumbnail=asked.thumbnails)
        vectors = await _see(engine, prepared.pixels, asked.regions)
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


async def _see(engine: Engine, pixels: NDArray[Any], regions: Sequence[Region]) -> Vectors:
    """Give the vectors of a picture and of its regions; (1 + regions, dimensions)."""
    if not regions:
        return (await engine.vectors.submit(pixels))[np.newaxis]
    maps = await engine.maps.submit(pixels)
    recipe = engine.extractor().recipe
    return await anyio.to_thread.run_sync(
        lambda: np.stack([pooling.pool(recipe, maps, region) for region in (WHOLE, *regions)])
    )


def _told(outcomes: Sequence[EmbeddedImage | LookalikeError]) -> tuple[EmbedOutcome, ...]:
    for outcome in outcomes:
        if isinstance(outcome, LookalikeError) and (len(outcomes) == 1 or isinstance(outcome, TryAgain)):
            raise outcome
    return tuple(
        RefusedImage(problem=outcome.problem(request_id.get())) if isinstance(outcome, LookalikeError) else outcome
        for outcome in outcomes
    )
