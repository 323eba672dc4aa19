import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import anyio
import numpy as np
import pytest
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry

from services.embedder.batching import Batcher, BatchMetrics
from shared.errors import LookalikeError, Overloaded
from shared.logging import request_id

Vectors = NDArray[np.float32]


class Network:
    """Answers each image with its mean, as soon as the gate is open; remembers what came together."""

    def __init__(self) -> None:
        self.batches: list[list[float]] = []
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.threads: set[int] = set()

    def __call__(self, images: Vectors) -> Vectors:
        self.threads.add(threading.get_ident())
        vectors: Vectors = images.mean(axis=(1, 2, 3))[:, None]
        self.batches.append(vectors[:, 0].tolist())
        self.entered.set()
        assert self.gate.wait(10)
        if 13 in vectors:
            raise ValueError("thirteen")
        return vectors


def image(value: int) -> NDArray[np.uint8]:
    return np.full((2, 2, 3), value, np.uint8)


@asynccontextmanager
async def batching(
    network: Callable[[Vectors], Vectors], max_batch: int = 4, limit: int = 8
) -> AsyncIterator[tuple[Batcher[Vectors], CollectorRegistry]]:
    registry = CollectorRegistry()
    with ThreadPoolExecutor(1) as thread:
        async with Batcher(network, thread, max_batch, limit, BatchMetrics(registry)) as batcher:
            yield batcher, registry


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - it changes in the batcher's own time
            await anyio.sleep(0.001)


async def test_each_caller_gets_the_vector_of_its_image() -> None:
    network = Network()
    network.gate.set()
    found: dict[int, float] = {}

    async with batching(network) as (batcher, _), anyio.create_task_group() as group:

        async def call(value: int) -> None:
            found[value] = float((await batcher.submit(image(value)))[0])

        for value in range(8):
            group.start_soon(call, value)
    assert found == {value: float(value) for value in range(8)}
    assert len(network.threads) == 1


async def test_a_batch_is_what_has_gathered_while_the_last_one_ran() -> None:
    network = Network()
    async with batching(network, max_batch=4) as (batcher, registry), anyio.create_task_group() as group:
        group.start_soon(batcher.submit, image(0))
        await until(network.entered.is_set)
        for value in range(1, 7):
            group.start_soon(batcher.submit, image(value))
        await until(lambda: registry.get_sample_value("embedder_queue_images") == 6)
        network.gate.set()
    assert network.batches == [[0], [1, 2, 3, 4], [5, 6]]
    assert registry.get_sample_value("embedder_queue_images") == 0
    assert registry.get_sample_value("embedder_batch_images_sum") == 7
    assert registry.get_sample_value("embedder_inference_seconds_count") == 3


async def test_more_than_the_limit_is_refused_at_once() -> None:
    network = Network()
    async with batching(network, limit=2) as (batcher, registry), anyio.create_task_group() as group:
        group.start_soon(batcher.submit, image(0))
        await until(network.entered.is_set)
        for value in (1, 2):
            group.start_soon(batcher.submit, image(value))
        await until(lambda: registry.get_sample_value("embedder_queue_images") == 2)
        with pytest.raises(Overloaded):
            await batcher.submit(image(3))
        network.gate.set()


async def test_a_caller_who_has_left_is_skipped() -> None:
    network = Network()
    async with batching(network) as (batcher, registry), anyio.create_task_group() as group:
        group.start_soon(batcher.submit, image(0))
        await until(network.entered.is_set)
        async with anyio.create_task_group() as impatient:
            impatient.start_soon(batcher.submit, image(1))
            await until(lambda: registry.get_sample_value("embedder_queue_images") == 1)
            impatient.cancel_scope.cancel()
        assert registry.get_sample_value("embedder_queue_images") == 0
        group.start_soon(batcher.submit, image(2))
        await until(lambda: registry.get_sample_value("embedder_queue_images") == 1)
        network.gate.set()
    assert network.batches == [[0], [2]]


async def test_a_caller_who_leaves_during_its_batch_disturbs_nobody() -> None:
    network = Network()
    async with batching(network) as (batcher, _):
        async with anyio.create_task_group() as impatient:
            impatient.start_soon(batcher.submit, image(0))
            await until(network.entered.is_set)
            impatient.cancel_scope.cancel()
        network.gate.set()
        assert await batcher.submit(image(1)) == 1


async def test_a_failing_batch_fails_its_callers_and_nobody_after_them() -> None:
    network = Network()
    network.gate.set()
    async with batching(network) as (batcher, _):
        with pytest.raises(LookalikeError, match="could not be embedded"):
            await batcher.submit(image(13))
        assert await batcher.submit(image(1)) == 1


async def test_vectors_that_are_missing_are_a_failure_and_no_hang() -> None:
    async with batching(lambda images: images[:0, 0, 0]) as (batcher, _):
        with anyio.fail_after(10), pytest.raises(LookalikeError):
            await batcher.submit(image(1))


async def test_what_waits_at_shutdown_is_finished_and_nothing_more_is_taken() -> None:
    network = Network()
    found: list[float] = []
    async with anyio.create_task_group() as group:
        async with batching(network, max_batch=1) as (batcher, registry):

            async def call(value: int) -> None:
                found.append(float((await batcher.submit(image(value)))[0]))

            for value in range(3):
                group.start_soon(call, value)
            await until(lambda: registry.get_sample_value("embedder_queue_images") == 2)
            network.gate.set()
        with pytest.raises(Overloaded):
            await batcher.submit(image(9))
    assert found == [0, 1, 2]


async def test_two_batchers_share_one_thread_and_its_metrics() -> None:
    network, registry = Network(), CollectorRegistry()
    metrics = BatchMetrics(registry)
    with ThreadPoolExecutor(1) as thread:
        async with (
            Batcher(network, thread, 4, 8, metrics) as one,
            Batcher(lambda images: [f"{value:.0f}" for [value] in network(images)], thread, 4, 8, metrics) as other,
            anyio.create_task_group() as group,
        ):
            group.start_soon(one.submit, image(0))
            await until(network.entered.is_set)
            group.start_soon(one.submit, image(1))
            group.start_soon(other.submit, image(2))
            await until(lambda: registry.get_sample_value("embedder_batch_images_count") == 1)
            network.gate.set()
            assert await other.submit(image(3)) == "3"
    assert len(network.threads) == 1
    assert registry.get_sample_value("embedder_batch_images_sum") == 4
    assert registry.get_sample_value("embedder_queue_images") == 0


async def test_a_large_request_does_not_hold_up_a_small_one() -> None:
    network = Network()
    async with batching(network, max_batch=2, limit=8) as (batcher, registry), anyio.create_task_group() as group:

        async def call(request: str, value: int) -> None:
            request_id.set(request)
            await batcher.submit(image(value))

        group.start_soon(call, "first", 0)
        await until(network.entered.is_set)
        for value in (1, 2, 3, 4):
            group.start_soon(call, "large", value)
        await until(lambda: registry.get_sample_value("embedder_queue_images") == 4)
        group.start_soon(call, "small", 9)
        await until(lambda: registry.get_sample_value("embedder_queue_images") == 5)
        network.gate.set()
    assert network.batches == [[0], [1, 9], [2, 3], [4]]
    assert registry.get_sample_value("embedder_wait_seconds_count") == 6
