"""Indexes that several services share: found where one has built them, and built where none has."""

from contextlib import suppress

import numpy as np
from anyio import CancelScope, CapacityLimiter, to_thread

from services.search.builder import Built, Progress, Task, fill, sampled
from services.search.ports import Change, ImageStore, SharedIndex, SharedIndexes, VectorIndex
from shared.contracts.collections import ProjectionKind
from shared.errors import TryAgain

_SEPARATOR = "."
"""Between the identity of a store and the key of one of its collections; is part of neither."""


def name_of(identity: str, key: str) -> str:
    """Name a collection among those of all stores."""
    return f"{identity}{_SEPARATOR}{key}"


class SharedBuilder:
    """Implements `Builds`.

    An index is taken as it is found if the store still has all changes that it lacks. Else a new one is filled, and
    published when it is whole; meanwhile the old one answers. Of several services only one does so: the others are told
    to try again, and then find it.

    Args:
        store: Has the images; it is open before anything is built.
        indexes: Are shared.
        batch: Images that are read at once.
    """

    def __init__(self, store: ImageStore, indexes: SharedIndexes, batch: int) -> None:
        self._store = store
        self._indexes = indexes
        self._batch = batch
        self._thread = CapacityLimiter(1)
        self._identity = ""

    def empty(self, first: Change, projection: ProjectionKind | None) -> VectorIndex:
        name = name_of(self._identity, first.collection)
        found = self._indexes.find(name, first.space, projection)
        if found is not None:
            return found
        nothing = np.empty((0, first.space.dimensions), np.float32)
        index = self._indexes.begin(name, first.space, nothing, 0, projection)
        try:
            self._indexes.publish(index, first.revision - 1)
        except TryAgain:
            with suppress(TryAgain):  # what is left there is removed by the next one
                self._indexes.abandon(index)
            raise
        return index

    async def open(self) -> None:
        """Learn whose images these are."""
        self._identity = await self._store.identity()

    async def build(self, task: Task, on_progress: Progress | None = None) -> Built:
        found = await self._found(task)
        return await self._new(task, on_progress) if found is None else Built(found, found.revision)

    async def _found(self, task: Task) -> SharedIndex | None:
        """Find an index that can be brought up to date."""
        # What has replaced an index is good for all: else services of different settings would go on replacing it.
        replacing = task.instead_of is not None

        def find() -> SharedIndex | None:
            name = name_of(self._identity, task.key)
            return self._indexes.find(name, task.space, task.projection, by_any_settings=replacing)

        found = await to_thread.run_sync(find, limiter=self._thread)
        if found is None or (replacing and found.outgrown):
            return None
        # Read in this order: while it is looked at, other services bring it forward. One that is ahead of the store
        # belongs to a store that was put back since.
        ahead = found.revision > await self._store.revision()
        return None if ahead or found.revision < await self._store.forgotten() else found

    async def _new(self, task: Task, on_progress: Progress | None) -> Built:
        revision = await self._store.revision()
        size = self._indexes.sample_size(task.space, task.images, task.projection)
        sample = await sampled(self._store, task, size)

        def begin() -> SharedIndex:
            name = name_of(self._identity, task.key)
            return self._indexes.begin(name, task.space, sample, task.images, task.projection)

        index = await to_thread.run_sync(begin, limiter=self._thread)
        try:
            await fill(index, self._store, task.key, self._batch, self._thread, on_progress)
            await to_thread.run_sync(self._indexes.publish, index, revision, limiter=self._thread)
        except BaseException:
            with CancelScope(shield=True), suppress(TryAgain):  # what is left there is removed by the next one
                await to_thread.run_sync(self._indexes.abandon, index)
            raise
        return Built(index, revision)
