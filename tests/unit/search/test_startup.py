import asyncio
from pathlib import Path

import pytest

from services.search.follower import Follower
from services.search.metrics import SearchMetrics
from services.search.ports import StoreLimits, StoreUnusable
from services.search.startup import Startup
from services.search.stores.sqlite.store import SqliteStore
from shared.contracts.health import Readiness
from shared.errors import LimitReached, LookalikeError, NotReady, TryAgain
from shared.telemetry import Metrics
from tests.support.indexes import builder_of
from tests.support.vectors import Picture


class FaultyStore(SqliteStore):
    """Opens after it has raised what it was told to raise, one after the other."""

    def __init__(self, url: str, faults: list[Exception]) -> None:
        super().__init__(url, StoreLimits())
        self.faults = faults

    async def open(self) -> None:
        if self.faults:
            raise self.faults.pop(0)
        await super().open()


def startup_of(store: SqliteStore, reasons: list[str]) -> Startup:
    follower = Follower(store, builder_of(store, batch=2), 2, SearchMetrics(Metrics()))
    return Startup(store, follower, reasons.append)


@pytest.mark.parametrize("fault", [TryAgain, LimitReached])
async def test_what_may_heal_is_tried_again_and_said_meanwhile(tmp_path: Path, fault: type[LookalikeError]) -> None:
    store = FaultyStore(f"sqlite:///{tmp_path}/images.db", [fault("The store sleeps.")])
    startup = startup_of(store, [])
    working = asyncio.create_task(startup.run())
    await asyncio.sleep(0.1)
    assert await startup.readiness() == Readiness(ready=False, waiting_for=("store: The store sleeps.",))
    with pytest.raises(NotReady, match=r"The store sleeps\."):
        startup.check()
    assert await working
    assert await startup.readiness() == Readiness(ready=True)
    startup.check()
    await store.close()


@pytest.mark.parametrize("fault", [StoreUnusable("It is too new."), RuntimeError("surprise")])
async def test_what_does_not_heal_is_given_up(tmp_path: Path, fault: Exception) -> None:
    reasons: list[str] = []
    startup = startup_of(FaultyStore(f"sqlite:///{tmp_path}/images.db", [fault]), reasons)
    assert not await startup.run()
    assert len(reasons) == 1
    assert "surprise" not in reasons[0]
    assert not (await startup.readiness()).ready


async def test_the_progress_of_the_index_is_told(tmp_path: Path) -> None:
    store = FaultyStore(f"sqlite:///{tmp_path}/images.db", [])
    await store.open()
    for number in range(5):
        picture = Picture(b"%d" % number)
        await store.put_blob(picture.sha256, picture.data)
        await store.commit("default", f"{number}", picture.commit())
    await store.close()
    startup = startup_of(store, [])
    told: set[str] = set()
    working = asyncio.create_task(startup.run())
    while not working.done():
        told.update((await startup.readiness()).waiting_for)
        await asyncio.sleep(0)
    assert "store: opening" in told
    assert {"index: 2 of 5 images", "index: 4 of 5 images"} & told
    await store.close()
