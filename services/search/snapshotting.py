"""The periodic snapshot of the indexes, and the start from the last one."""

import asyncio
import logging

from services.search.follower import Follower
from services.search.metrics import SearchMetrics
from services.search.periodic import repeat
from services.search.ports import ImageStore, Snapshot, Snapshots
from services.search.shelves import Shelf, Shelves

_log = logging.getLogger(__name__)


class Snapshotting:
    """Restores the last snapshot before the first round, and takes a new one now and then where there were writes.

    Args:
        store: Whose images the indexes have; a snapshot of another store is left alone.
        follower: Has the indexes.
        snapshots: Where they are kept.
        interval_seconds: Pause between two.
        metrics: Told of failures.
    """

    def __init__(
        self,
        store: ImageStore,
        follower: Follower,
        snapshots: Snapshots,
        interval_seconds: float,
        metrics: SearchMetrics,
    ) -> None:
        self._store = store
        self._follower = follower
        self._snapshots = snapshots
        self._interval = interval_seconds
        self._metrics = metrics
        self._saved: tuple[int, dict[str, Shelf]] = (0, {})
        self._saving: asyncio.Future[None] | None = None

    async def restore(self) -> None:
        """Let the follower go on from the last snapshot, if there is one of this store."""
        found = await asyncio.to_thread(self._snapshots.load, await self._store.identity())
        if found is None:
            return
        if found.revision > await self._store.revision():
            _log.warning("the snapshot is newer than the store, which was put back; the indexes are built anew")
            return
        shelves = Shelves(revision=found.revision, forgotten=found.forgotten)
        shelves.by_key = {key: Shelf(key, *kept) for key, kept in found.indexes.items()}
        shelves.enter(await self._store.collections())
        self._follower.resume(shelves)
        self._saved = found.revision, dict(shelves.by_key)
        _log.info("resumed from a snapshot of revision %d", found.revision)

    async def run(self) -> None:
        """Take snapshots until cancelled."""
        await repeat(self.take, "the snapshot", self._interval, self._metrics.failed_snapshots)

    async def finish(self) -> None:
        """Take the last snapshot of this process, so that the next one answers exactly as this one did."""
        try:
            if self._saving is not None:
                await self._saving
            await self.take()
        except Exception:
            self._metrics.failed_snapshots.inc()
            _log.exception("the last snapshot failed")

    async def take(self) -> None:
        """Take a snapshot if there were writes, or an index was renewed, since the last one."""
        shelves = self._follower.current()
        if shelves is None or (shelves.revision, shelves.by_key) == self._saved:
            return
        # The indexes may be a little ahead of this number: changes that are applied twice do no harm.
        saved = shelves.revision, dict(shelves.by_key)
        indexes = {key: (shelf.space, shelf.projection, shelf.index) for key, shelf in saved[1].items()}
        snapshot = Snapshot(await self._store.identity(), saved[0], shelves.forgotten, indexes)
        # A thread goes on where its caller is cancelled; the next snapshot has to wait for it.
        self._saving = asyncio.ensure_future(asyncio.to_thread(self._snapshots.save, snapshot))
        await asyncio.shield(self._saving)
        self._saved = saved
