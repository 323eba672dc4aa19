import asyncio
from datetime import datetime
from pathlib import Path

from services.search.metrics import SearchMetrics
from services.search.ports import StoreLimits
from services.search.stores.sqlite.store import SqliteStore
from services.search.sweeper import Sweeper
from shared.errors import TryAgain
from shared.telemetry import Metrics
from tests.support.vectors import Picture


class BusyStore(SqliteStore):
    """Refuses the first sweep."""

    sweeps = 0

    async def sweep(self, older_than: datetime) -> int:
        self.sweeps += 1
        if self.sweeps == 1:
            raise TryAgain
        return await super().sweep(older_than)


async def test_abandoned_uploads_are_swept_and_counted_although_a_sweep_failed(tmp_path: Path) -> None:
    store = BusyStore(f"sqlite:///{tmp_path}/images.db", StoreLimits())
    await store.open()
    for data in (b"one", b"two"):
        await store.put_blob(Picture(data).sha256, data)
    metrics = Metrics()
    sweeping = asyncio.create_task(Sweeper(store, 0.01, 0.001, 0.001, SearchMetrics(metrics)).run())
    async with asyncio.timeout(30):
        while "search_swept_files_total 2.0" not in metrics.exposition().decode():  # noqa: ASYNC110 - no event to await
            await asyncio.sleep(0.01)
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
    assert "search_failed_sweeps_total 1.0" in metrics.exposition().decode()
    await store.close()
