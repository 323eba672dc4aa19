import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.search.follower import Follower
from services.search.indexes.exact import ExactIndex
from services.search.indexes.factory import ExactIndexes
from services.search.indexes.snapshots import SnapshotFolder
from services.search.metrics import SearchMetrics
from services.search.ports import StoreLimits
from services.search.snapshotting import Snapshotting
from services.search.stores.sqlite.store import SqliteStore
from shared.contracts.collections import CollectionFacts, ProjectionKind
from shared.telemetry import Metrics
from tests.support.indexes import builder_of, found
from tests.support.vectors import Picture

PICTURES = {f"image-{number:02}": Picture(b"%d" % number) for number in range(40)}


class Replica:
    """A follower of a store that keeps snapshots in a folder; it is ended without a word."""

    def __init__(self, store: SqliteStore, folder: Path, projection: ProjectionKind = "auto") -> None:
        metrics = SearchMetrics(Metrics())
        indexes = ExactIndexes(projection, 4, "float32", folder)
        self.store = store
        self.follower = Follower(store, builder_of(store, indexes), 7, metrics)
        self.snapshotting = Snapshotting(store, self.follower, SnapshotFolder(folder, indexes), 60, metrics)

    async def start(self) -> int:
        """Restore and catch up; the revision that was restored."""
        await self.snapshotting.restore()
        restored = self.follower.revision
        await self.follower.catch_up()
        return restored

    async def settle(self) -> None:
        """Let the renewal of outgrown indexes come to its end."""
        async with asyncio.timeout(30):
            while any(shelf.index.outgrown for shelf in self.follower.shelves.values()):
                await asyncio.sleep(0.01)
                await self.follower.catch_up()

    def images(self) -> dict[str, list[str]]:
        return {name: shelf.index.ids("", 100) for name, shelf in self.follower.shelves.items()}

    def assert_right(self, *without: str) -> None:
        index = self.follower.shelves["default"].index
        assert index.ids("", 100) == sorted(PICTURES.keys() - set(without))
        for image_id in PICTURES.keys() - set(without):
            assert found(index, PICTURES[image_id].vector) == [image_id]


async def add(store: SqliteStore, image_id: str, picture: Picture, collection: str = "default") -> None:
    await store.put_blob(picture.sha256, picture.data)
    facts = {"label": f"label-{image_id[-1]}", "metadata": {"year": 2004, "source": f"{image_id}.jpg", "good": None}}
    await store.commit(collection, image_id, picture.commit().model_copy(update=facts))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(f"sqlite:///{tmp_path}/images.db", StoreLimits())
    await store.open()
    for image_id, picture in PICTURES.items():
        await add(store, image_id, picture)
    yield store
    await store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


async def saved(store: SqliteStore, folder: Path, projection: ProjectionKind = "auto") -> Replica:
    replica = Replica(store, folder, projection)
    await replica.start()
    await replica.settle()
    await replica.snapshotting.take()
    return replica


async def test_a_start_from_a_snapshot_answers_as_before_and_reads_only_what_is_new(
    store: SqliteStore, folder: Path
) -> None:
    before = await saved(store, folder)
    await store.delete("default", "image-05")
    await add(store, "image-06", Picture(b"another"))
    await add(store, "a", Picture(b"elsewhere"), "birds")
    after = Replica(store, folder)
    assert await after.start() == 40
    assert after.follower.revision == 43
    index = after.follower.shelves["default"].index
    assert found(index, Picture(b"another").vector) == ["image-06"]
    assert "image-05" not in index.ids("", 100)
    assert after.images()["birds"] == ["a"]
    for image_id in ("image-00", "image-39"):
        vector = PICTURES[image_id].vector
        assert found(index, vector, 3)[0] == image_id
        assert index.distances({image_id: vector}) == pytest.approx({image_id: 0}, abs=1e-6)
    assert len(before.follower.shelves["default"].index) == 40


async def test_what_was_removed_before_the_snapshot_stays_removed(store: SqliteStore, folder: Path) -> None:
    replica = await saved(store, folder)
    for number in range(0, 40, 3):
        await store.delete("default", f"image-{number:02}")
    await replica.follower.catch_up()
    await replica.snapshotting.take()
    after = Replica(store, folder)
    assert await after.start() == 54
    after.assert_right(*(f"image-{number:02}" for number in range(0, 40, 3)))


def rows_of_layers(folder: Path) -> dict[str, int]:
    """The arrays of rows that a snapshot names, with the moments at which they were written."""
    manifest = json.loads((folder / "snapshot.json").read_text().partition("\n")[2])
    names = [layer["rows"] for index in manifest["indexes"].values() for layer in index["layers"]]
    return {name: (folder / "arrays" / name).stat().st_mtime_ns for name in names}


async def test_a_later_snapshot_writes_only_what_is_new_and_leaves_nothing_behind(
    store: SqliteStore, folder: Path
) -> None:
    replica = await saved(store, folder)
    before = rows_of_layers(folder)
    await add(store, "image-40", Picture(b"new"))
    await replica.follower.catch_up()
    await replica.snapshotting.take()
    after = rows_of_layers(folder)
    kept = before.keys() & after.keys()
    assert kept
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    manifest = (folder / "snapshot.json").read_text()
    assert all(path.name in manifest for path in (folder / "arrays").iterdir())


async def test_the_last_snapshot_waits_for_the_one_under_way_and_has_what_came_since(
    store: SqliteStore, folder: Path
) -> None:
    replica = Replica(store, folder)
    await replica.start()
    await replica.settle()
    taking = asyncio.create_task(replica.snapshotting.run())
    await asyncio.sleep(0.005)
    taking.cancel()
    await store.delete("default", "image-05")
    await replica.follower.catch_up()
    await replica.snapshotting.finish()
    after = Replica(store, folder)
    assert await after.start() == 41
    after.assert_right("image-05")


