"""The periodic look at indexes that several services share."""

import time

from anyio import to_thread

from services.search.follower import Follower
from services.search.metrics import SearchMetrics
from services.search.periodic import repeat
from services.search.ports import ImageStore, SharedIndexes
from services.search.sharing import name_of

_LOOK_SECONDS = 2.0
_FORWARD_SECONDS = 60.0


class Upkeep:
    """Looks for indexes that another service has replaced, and removes those whose collection is gone.

    Now and then it brings those forward that had no write, so that a service that starts has little to read.

    Args:
        store: Knows the collections.
        follower: Has the indexes.
        indexes: Are shared.
        metrics: Told of failures.
    """

    def __init__(self, store: ImageStore, follower: Follower, indexes: SharedIndexes, metrics: SearchMetrics) -> None:
        self._store = store
        self._follower = follower
        self._indexes = indexes
        self._metrics = metrics
        self._forwarded_at = time.monotonic()

    async def run(self) -> None:
        """Look around until cancelled."""
        await repeat(self.look_around, "the upkeep of shared indexes", _LOOK_SECONDS, self._metrics.failed_upkeeps)

    async def look_around(self) -> None:
        """Look once."""
        names = await to_thread.run_sync(self._indexes.look_around)
        identity = await self._store.identity()
        # Read afterwards: a collection that is made meanwhile is not taken for one that is gone.
        there = {name_of(identity, key) for key in await self._store.collections()}
        for name in names - there:
            if name.startswith(name_of(identity, "")):
                await to_thread.run_sync(self._indexes.drop, name)
        if time.monotonic() - self._forwarded_at >= _FORWARD_SECONDS:
            self._forwarded_at = time.monotonic()
            await self._bring_forward()

    async def _bring_forward(self) -> None:
        revision, shelves = self._follower.revision, self._follower.current()
        for shelf in tuple(shelves.by_key.values()) if shelves else ():
            await to_thread.run_sync(shelf.index.apply, {}, revision)
