"""The periodic removal of files whose upload was abandoned."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from services.search.metrics import SearchMetrics
from services.search.ports import ImageStore
from shared.errors import LookalikeError

_log = logging.getLogger(__name__)


class Sweeper:
    """Sweeps the store now and then. A sweep that fails is counted, and the next one comes all the same."""

    def __init__(
        self, store: ImageStore, interval_seconds: float, grace_seconds: float, metrics: SearchMetrics
    ) -> None:
        self._store = store
        self._interval = interval_seconds
        self._grace = timedelta(seconds=grace_seconds)
        self._metrics = metrics

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                removed = await self._store.sweep(datetime.now(UTC) - self._grace)
            except LookalikeError as error:
                self._metrics.failed_sweeps.inc()
                _log.warning("sweep failed: %s", error.detail)
            else:
                self._metrics.swept_files.inc(removed)
            await asyncio.sleep(self._interval)
