"""From an upload to a prepared image, a bounded number at a time."""

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Histogram

from services.embedder.decoding import Limits
from services.embedder.fairness import Turns
from services.embedder.isolation import Crashed, TookTooLong
from services.embedder.ports import Upload
from services.embedder.preparing import PreparedImage
from services.embedder.recipes import Recipe
from shared import tracing
from shared.errors import ImageTooLarge, UndecodableImage

Prepare = Callable[[bytes, Recipe, Limits, bool], Awaitable[PreparedImage]]


class IntakeMetrics:
    """What an intake tells about itself."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Histogram(
            "embedder_decode_seconds",
            "Time that it took to decode an image and to make the network's input and the thumbnail of it.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=registry,
        )


class Intake:
    """Reads uploads and has them decoded.

    Args:
        prepare: Runs `preparing.prepare` where it can do no harm.
        limits: The largest image taken.
        count: How many uploads are in memory at the same time; the requests take turns.
        metrics: Where the time is published that preparing takes.
    """

    def __init__(self, prepare: Prepare, limits: Limits, count: int, metrics: IntakeMetrics) -> None:
        self._prepare = prepare
        self._limits = limits
        self._turns = Turns(count)
        self._metrics = metrics

    async def take(self, upload: Upload, recipe: Recipe, *, with_thumbnail: bool) -> PreparedImage:
        """Prepare an upload for the network.

        Raises:
            EmptyUpload, UnsupportedMediaType, ImageTooLarge, UndecodableImage: Why it is refused.
        """
        if (upload.size or 0) > self._limits.max_bytes:
            raise ImageTooLarge(f"The file has {upload.size} bytes; at most {self._limits.max_bytes} are taken.")
        # Read only when its turn has come: what waits may lie on disk.
        async with self._turns.turn():
            data = await upload.read()
            try:
                with self._metrics.seconds.time(), tracing.span("decode"):
                    return await self._prepare(data, recipe, self._limits, with_thumbnail)
            except TookTooLong:
                raise UndecodableImage("The image takes too long to decode.") from None
            except MemoryError:
                raise ImageTooLarge("The image takes too much memory to decode.") from None
            except Crashed:
                raise UndecodableImage("The image breaks its decoder.") from None
