"""The periodic removal of what nobody needs any more: files of abandoned uploads, and old tombstones."""

from datetime import UTC, datetime, timedelta

from services.search.metrics import SearchMetrics
from services.search.periodic import repeat
from services.search.ports import ImageStore


class Sweeper:
    """Sweeps the store now and then. A sweep that fails is counted, and the next one comes all the same."""

    def __init__(
        self,
        store: ImageStore,
        interval_seconds: float,
        grace_seconds: float,
        tombstone_life_seconds: float,
        metrics: SearchMetrics,
    ) -> None:
        self._store = store
        self._interval = interval_seconds
        self._grace = timedelta(seconds=grace_seconds)
        self._tombstone_life = timedelta(seconds=tombstone_life_seconds)
        self._metrics = metrics

    async def run(self) -> None:
        """Sweep until cancelled."""
        await repeat(self._sweep, "the sweep", self._interval, self._metrics.failed_sweeps)

    async def _sweep(self) -> None:
        now = datetime.now(UTC)
        self._metrics.swept_files.inc(await self._store.sweep(now - self._grace))
        await self._store.forget_tombstones(now - self._tombstone_life)
