"""Builds the index of a collection from the store: a sample is learned from first, then all images are read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from anyio import CapacityLimiter, to_thread

from services.search.ports import Change, ImageStore, IndexFactory, Matrix, VectorIndex
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import SpaceRef


@dataclass(frozen=True, slots=True)
class Task:
    """What is built: the index of a collection.

    Attributes:
        key: That of the collection.
        space: Its space.
        projection: What is done to its vectors; None: what the settings say.
        images: About how many images it has.
        instead_of: The index that is out of date; None: there is none yet.
    """

    key: str
    space: SpaceRef
    projection: ProjectionKind | None
    images: int
    instead_of: VectorIndex | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """An index that has all writes up to a revision, and perhaps some later ones."""

    index: VectorIndex
    revision: int


Progress = Callable[[int], None]
"""Told how many images there are in the index so far."""


class Builds(Protocol):
    """Makes indexes for the follower."""

    def empty(self, first: Change, projection: ProjectionKind | None) -> VectorIndex:
        """Make the index of a collection that has no image before this change; called from threads."""

    async def build(self, task: Task, on_progress: Progress | None = None) -> Built:
        """Make an index of all images of a collection.

        Each is in it as it was at the revision or later. Changes that came since have to be applied to it.
        """


class Builder:
    """Implements `Builds`, with indexes that this service has for itself.

    Args:
        store: Has the images.
        factory: Makes the indexes.
        batch: Images that are read at once.
    """

    def __init__(self, store: ImageStore, factory: IndexFactory, batch: int) -> None:
        self._store = store
        self._factory = factory
        self._batch = batch
        self._thread = CapacityLimiter(1)

    def empty(self, first: Change, projection: ProjectionKind | None) -> VectorIndex:
        return self._factory.new(first.space, np.empty((0, first.space.dimensions), np.float32), 0, projection)

    async def build(self, task: Task, on_progress: Progress | None = None) -> Built:
        revision = await self._store.revision()
        size = self._factory.sample_size(task.space, task.images, task.projection)
        sample = await sampled(self._store, task, size)

        def new() -> VectorIndex:
            return self._factory.new(task.space, sample, task.images, task.projection)

        index = await to_thread.run_sync(new, limiter=self._thread)
        await fill(index, self._store, task.key, self._batch, self._thread, on_progress)
        return Built(index, revision)


async def sampled(store: ImageStore, task: Task, count: int) -> Matrix:
    """Read vectors of images that are chosen at random; shape (n, dimensions)."""
    vectors = await store.sample(task.key, count) if count else []
    return np.stack(vectors) if vectors else np.empty((0, task.space.dimensions), np.float32)


async def fill(
    index: VectorIndex,
    store: ImageStore,
    key: str,
    batch: int,
    thread: CapacityLimiter,
    on_progress: Progress | None = None,
) -> None:
    """Read all images of a collection into its index."""
    after = ""
    while entries := await store.entries(key, after, batch):
        await to_thread.run_sync(index.apply, dict(entries), limiter=thread)
        after = entries[-1][0]
        if on_progress:
            on_progress(len(index))
