"""The periodic look at the store for writes that other replicas have made."""

from services.search.follower import Follower
from services.search.metrics import SearchMetrics
from services.search.periodic import repeat
from shared.contracts.health import Readiness

_TOLERANCE = 10
"""A replica that is staler than this many times its bound says that it is not ready: others answer meanwhile."""


class Poller:
    """Lets the follower catch up twice in each span of `max_staleness_seconds`, whether or not anybody asks.

    While the store cannot be read, it goes on trying, and the replica counts as not ready once it is far behind.
    """

    def __init__(self, follower: Follower, max_staleness_seconds: float, metrics: SearchMetrics) -> None:
        self._follower = follower
        self._bound = max_staleness_seconds
        self._metrics = metrics

    async def run(self) -> None:
        """Poll until cancelled."""
        await repeat(self._follower.catch_up, "following the store", self._bound / 2, self._metrics.failed_polls)

    def readiness(self) -> Readiness:
        """Say whether the index follows the store closely enough."""
        if self._follower.staleness() <= _TOLERANCE * self._bound:
            return Readiness(ready=True)
        return Readiness(ready=False, waiting_for=("store: its writes cannot be followed at the moment",))
