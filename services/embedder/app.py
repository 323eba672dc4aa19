"""Joins the embedder's parts."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np
from fastapi import FastAPI
from starlette.middleware import Middleware

from services.embedder import api, processor, weights
from services.embedder.admission import Admission
from services.embedder.batching import Batcher, BatchMetrics
from services.embedder.comparison import Comparison
from services.embedder.decoding import Limits
from services.embedder.embedding import Embedding
from services.embedder.extractors import graph
from services.embedder.extractors.deterministic import DeterministicExtractor
from services.embedder.extractors.graph import Graph
from services.embedder.extractors.openvino import OpenVinoExtractor
from services.embedder.extractors.precision import choose
from services.embedder.extractors.tensorflow import TensorFlowExtractor
from services.embedder.intake import Intake, IntakeMetrics
from services.embedder.isolation import Isolated
from services.embedder.loading import BackgroundLoad
from services.embedder.pooling import Map
from services.embedder.ports import Extractor
from services.embedder.preparing import prepare
from services.embedder.recipes import RECIPES
from services.embedder.self_test import verify
from services.embedder.settings import EmbedderSettings
from shared.asgi import ServiceState, create_service
from shared.contracts.embedding import Precision
from shared.service_token import ServiceTokenGuard
from shared.settings import CacheSettings
from shared.telemetry import Metrics

RETRY_SECONDS = 30.0
DECODING_BYTES_A_PIXEL = 24
"""The hungriest format, WebP, takes 16; the recipe `classic` has every format decoded at full size."""
DECODING_BYTES = 256 * 2**20
"""What decoding takes beside that: the file itself, tables and metadata."""


class EmbedderState(ServiceState):
    """What the embedder's handlers read from their request."""

    embedding: Embedding
    comparison: Comparison
    max_images: int


def _inception(settings: EmbedderSettings) -> Extractor:
    cache = CacheSettings().lookalike_cache
    obtained = graph.obtain(RECIPES[settings.recipe], weights.obtain(settings.weights, cache), cache)
    runtime = RUNTIMES[settings.runtime]
    threads = settings.inference_threads or processor.cores()
    return choose(settings.precision, obtained, lambda precision: runtime(obtained, precision, threads))


def _deterministic(_: EmbedderSettings) -> Extractor:
    return DeterministicExtractor()


RUNTIMES: Mapping[str, Callable[[Graph, Precision, int], Extractor]] = {
    "tensorflow": TensorFlowExtractor,
    "openvino": OpenVinoExtractor,
}
EXTRACTORS: Mapping[str, Callable[[EmbedderSettings], Extractor]] = {
    "inception": _inception,
    "deterministic": _deterministic,
}


def _tested(extractor: Extractor, largest_batch: int) -> Extractor:
    """Let the extractor show that it works; afterwards no caller waits for a runtime to prepare itself."""
    verify(extractor)
    side = extractor.recipe.image_size
    extractor.extract(np.zeros((largest_batch, side, side, 3), np.float32))
    return extractor


def create_app(
    settings: EmbedderSettings | None = None,
    load_extractor: Callable[[EmbedderSettings], Extractor] | None = None,
    retry_seconds: float = RETRY_SECONDS,
) -> FastAPI:
    """Build the embedder.

    Args:
        settings: Taken from the environment where left out.
        load_extractor: Makes the extractor, in a thread of its own, while the service already listens.
        retry_seconds: How long after a failure to load it is tried again.
    """
    settings = settings or EmbedderSettings()
    load = load_extractor or EXTRACTORS[settings.extractor]
    metrics = Metrics()
    intake_metrics, batch_metrics = IntakeMetrics(metrics.registry), BatchMetrics(metrics.registry)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[EmbedderState]:
        extractor = BackgroundLoad(lambda: _tested(load(settings), settings.max_batch_size), "extractor", retry_seconds)
        limits = Limits(settings.max_image_bytes, settings.max_image_pixels)
        memory = DECODING_BYTES + DECODING_BYTES_A_PIXEL * settings.max_image_pixels
        queue = (settings.max_batch_size, settings.max_images_in_flight, batch_metrics)
        with ThreadPoolExecutor(1, thread_name_prefix="inference") as thread:
            async with (
                Isolated(prepare, settings.decode_processes, settings.decode_timeout_seconds, memory) as isolated,
                Batcher(lambda images: extractor.result().extract(images), thread, *queue) as vectors,
                Batcher[Sequence[Map]](
                    lambda images: zip(*extractor.result().maps(images), strict=True), thread, *queue
                ) as maps,
            ):
                intake = Intake(isolated, limits, settings.decode_processes, intake_metrics)
                admission = Admission(settings.max_images_in_flight, settings.max_bytes_in_flight)
                extractor.start()
                yield EmbedderState(
                    readiness=extractor.readiness,
                    embedding=Embedding(extractor.result, intake, vectors, maps, admission),
                    comparison=Comparison(extractor.result, intake, maps, admission),
                    max_images=settings.max_images_per_request,
                )
                extractor.stop()

    description = "Bytes in, vectors out: turns images into embeddings."
    guards = [Middleware(ServiceTokenGuard, settings.service_token)]
    return create_service("embedder", settings, lifespan, [api.router], metrics, description, guards)
