"""The removal of what collections that are gone have left."""

import asyncio

from services.search.metrics import SearchMetrics
from services.search.periodic import repeat
from services.search.ports import ImageStore

_LOOK_SECONDS = 1.0
_PAUSE_SECONDS = 0.01
"""Between two slices: the disk is there for others, too."""


class Purger:
    """Removes the images of dropped collections slice by slice, so that no other request waits for more than one.

    What is left to do is in the store. So a service that ends in the middle goes on at its next start, and of several
    services any may do it.

    Args:
        store: Is purged.
        metrics: Told of failures.
    """

    def __init__(self, store: ImageStore, metrics: SearchMetrics) -> None:
        self._store = store
        self._metrics = metrics

    async def run(self) -> None:
        """Purge until cancelled."""
        failures = self._metrics.failed_purges
        await repeat(self._purge, "the removal of dropped collections", _LOOK_SECONDS, failures)

    async def _purge(self) -> None:
        while await self._store.purge():  # noqa: ASYNC110 - nothing is waited for
            await asyncio.sleep(_PAUSE_SECONDS)
