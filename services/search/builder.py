"""Builds the index of a collection from the store: a sample is learned from first, then all images are read."""

from collections.abc import Callable

import numpy as np
from anyio import CapacityLimiter, to_thread

from services.search.ports import ImageStore, IndexFactory, VectorIndex
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import SpaceRef


class Builder:
    """Makes indexes for the follower.

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

    def empty(self, space: SpaceRef, projection: ProjectionKind | None) -> VectorIndex:
        """Make the index of a collection that has no image yet."""
        return self._factory.new(space, np.empty((0, space.dimensions), np.float32), 0, projection)

    async def build(
        self,
        key: str,
        space: SpaceRef,
        projection: ProjectionKind | None,
        images: int,
        on_progress: Callable[[int], None] | None = None,
    ) -> VectorIndex:
        """Make an index of all images of a collection.

        It has each image as it was at some moment of the building. Changes that came since the building began have to
        be applied to it.

        Args:
            key: That of the collection.
            space: Its space.
            projection: What is done to its vectors; None: what the settings say.
            images: About how many images it has.
            on_progress: Told how many images there are in the index so far.
        """
        wanted = self._factory.sample_size(space, images, projection)
        vectors = await self._store.sample(key, wanted) if wanted else []

        def new() -> VectorIndex:
            sample = np.stack(vectors) if vectors else np.empty((0, space.dimensions), np.float32)
            return self._factory.new(space, sample, images, projection)

        index = await to_thread.run_sync(new, limiter=self._thread)
        after = ""
        while entries := await self._store.entries(key, after, self._batch):
            await to_thread.run_sync(index.apply, dict(entries), limiter=self._thread)
            after = entries[-1][0]
            if on_progress:
                on_progress(len(index))
        return index
