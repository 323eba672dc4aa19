"""Builds the index of a collection anew, beside the old one, where it has outgrown what it has learned."""

import asyncio
import logging
import time
from dataclasses import dataclass, replace

from anyio import to_thread

from services.search.builder import Builds, Built, Task
from services.search.ports import ImageStore
from services.search.shelves import Shelf, Shelves, by_collection
from shared.errors import LookalikeError

_log = logging.getLogger(__name__)


_PAUSE_SECONDS = 2.0
"""After an index could not be renewed, as where another service is doing it."""


@dataclass(frozen=True, slots=True)
class _Renewed:
    """The new index of the collection with this key."""

    key: str
    built: Built


class Renewals:
    """Renews one index at a time; the follower adopts it between two rounds, so that an answer never sees both.

    Args:
        store: Has the images and their changes.
        builder: Makes indexes.
        batch: Changes that are read at once.
    """

    def __init__(self, store: ImageStore, builder: Builds, batch: int) -> None:
        self._store = store
        self._builder = builder
        self._batch = batch
        self._building: asyncio.Task[_Renewed] | None = None
        self._not_before = 0.0

    @property
    def ready(self) -> bool:
        """Whether there is an index to adopt."""
        return self._building is not None and self._building.done()

    def begin(self, shelves: Shelves) -> None:
        """Begin to renew an index that is outgrown, if there is one and no other is being renewed."""
        if (shelf := self._due(shelves)) is not None:
            self._building = asyncio.create_task(self._build(shelf))

    def pending(self, shelves: Shelves | None) -> bool:
        """Tell whether there is an index to adopt, or one to begin with."""
        return self.ready or (shelves is not None and self._due(shelves) is not None)

    async def adopt(self, shelves: Shelves) -> None:
        """Put the index that was renewed in the place of the old one, with all changes that the old one has."""
        if self._building is None or not self.ready:
            return
        done, self._building = self._building, None
        try:
            renewed = done.result()
        except LookalikeError as error:
            _log.warning("An index could not be renewed: %s", error.detail)
            self._not_before = time.monotonic() + _PAUSE_SECONDS
            return
        if renewed.key in shelves.by_key and await self._caught_up(renewed, shelves):
            shelf = shelves.by_key[renewed.key]
            shelves.by_key[renewed.key] = replace(shelf, index=renewed.built.index)
            shelf.index.close()
        else:
            renewed.built.index.close()

    async def close(self) -> None:
        """Break off what is under way."""
        if self._building is not None:
            self._building.cancel()
            await asyncio.gather(self._building, return_exceptions=True)

    def _due(self, shelves: Shelves) -> Shelf | None:
        if self._building is not None or time.monotonic() < self._not_before:
            return None
        return next((shelf for shelf in tuple(shelves.by_key.values()) if shelf.index.outgrown), None)

    async def _build(self, shelf: Shelf) -> _Renewed:
        task = Task(shelf.key, shelf.space, shelf.projection, len(shelf.index), instead_of=shelf.index)
        return _Renewed(shelf.key, await self._builder.build(task))

    async def _caught_up(self, renewed: _Renewed, shelves: Shelves) -> bool:
        """Apply what came since; False where removals among it are forgotten already."""
        since = renewed.built.revision
        while since < shelves.revision:
            changes = await self._store.changes(since, self._batch)
            if renewed.built.revision < await self._store.forgotten():
                return False
            since = changes[-1].revision if changes else shelves.revision
            writes = by_collection(changes).get(renewed.key, {})
            await to_thread.run_sync(renewed.built.index.apply, writes, since)
        return True
