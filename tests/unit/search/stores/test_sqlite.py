"""What is the SQLite store's own, beside the contract."""

import sqlite3
from pathlib import Path

import pytest

from services.search.ports import StoreLimits, StoreUnusable
from services.search.stores import check_url, store_for
from services.search.stores.sqlite import schema
from services.search.stores.sqlite.store import SqliteStore
from shared.errors import LimitReached, TryAgain
from tests.support.vectors import Picture, space

CAT = Picture(b"cat")


def store_in(folder: Path, limits: StoreLimits | None = None) -> SqliteStore:
    return SqliteStore(f"sqlite:///{folder}/images.db", limits or StoreLimits())


async def test_a_path_may_be_relative_or_absolute_and_its_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///data/relative.db", f"sqlite:///{tmp_path}/far/away/absolute.db"):
        store = store_for(url, StoreLimits())
        await store.open()
        await store.close()
    assert (tmp_path / "data" / "relative.db").is_file()
    assert (tmp_path / "far" / "away" / "absolute.db").is_file()


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite://", "sqlite:images.db", "nosql:///images", "images.db"])
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="store"):
        store_for(url, StoreLimits())


def test_the_known_schemes_pass() -> None:
    check_url("sqlite:///images.db")


async def test_a_second_store_on_the_same_file_may_open_when_the_first_is_closed(tmp_path: Path) -> None:
    first, second = store_in(tmp_path), store_in(tmp_path)
    await first.open()
    with pytest.raises(TryAgain, match="Another process"):
        await second.open()
    await first.put_blob(CAT.sha256, CAT.data)
    await first.close()
    await second.open()
    assert (await second.commit("default", "a", CAT.commit())).created
    await second.close()


async def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "images.db") as file:
        file.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    file.close()
    before = (tmp_path / "images.db").read_bytes()
    with pytest.raises(StoreUnusable, match="newer version"):
        await store_in(tmp_path).open()
    assert (tmp_path / "images.db").read_bytes() == before


def file_of_version(version: int, path: Path, image: Picture) -> None:
    """A file with an image, a tombstone and an empty collection, as this version would have made it."""
    facts = (image.sha256, "image/png", 40, 30, "cat", '{"year": 2004}', 1_000, 2_000, image.vector.tobytes())
    with sqlite3.connect(path) as file:
        for statement in (statement for step in schema.STEPS[:version] for statement in step):
            file.execute(statement)
        file.execute(f"PRAGMA user_version = {version}")
        file.execute("UPDATE sequence SET revision = 3")
        for name, images in (("default", 1), ("garden", 0)):
            file.execute("INSERT INTO collections VALUES (?, ?, 8, 'cosine', ?)", (name, space().fingerprint, images))
        file.execute("INSERT INTO blobs VALUES (?, ?, 0, 0)", (image.sha256, len(image.data)))
        file.execute("INSERT INTO contents VALUES (?, ?)", (image.sha256, image.data))
        file.execute("INSERT INTO images VALUES ('default', 'a', 1, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)", facts)
        file.execute("INSERT INTO images (collection, id, revision, deleted) VALUES ('garden', 'b', 3, 1)")
    file.close()


@pytest.mark.parametrize("version", [1, 2])
async def test_a_file_of_an_earlier_version_becomes_one_of_this_with_all_that_is_in_it(
    tmp_path: Path, version: int
) -> None:
    file_of_version(version, tmp_path / "images.db", CAT)
    store, names = store_in(tmp_path), []
    for _ in range(2):
        await store.open()
        record = await store.record("default", "a")
        assert record is not None
        assert (record.collection, record.sha256, record.label, record.metadata) == (
            "default",
            CAT.sha256,
            "cat",
            {"year": 2004},
        )
        default, garden = (await store.collections()).values()
        assert (default.name, default.images, default.space, default.created_at) == (
            "default",
            1,
            space(),
            record.created_at,
        )
        assert (garden.name, garden.images, garden.recipe, garden.description) == ("garden", 0, None, "")
        assert [change.entry is None for change in await store.changes(0, 10)] == [False, True]
        names.append(await store.identity())
        assert await store.decisions.page("default", "", 1) == []
        await store.close()
    assert names[0] == names[1] != ""

    await store.open()
    assert (await store.commit("garden", "c", CAT.commit())).record.revision == 4
    assert await store.alias("live", "default") == 5
    assert await store.drop("default") == 6
    while await store.purge():
        pass
    assert [held.name for held in (await store.collections()).values()] == ["garden"]
    await store.close()
    with sqlite3.connect(tmp_path / "images.db") as file:
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()


async def test_no_transaction_of_a_purge_holds_up_others_for_long(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open()
    for number in range(100):
        picture = Picture(b"%d" % number)
        await store.put_blob(picture.sha256, picture.data)
        await store.commit("garden", f"{number}", picture.commit())
    await store.drop("garden")
    left = []
    while await store.purge():
        left.append((await store._database.read("SELECT count(*) AS images FROM images"))[0]["images"])
    assert len(left) >= 6
    assert all(before - after <= 16 for before, after in zip([100, *left], left, strict=False))
    await store.close()


async def test_no_two_stores_have_the_same_identity(tmp_path: Path) -> None:
    names = set()
    for folder in ("one", "two"):
        store = store_in(tmp_path / folder)
        await store.open()
        names.add(await store.identity())
        await store.close()
    assert len(names) == 2


async def test_a_file_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "images.db") as file:
        file.execute("CREATE TABLE theirs (x)")
    file.close()
    before = (tmp_path / "images.db").read_bytes()
    with pytest.raises(StoreUnusable, match="another program"):
        await store_in(tmp_path).open()
    assert (tmp_path / "images.db").read_bytes() == before


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images.db").write_bytes(b"holiday plans" * 1000)
    with pytest.raises(StoreUnusable, match="no SQLite file"):
        await store_in(tmp_path).open()


async def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusable, match="folder"):
        await store_in(tmp_path / "file").open()


async def test_a_full_store_refuses_bytes_keeps_what_it_has_and_takes_more_after_a_delete(tmp_path: Path) -> None:
    store = store_in(tmp_path, StoreLimits(bytes=2**20))
    await store.open()
    pictures = [Picture(bytes([number]) * 200_000) for number in range(10)]
    kept: list[Picture] = []

    async def fill() -> None:
        for number, picture in enumerate(pictures):
            await store.put_blob(picture.sha256, picture.data)
            await store.commit("default", f"{number}", picture.commit())
            kept.append(picture)

    with pytest.raises(LimitReached, match="full"):
        await fill()
    assert 2 <= len(kept) <= 6
    assert await store.known("default", [picture.sha256 for picture in pictures]) == {p.sha256 for p in kept}
    for number, picture in enumerate(kept):
        content = await store.content("default", f"{number}")
        assert content is not None
        assert content.data == picture.data
    await store.delete("default", "0")
    await store.put_blob(pictures[-1].sha256, pictures[-1].data)
    assert (await store.commit("default", "last", pictures[-1].commit())).created
    await store.close()


async def test_writes_are_durable_when_they_return(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open()
    async with store._database.transaction() as session:
        assert [(await session.all(f"PRAGMA {name}"))[0][0] for name in ("journal_mode", "synchronous")] == ["wal", 2]
    await store.close()


async def test_reads_do_not_wait_for_a_transaction_under_way(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open()
    await store.put_blob(CAT.sha256, CAT.data)
    await store.commit("default", "a", CAT.commit())
    async with store._database.transaction() as session:
        await session.all("UPDATE images SET label = 'changed'")
        record = await store.record("default", "a")
        assert record is not None
        assert record.label is None
    await store.close()
