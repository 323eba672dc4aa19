"""Keeps the indexes at the state of the store: the change feed is the only thing that they are ever fed."""

import asyncio
import time
from collections.abc import Callable, Mapping

from anyio import CapacityLimiter, to_thread

from services.search.builder import Builds, Task
from services.search.directory import Directory
from services.search.metrics import SearchMetrics
from services.search.ports import ImageStore
from services.search.renewals import Renewals
from services.search.shelves import Shelf, Shelves
from shared.errors import RevisionNotReached

_PAUSE_SECONDS = 0.05
"""Between two looks at the store for a write that it does not show yet."""


class Follower:
    """Applies the store's changes in their order, in rounds: each reads on from where the last one stopped.

    One round runs at a time, as a task of its own, so a request that is cancelled leaves none half done. All who wait
    for a write share the round that shows it. A round that fails is taken up again at the same place by the next one:
    applying a change twice changes nothing.

    Which collections there are is read in each round, after the changes: so the collection of each change is known,
    unless it is gone by now, and the index of one that is gone is closed.

    The first round builds the indexes from the images that are there. Where the store has forgotten tombstones that
    were not read yet, they are built anew, beside the old ones, which answer meanwhile.

    Args:
        store: Whose changes are followed; it is open before the first round.
        builder: Makes indexes.
        batch: Changes that are read at once.
        metrics: Told of sizes and times.
    """

    def __init__(self, store: ImageStore, builder: Builds, batch: int, metrics: SearchMetrics) -> None:
        self._store = store
        self._builder = builder
        self._batch = batch
        self._metrics = metrics
        self._thread = CapacityLimiter(1)
        self._shelves: Shelves | None = None
        self._renewals = Renewals(store, builder, batch)
        self._round: asyncio.Task[None] | None = None
        self._built = 0
        self._reported: set[str] = set()
        self._fresh_at = time.monotonic()
        metrics.staleness.set_function(self.staleness)

    @property
    def revision(self) -> int:
        """The last write that all indexes have applied."""
        return self._shelves.revision if self._shelves else 0

    @property
    def shelves(self) -> Mapping[str, Shelf]:
        """The collections that have been written to, by name."""
        return self._shelves.by_name if self._shelves else {}

    @property
    def directory(self) -> Directory:
        """The collections that there are, and their aliases."""
        return self._shelves.directory if self._shelves else Directory()

    def find(self, collection: str) -> Shelf | None:
        """Find a collection that has been written to by its name."""
        return self._shelves.find(collection) if self._shelves else None

    def resume(self, shelves: Shelves) -> None:
        """Go on from an earlier state; called before the first round."""
        self._shelves = shelves
        self._report(set(shelves.by_key))

    def current(self) -> Shelves | None:
        """Give the state, which goes on changing; None before there is one."""
        return self._shelves

    def staleness(self) -> float:
        """Tell for how many seconds the store's writes may have gone unseen: the time since the last full reading."""
        return time.monotonic() - self._fresh_at

    def images(self) -> int:
        """Count the images that queries can find; before the first round ends, those that are in an index by now."""
        return self._shelves.images() if self._shelves else self._built

    async def catch_up(self) -> None:
        """Apply all writes that the store has acknowledged before this call."""
        began = time.monotonic()
        await self.reach(await self._store.revision())
        self._fresh_at = max(self._fresh_at, began)

    async def reach(self, revision: int) -> None:
        """Apply all writes up to this one, which the store has acknowledged before this call."""
        # A round that is under way may have read the store before that write; the one after it has not.
        for _ in range(2):
            if self.revision >= revision and not self._renewals.pending(self._shelves):
                return
            if self._round is None or self._round.done():
                self._round = asyncio.create_task(self._run_round())
                self._round.add_done_callback(_looked_at)
            await asyncio.shield(self._round)

    async def wait_for(self, revision: int, seconds: float) -> None:
        """Wait until this write is applied, which may be one of another replica.

        Raises:
            RevisionNotReached: It is not, after this time.
        """
        try:
            async with asyncio.timeout(seconds):
                while self.revision < revision:
                    await self.reach(revision)
                    if self.revision < revision:
                        await asyncio.sleep(_PAUSE_SECONDS)
        except TimeoutError:
            detail = f"The index is at revision {self.revision}, and {revision} was asked for."
            raise RevisionNotReached(detail) from None

    async def close(self) -> None:
        """Break off what is under way, and close all indexes."""
        await self._renewals.close()
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)
        if self._shelves is not None:
            self._shelves.close()

    async def _run_round(self) -> None:
        with self._metrics.catch_up_seconds.time():
            if self._shelves is not None:
                await self._renewals.adopt(self._shelves)
                # Before the reading, too: an index that is gone takes no writes, and is renewed for that.
                self._renewals.begin(self._shelves)
            if self._shelves is None or not await self._read_on(self._shelves):
                self._shelves = await self._build_all()
                self._report(set(self._shelves.by_key))
            self._report_gone()
            self._renewals.begin(self._shelves)

    async def _build_all(self) -> Shelves:
        while True:
            forgotten = await self._store.forgotten()
            shelves = Shelves(revision=await self._store.revision(), forgotten=forgotten)
            for key, held in (await self._store.collections()).items():
                if held.space is not None:
                    progress = self._count_from(shelves.images())
                    task = Task(key, held.space, held.projection, held.images)
                    built = await self._builder.build(task, progress)
                    shelves.by_key[key] = Shelf(key, held.space, held.projection, built.index)
                    shelves.revision = min(shelves.revision, built.revision)
            if await self._read_on(shelves):
                return shelves
            shelves.close()

    def _count_from(self, before: int) -> Callable[[int], None]:
        def count(images: int) -> None:
            self._built = before + images

        return count

    async def _read_on(self, shelves: Shelves) -> bool:
        """Bring the state up to what is visible now; False where it has missed removals and can never be right."""
        visible = await self._store.revision()
        while True:
            since = shelves.revision
            changes = await self._store.changes(since, self._batch)
            shelves.enter(await self._store.collections())
            # Asked after the reading: what was forgotten later was still in it.
            if max(since, shelves.forgotten) < await self._store.forgotten():
                return False
            if changes:
                await to_thread.run_sync(shelves.apply, changes, self._builder.empty, limiter=self._thread)
                shelves.revision = changes[-1].revision
                self._report({change.collection for change in changes})
            if len(changes) < self._batch:
                # The last writes may have been removals that are forgotten.
                shelves.revision = max(shelves.revision, visible)
                return True

    def _report(self, keys: set[str]) -> None:
        self._metrics.revision.set(self.revision)
        for name, shelf in self.shelves.items():
            if shelf.key in keys:
                self._metrics.images.labels(name).set(len(shelf.index))

    def _report_gone(self) -> None:
        there = set(self.shelves)
        for name in self._reported - there:
            self._metrics.images.remove(name)
        self._reported = there


def _looked_at(done: asyncio.Task[None]) -> None:
    """Take note of a failure for which nobody has waited until the end: the next round tells of it."""
    if not done.cancelled():
        done.exception()
