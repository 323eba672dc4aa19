"""The search service's composition root."""

import asyncio
import logging
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.middleware import Middleware

from services.search.api import blobs, checks, collections, duplicates, images, queries, selections, stats
from services.search.api.dependencies import SearchState, Transfers
from services.search.batching import QueryBatches
from services.search.builder import Builder
from services.search.catalogue import Catalogue
from services.search.checking import Checks
from services.search.collections import Collections
from services.search.duplicates import Duplicates
from services.search.follower import Follower
from services.search.grouping import Grouping
from services.search.indexes.background import grouping_thread, merging_thread
from services.search.indexes.factory import ExactIndexes
from services.search.indexes.learning import Learning
from services.search.indexes.qdrant.address import Address
from services.search.indexes.qdrant.options import Options
from services.search.indexes.snapshots import SnapshotFolder
from services.search.metrics import SearchMetrics
from services.search.neighbours import Neighbours
from services.search.poller import Poller
from services.search.ports import ImageStore, IndexFactory, SharedIndexes, StoreLimits
from services.search.purger import Purger
from services.search.selections import Selections
from services.search.settings import SearchSettings
from services.search.sharing import SharedBuilder
from services.search.snapshotting import Snapshotting
from services.search.startup import Startup
from services.search.stores import store_for
from services.search.stores.traced import traced
from services.search.sweeper import Sweeper
from services.search.upkeep import Upkeep
from shared.asgi import create_service
from shared.contracts.health import Readiness
from shared.service_token import ServiceTokenGuard
from shared.telemetry import Metrics

DESCRIPTION = "Vectors and records in, neighbours out. Called by the gateway; not meant for the open network."

_ASKED_AT_ONCE = 4
"""Batches of queries that a server of indexes is given at once."""

_log = logging.getLogger(__name__)


def create_app(
    settings: SearchSettings | None = None,
    *,
    store: ImageStore | None = None,
    indexes: IndexFactory | None = None,
    give_up: Callable[[str], None] | None = None,
) -> FastAPI:
    """Build the search service.

    Args:
        settings: By default those of the environment.
        store: By default the one that the settings name.
        indexes: Makes the indexes of collections; by default exact ones, as the settings describe them, with snapshots.
        give_up: Told why the service can never become ready; by default it says so in the log and ends the process.
    """
    settings = settings or SearchSettings()
    limits = StoreLimits(settings.max_collections, settings.max_images, settings.max_store_bytes)
    store = store or store_for(settings.store_url, limits, settings.mongo)
    if settings.otel_exporter_otlp_endpoint is not None:
        store = traced(store)
    metrics = Metrics()
    measured = SearchMetrics(metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[SearchState]:
        background = merging_thread()
        exact = exact_indexes(settings, background)
        shared = shared_indexes(settings)
        sharing = None if shared is None else SharedBuilder(store, shared, settings.catch_up_batch)
        builder = sharing or Builder(store, indexes or exact, settings.catch_up_batch)
        follower = Follower(store, builder, settings.catch_up_batch, measured)
        looking_for_groups = grouping_thread()
        grouping = Grouping(follower, looking_for_groups)
        at_once = 1 if shared is None else _ASKED_AT_ONCE
        batches = QueryBatches(settings.max_query_batch, settings.max_queries_waiting, measured, at_once)
        neighbours = Neighbours(store, follower, batches, settings.index_rerank)
        poller = Poller(follower, settings.max_staleness_seconds, measured)
        sweeper = Sweeper(
            store,
            settings.sweep_interval_seconds,
            settings.upload_grace_seconds,
            settings.tombstone_life_seconds,
            measured,
        )
        periodic = [poller.run, sweeper.run, Purger(store, measured).run]
        if shared is not None:
            periodic.append(Upkeep(store, follower, shared, measured).run)
        snapshotting = None
        if settings.index_folder is not None and indexes is None and shared is None:
            snapshots = SnapshotFolder(settings.index_folder, exact)
            snapshotting = Snapshotting(store, follower, snapshots, settings.snapshot_interval_seconds, measured)
            periodic.append(snapshotting.run)
        before = snapshotting.restore if snapshotting else sharing.open if sharing else None
        startup = Startup(store, follower, give_up or end_process, before)

        async def work() -> None:
            if await startup.run():
                await asyncio.gather(*(run() for run in periodic))

        async def readiness() -> Readiness:
            started = await startup.readiness()
            return poller.readiness() if started.ready else started

        working = asyncio.create_task(work())
        try:
            yield {
                "readiness": readiness,
                "startup": startup,
                "catalogue": Catalogue(store, follower, neighbours, settings.revision_wait_seconds),
                "collections": Collections(store, follower, settings.revision_wait_seconds),
                "selections": Selections(store, follower),
                "duplicates": Duplicates(store, follower, grouping, settings.revision_wait_seconds),
                "checks": Checks(store, follower, settings.revision_wait_seconds),
                "transfers": Transfers(settings.max_blob_bytes, CapacityLimiter(settings.max_transfers_in_flight)),
            }
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
            if snapshotting is not None:
                await snapshotting.finish()
            await grouping.close()
            await follower.close()
            await store.close()
            if shared is not None:
                shared.close()
            background.shutdown(wait=False, cancel_futures=True)
            looking_for_groups.shutdown(wait=False, cancel_futures=True)

    routers = (
        blobs.router,
        collections.router,
        images.router,
        queries.router,
        checks.router,
        selections.router,
        duplicates.router,
        stats.router,
    )
    guards = [Middleware(ServiceTokenGuard, settings.service_token)]
    return create_service("search", settings, lifespan, routers, metrics, DESCRIPTION, guards)


def exact_indexes(settings: SearchSettings, background: Executor) -> ExactIndexes:
    """Make exact indexes as the settings describe them; `background` merges their large segments."""
    folder = settings.index_folder or Path(tempfile.gettempdir())
    return ExactIndexes(
        settings.index_projection,
        settings.index_dimensions,
        settings.index_engine,
        folder,
        background,
    )


def shared_indexes(settings: SearchSettings) -> SharedIndexes | None:
    """Make indexes in Qdrant as the settings describe them; None where they name none."""
    if settings.index_url is None:
        return None
    # Most services have no need of its client.
    from services.search.indexes.qdrant.factory import QdrantIndexes

    options = Options(
        exact=settings.index_exact,
        ef=settings.index_candidates,
        shards=settings.index_shards,
        replicas=settings.index_replicas,
    )
    learning = Learning(settings.index_projection, settings.index_dimensions)
    key = None if settings.index_key is None else settings.index_key.get_secret_value()
    address = Address.parse(settings.index_url, key)
    return QdrantIndexes(address, options, learning, settings.index_timeout_seconds)


def end_process(reason: str) -> None:
    """Say why, and stop the server as a signal from outside would."""
    _log.critical("%s", reason)
    signal.raise_signal(signal.SIGTERM)
