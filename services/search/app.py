"""The search service's composition root."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from anyio import CapacityLimiter
from fastapi import FastAPI

from services.search.api import blobs, checks, images, queries, stats
from services.search.api.dependencies import SearchState, Transfers
from services.search.catalogue import Catalogue
from services.search.checking import Checks
from services.search.follower import Follower, IndexFactory
from services.search.indexes.exact import ExactIndex
from services.search.metrics import SearchMetrics
from services.search.neighbours import Neighbours
from services.search.poller import Poller
from services.search.ports import ImageStore, StoreLimits, VectorIndex
from services.search.settings import SearchSettings
from services.search.startup import Startup
from services.search.stores import store_for
from services.search.sweeper import Sweeper
from shared.asgi import create_service
from shared.contracts.embedding import SpaceRef
from shared.contracts.health import Readiness
from shared.telemetry import Metrics

DESCRIPTION = "Vectors and records in, neighbours out. Called by the gateway; not meant for the open network."

_log = logging.getLogger(__name__)


def create_app(
    settings: SearchSettings | None = None,
    *,
    store: ImageStore | None = None,
    new_index: IndexFactory | None = None,
    give_up: Callable[[str], None] | None = None,
) -> FastAPI:
    """Build the search service.

    Args:
        settings: By default those of the environment.
        store: By default the one that the settings name.
        new_index: Makes the empty index of a collection; by default an exact one.
        give_up: Told why the service can never become ready; by default it says so in the log and ends the process.
    """
    settings = settings or SearchSettings()
    limits = StoreLimits(settings.max_collections, settings.max_images, settings.max_store_bytes)
    store = store or store_for(settings.store_url, limits, settings.mongo)
    metrics = Metrics()
    measured = SearchMetrics(metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[SearchState]:
        follower = Follower(store, new_index or exact_index, settings.catch_up_batch, measured)
        neighbours = Neighbours(store, follower, settings.query_threads, settings.max_queries_waiting, measured)
        poller = Poller(follower, settings.max_staleness_seconds, measured)
        sweeper = Sweeper(
            store,
            settings.sweep_interval_seconds,
            settings.upload_grace_seconds,
            settings.tombstone_life_seconds,
            measured,
        )
        startup = Startup(store, follower, give_up or end_process)

        async def work() -> None:
            if await startup.run():
                await asyncio.gather(poller.run(), sweeper.run())

        async def readiness() -> Readiness:
            started = await startup.readiness()
            return poller.readiness() if started.ready else started

        working = asyncio.create_task(work())
        try:
            yield {
                "readiness": readiness,
                "startup": startup,
                "catalogue": Catalogue(store, follower, neighbours, settings.revision_wait_seconds),
                "checks": Checks(store, follower, settings.revision_wait_seconds),
                "transfers": Transfers(settings.max_blob_bytes, CapacityLimiter(settings.max_transfers_in_flight)),
            }
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
            await follower.close()
            await store.close()

    routers = (blobs.router, images.router, queries.router, checks.router, stats.router)
    return create_service("search", settings, lifespan, routers, metrics, DESCRIPTION)


def exact_index(space: SpaceRef) -> VectorIndex:
    """Make the empty index of a collection; in a cosine space the order by Euclidean distance is that by cosine."""
    return ExactIndex(space.dimensions)


def end_process(reason: str) -> None:
    """Say why, and stop the server as a signal from outside would."""
    _log.critical("%s", reason)
    signal.raise_signal(signal.SIGTERM)