async def test_without_writes_no_snapshot_is_taken(store: SqliteStore, folder: Path) -> None:
    replica = await saved(store, folder)
    (folder / "snapshot.json").unlink()
    await replica.snapshotting.take()
    assert not (folder / "snapshot.json").exists()


@pytest.mark.parametrize("kind", ["flipped", "shortened", "missing"])
async def test_a_damaged_array_is_noticed_whichever_it_is(store: SqliteStore, folder: Path, kind: str) -> None:
    await saved(store, folder)
    for path in sorted((folder / "arrays").iterdir()):
        whole = path.read_bytes()
        match kind:
            case "flipped":
                path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
            case "shortened":
                path.write_bytes(whole[:-1])
            case _:
                path.unlink()
        after = Replica(store, folder)
        assert await after.start() == 0, path.name
        after.assert_right()
        path.write_bytes(whole)
    assert await Replica(store, folder).start() == 40


async def test_a_damaged_manifest_is_noticed_wherever_it_is(store: SqliteStore, folder: Path) -> None:
    await saved(store, folder)
    path = folder / "snapshot.json"
    whole = path.read_bytes()
    for damaged in (b"", b"{}", whole[:100], whole[:-1], whole.replace(b'"revision":40', b'"revision":39')):
        path.write_bytes(damaged)
        after = Replica(store, folder)
        assert await after.start() == 0
        after.assert_right()


async def test_a_snapshot_of_another_store_or_other_settings_is_left_alone(
    store: SqliteStore, folder: Path, tmp_path: Path
) -> None:
    await saved(store, folder)
    assert await Replica(store, folder, projection="none").start() == 0
    other = SqliteStore(f"sqlite:///{tmp_path}/other.db", StoreLimits())
    await other.open()
    for image_id, picture in PICTURES.items():
        await add(other, image_id, picture)
    assert await Replica(other, folder).start() == 0
    await other.close()


def put_back(folder: Path, backup: bytes) -> None:
    for path in folder.glob("images.db-*"):
        path.unlink()
    (folder / "images.db").write_bytes(backup)


async def test_a_snapshot_that_is_newer_than_the_store_is_left_alone(
    store: SqliteStore, folder: Path, tmp_path: Path
) -> None:
    await store.close()
    backup = (tmp_path / "images.db").read_bytes()
    await store.open()
    await store.delete("default", "image-05")
    await saved(store, folder)
    await store.close()
    put_back(tmp_path, backup)
    await store.open()
    after = Replica(store, folder)
    assert await after.start() == 0
    after.assert_right()


async def test_a_replica_that_was_away_past_the_life_of_tombstones_builds_anew(
    store: SqliteStore, folder: Path
) -> None:
    await saved(store, folder)
    await store.delete("default", "image-05")
    await store.forget_tombstones(datetime.now(UTC) + timedelta(seconds=1))
    after = Replica(store, folder)
    assert await after.start() == 40
    after.assert_right("image-05")


async def test_a_process_that_dies_while_it_writes_leaves_the_last_snapshot(store: SqliteStore, folder: Path) -> None:
    replica = await saved(store, folder)
    # What is written before the manifest, the last step, is only more files, some of them unfinished.
    (folder / "arrays" / "0123.part").write_bytes(b"half")
    (folder / "snapshot.part").write_bytes(b"half")
    restarted = Replica(store, folder)
    assert await restarted.start() == 40
    await add(store, "image-40", Picture(b"new"))
    await replica.follower.catch_up()
    await replica.snapshotting.take()
    assert not (folder / "arrays" / "0123.part").exists()
    assert await Replica(store, folder).start() == 41


async def test_what_was_dropped_after_the_snapshot_does_not_come_back_from_it(store: SqliteStore, folder: Path) -> None:
    await add(store, "a", Picture(b"elsewhere"), "birds")
    await saved(store, folder)
    await store.drop("birds")
    await add(store, "b", Picture(b"anew"), "birds")
    after = Replica(store, folder)
    assert await after.start() == 41
    assert after.images()["birds"] == ["b"]
    after.assert_right()


async def test_of_a_dropped_collection_the_next_snapshot_keeps_nothing(store: SqliteStore, folder: Path) -> None:
    await add(store, "a", Picture(b"elsewhere"), "birds")
    replica = await saved(store, folder)
    before = set((folder / "arrays").iterdir())
    [birds] = [shelf.key for name, shelf in replica.follower.shelves.items() if name == "birds"]
    assert birds in (folder / "snapshot.json").read_text()
    await store.drop("birds")
    await replica.follower.catch_up()
    await replica.snapshotting.take()
    assert birds not in (folder / "snapshot.json").read_text()
    assert set((folder / "arrays").iterdir()) < before


async def test_a_snapshot_keeps_how_each_collection_is_projected(store: SqliteStore, folder: Path) -> None:
    await store.create("plain", CollectionFacts(projection="none"))
    for number in range(5):
        await add(store, f"{number}", Picture(b"%d" % number), "plain")
    await saved(store, folder, projection="centre")
    after = Replica(store, folder, projection="centre")
    assert await after.start() == 46
    learned = {}
    for name, shelf in after.follower.shelves.items():
        assert isinstance(shelf.index, ExactIndex)
        learned[name] = shelf.projection, shelf.index.projection.mean is not None
    assert learned == {"default": (None, True), "plain": ("none", False)}
