"""Keeps the indexes at the state of the store: the change feed is the only thing that they are ever fed."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from anyio import CapacityLimiter, to_thread

from services.search.metrics import SearchMetrics
from services.search.ports import Change, ImageStore, Vector, VectorIndex
from shared.contracts.embedding import SpaceRef
from shared.errors import RevisionNotReached

_PAUSE_SECONDS = 0.05
"""Between two looks at the store for a write that it does not show yet."""

IndexFactory = Callable[[SpaceRef], VectorIndex]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection that has been written to: its space, and the index of its images."""

    space: SpaceRef
    index: VectorIndex


@dataclass(slots=True)
class _State:
    """How far the changes have been read, and what they made."""

    shelves: dict[str, Shelf] = field(default_factory=dict)
    revision: int = 0
    forgotten: int = 0
    """Tombstones up to here were gone before the reading began: what they removed was never read."""


class Follower:
    """Applies the store's changes in their order, in rounds: each reads on from where the last one stopped.

    One round runs at a time, as a task of its own, so a request that is cancelled leaves none half done. All who wait
    for a write share the round that shows it. A round that fails is taken up again at the same place by the next one:
    applying a change twice changes nothing. Where the store has forgotten tombstones that were not read yet, the
    indexes are built anew, beside the old ones, which answer meanwhile.

    Args:
        store: Whose changes are followed; it is open before the first round.
        new_index: Makes the empty index of a collection.
        batch: Changes that are read at once.
        metrics: Told of sizes and times.
    """

    def __init__(self, store: ImageStore, new_index: IndexFactory, batch: int, metrics: SearchMetrics) -> None:
        self._store = store
        self._new_index = new_index
        self._batch = batch
        self._metrics = metrics
        self._thread = CapacityLimiter(1)
        self._state = _State()
        self._round: asyncio.Task[None] | None = None
        self._fresh_at = time.monotonic()
        metrics.staleness.set_function(self.staleness)

    @property
    def revision(self) -> int:
        """The last write that all indexes have applied."""
        return self._state.revision

    @property
    def shelves(self) -> Mapping[str, Shelf]:
        """The collections by name."""
        return MappingProxyType(self._state.shelves)

    def staleness(self) -> float:
        """Tell for how many seconds the store's writes may have gone unseen: the time since the last full reading."""
        return time.monotonic() - self._fresh_at

    def images(self) -> int:
        """Count the images that queries can find."""
        return sum(len(shelf.index) for shelf in tuple(self._state.shelves.values()))

    async def catch_up(self) -> None:
        """Apply all writes that the store has acknowledged before this call."""
        began = time.monotonic()
        await self.reach(await self._store.revision())
        self._fresh_at = max(self._fresh_at, began)

    async def reach(self, revision: int) -> None:
        """Apply all writes up to this one, which the store has acknowledged before this call."""
        # A round that is under way may have read the store before that write; the one after it has not.
        for _ in range(2):
            if self.revision >= revision:
                return
            if self._round is None or self._round.done():
                self._round = asyncio.create_task(self._run_round())
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
        """Break off the round under way."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)

    async def _run_round(self) -> None:
        with self._metrics.catch_up_seconds.time():
            if not await self._read_on(self._state):
                anew = _State()
                while not await self._read_on(anew):
                    anew = _State()
                self._state = anew
                self._report(set(anew.shelves))

    async def _read_on(self, state: _State) -> bool:
        """Bring `state` up to what is visible now; False where it has missed removals and can never be right again."""
        visible = await self._store.revision()
        if state.revision == 0:
            state.forgotten = await self._store.forgotten()
        while True:
            since = state.revision
            changes = await self._store.changes(since, self._batch)
            # Asked after the reading: what was forgotten later was still in it.
            if max(since, state.forgotten) < await self._store.forgotten():
                return False
            if changes:
                await to_thread.run_sync(self._apply, state, changes, limiter=self._thread)
                state.revision = changes[-1].revision
                self._report({change.collection for change in changes})
            if len(changes) < self._batch:
                # The last writes may have been removals that are forgotten.
                state.revision = max(state.revision, visible)
                return True

    def _apply(self, state: _State, changes: Sequence[Change]) -> None:
        writes: dict[str, dict[str, Vector | None]] = defaultdict(dict)
        for change in changes:
            writes[change.collection][change.image_id] = change.vector
            if change.collection not in state.shelves:
                state.shelves[change.collection] = Shelf(change.space, self._new_index(change.space))
        for collection, batch in writes.items():
            state.shelves[collection].index.apply(batch)

    def _report(self, collections: set[str]) -> None:
        self._metrics.revision.set(self.revision)
        for collection in collections & self._state.shelves.keys():
            self._metrics.images.labels(collection).set(len(self._state.shelves[collection].index))
