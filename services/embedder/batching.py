"""Brings the images of many callers through the network together."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Gauge, Histogram

from services.embedder.fairness import FairQueue
from shared import tracing
from shared.errors import LookalikeError, Overloaded

Result = TypeVar("Result")

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_log = logging.getLogger(__name__)


class BatchMetrics:
    """What the batchers in front of one network tell about themselves."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.waiting = Gauge("embedder_queue_images", "Images that wait for the network.", registry=registry)
        self.wait = Histogram(
            "embedder_wait_seconds",
            "Time from an image's arrival in the queue to the beginning of its batch.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.size = Histogram(
            "embedder_batch_images",
            "Images that went through the network together.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=registry,
        )
        self.seconds = Histogram(
            "embedder_inference_seconds",
            "Time that the network took for a batch.",
            buckets=_SECONDS,
            registry=registry,
        )


@dataclass(frozen=True, eq=False)
class _Waiting(Generic[Result]):
    image: NDArray[Any]
    result: "asyncio.Future[Result]"
    since: float


class Batcher(Generic[Result]):
    """A bounded queue in front of the inference thread.

    A batch is what has gathered while the last one ran: nobody waits for company, and the busier it is, the larger
    batches get. Requests take turns, so that one with many images holds up none with few. As a context manager it works
    between entry and exit; at exit it finishes what waits.

    Args:
        extract: Turns (n, side, side, 3) float32 into one result an image.
        thread: Where it is called: a single thread, which batchers may share, and which outlives them.
        max_batch: Most images in one call.
        limit: Most images that wait.
        metrics: Where queue depth, batch sizes and times are published.
    """

    def __init__(
        self,
        extract: Callable[[NDArray[np.float32]], Iterable[Result]],
        thread: Executor,
        max_batch: int,
        limit: int,
        metrics: BatchMetrics,
    ) -> None:
        self._extract = extract
        self._thread = thread
        self._max_batch = max_batch
        self._limit = limit
        self._metrics = metrics
        self._queue: FairQueue[_Waiting[Result]] = FairQueue()
        self._changed = asyncio.Event()
        self._closing = False

    async def __aenter__(self) -> Self:
        self._worker = asyncio.create_task(self._work())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        self._changed.set()
        await self._worker

    async def submit(self, image: NDArray[Any]) -> Result:
        """Bring one image (side, side, 3) through the network; a caller that is cancelled takes its image back.

        Raises:
            Overloaded: As many images wait as may, or the service is stopping.
            LookalikeError: The network failed on this batch.
        """
        if self._closing or len(self._queue) >= self._limit:
            raise Overloaded("Too many images wait to be embedded.")
        waiting: _Waiting[Result] = _Waiting(image, asyncio.get_running_loop().create_future(), time.perf_counter())
        self._queue.push(waiting)
        self._metrics.waiting.inc()
        self._changed.set()
        try:
            with tracing.span("embed"):
                return await waiting.result
        except asyncio.CancelledError:
            if self._queue.withdraw(waiting):
                self._metrics.waiting.dec()
            raise

    async def _work(self) -> None:
        while len(self._queue) or not self._closing:
            await self._changed.wait()
            batch = [self._queue.pop() for _ in range(min(self._max_batch, len(self._queue)))]
            self._metrics.waiting.dec(len(batch))
            now = time.perf_counter()
            for waiting in batch:
                self._metrics.wait.observe(now - waiting.since)
            if not len(self._queue):
                self._changed.clear()
            if staying := [waiting for waiting in batch if not waiting.result.done()]:
                await self._infer(staying)

    async def _infer(self, batch: list[_Waiting[Result]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(self._thread, self._run, [waiting.image for waiting in batch])
            for waiting, result in zip(batch, results, strict=True):
                if not waiting.result.done():
                    waiting.result.set_result(result)
        except Exception:
            _log.exception("the network failed on a batch of %d", len(batch))
            for waiting in batch:
                if not waiting.result.done():
                    waiting.result.set_exception(LookalikeError("The image could not be embedded."))

    def _run(self, images: list[NDArray[Any]]) -> Iterable[Result]:
        self._metrics.size.observe(len(images))
        with self._metrics.seconds.time():
            return self._extract(np.stack(images).astype(np.float32, copy=False))
