"""`lookalike export` and `lookalike import` against real search services over both kinds of store."""

import hashlib
import io
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import anyio
import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.archive.writing import unfinished
from cli.main import app
from services.search.app import create_app
from services.search.settings import SearchSettings
from shared.clients.search import SearchClient
from shared.contracts.search import ImageRecord
from tests.support.archives import MANIFEST, archived, write_with
from tests.support.collections import Drawing, fill
from tests.support.serving import serving
from tests.support.vectors import space

Answer = TypeVar("Answer")


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[str]:
    with serving(create_app(SearchSettings(store_url=f"sqlite:///{tmp_path}/images.db"))) as url:
        yield url


@pytest.fixture
def mongodb(mongodb_url: str) -> Iterator[str]:
    with serving(create_app(SearchSettings(store_url=mongodb_url))) as url:
        yield url


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "collection.tar"


def ask(url: str, work: Callable[[SearchClient], Awaitable[Answer]]) -> Answer:
    """Call a service from a loop of its own, as a command does."""

    async def call() -> Answer:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            return await work(SearchClient("search", http))

    return anyio.run(call)


def lookalike(command: str, *arguments: object) -> Result:
    return CliRunner().invoke(app, [command, *map(str, arguments)])


def export(archive: Path, url: str, *options: object) -> Result:
    return lookalike("export", archive, "--search", url, *options)


def import_(archive: Path, url: str, *options: object) -> Result:
    return lookalike("import", archive, "--search", url, *options)


def facts(record: ImageRecord) -> dict[str, object]:
    """All that an image takes along."""
    return record.model_dump(exclude={"collection", "revision", "updated_at"})


def assert_same(one: str, other: str, collection: str = "default", renamed: str = "default") -> None:
    """Both services have the same images: records, bytes, thumbnails, vectors."""

    async def everything(client: SearchClient, name: str) -> list[object]:
        images: list[object] = []
        after = None
        while True:
            page = await client.page(name, after, 100)
            vectors = (await client.vectors(name, [record.id for record in page.records])).vectors
            by_id = {vector.id: vector.vector for vector in vectors}
            for record in page.records:
                content, thumbnail = await client.content(name, record.id), await client.thumbnail(name, record.id)
                images.append((facts(record), content.data, thumbnail.data, by_id[record.id]))
            if (after := page.next_after) is None:
                return images

    left = ask(one, lambda client: everything(client, collection))
    right = ask(other, lambda client: everything(client, renamed))
    assert len(left) > 0
    assert left == right


def images_of(url: str, collection: str = "default") -> int:
    stats = ask(url, lambda client: client.stats())
    return sum(held.images for held in stats.collections if held.name == collection)


def revision_of(url: str) -> int:
    return ask(url, lambda client: client.stats()).revision


async def add_at(client: SearchClient, drawing: Drawing, moment: datetime) -> None:
    await client.put_blob(drawing.sha256, drawing.data)
    commit = drawing.commit({"é": "ü", "price": 1.0, "sold": None, "count": 2**60})
    await client.commit("default", "by-name", commit.model_copy(update={"created_at": moment}))


@pytest.mark.parametrize("direction", ["sqlite to mongodb", "mongodb to sqlite"])
def test_a_collection_moves_between_stores_of_both_kinds(
    direction: str, archive: Path, request: pytest.FixtureRequest
) -> None:
    one, _, other = direction.split()
    source, target = request.getfixturevalue(one), request.getfixturevalue(other)
    ask(source, lambda client: fill(client, 20))
    ask(source, lambda client: add_at(client, Drawing.of(99), datetime(2015, 5, 17, 1, 2, 3, 4, tzinfo=UTC)))

    exported = export(archive, source)
    assert (exported.exit_code, exported.stdout) == (0, "21 images exported\n"), exported.output
    imported = import_(archive, target)
    assert (imported.exit_code, imported.stdout) == (0, "21 imported, 0 already there, 0 refused\n"), imported.output
    assert_same(source, target)
    verified = lookalike("verify", "--search", target)
    assert (verified.exit_code, verified.stdout) == (0, "21 images verified, 0 faults\n")

    before = revision_of(target)
    again = import_(archive, target)
    assert (again.exit_code, again.stdout) == (0, "0 imported, 21 already there, 0 refused\n")
    assert revision_of(target) == before


def test_a_collection_can_be_renamed_on_its_way(sqlite: str, archive: Path) -> None:
    ask(sqlite, lambda client: fill(client, 5, "garden"))
    assert export(archive, sqlite, "--collection", "garden").exit_code == 0
    assert import_(archive, sqlite, "--collection", "park").exit_code == 0
    assert_same(sqlite, sqlite, "garden", "park")
    assert images_of(sqlite) == 0


def test_what_is_said_of_a_collection_moves_with_it(sqlite: str, mongodb: str, archive: Path) -> None:
    said = {"recipe": "pooled", "projection": "none", "description": "What grows"}

    async def make(client: SearchClient) -> None:
        await client.create_collection("garden", recipe="pooled", projection="none", description="What grows")
        await fill(client, 3, "garden")
        await client.put_alias("plants", "garden")

    ask(sqlite, make)
    exported = export(archive, sqlite, "--collection", "plants")
    assert exported.exit_code == 0, exported.output
    for _ in range(2):
        imported = import_(archive, mongodb)
        assert imported.exit_code == 0, imported.output
    assert_same(sqlite, mongodb, "garden", "garden")
    held = ask(mongodb, lambda client: client.collection("garden"))
    assert held.model_dump(include=set(said)) == said
    assert held.images == 3
    verified = lookalike("verify", "--search", sqlite, "--collection", "plants")
    assert verified.stdout == "3 images verified, 0 faults\n"


def test_a_collection_of_another_recipe_takes_nothing(sqlite: str, archive: Path) -> None:
    async def make(client: SearchClient) -> None:
        await client.create_collection("garden", recipe="pooled")
        await client.create_collection("park", recipe="classic")
        await fill(client, 2, "garden")

    ask(sqlite, make)
    assert export(archive, sqlite, "--collection", "garden").exit_code == 0
    result = import_(archive, sqlite, "--collection", "park")
    assert result.exit_code == 1
    assert "are of the recipe pooled, those of the collection park of classic" in result.stderr
    assert images_of(sqlite, "park") == 0


def test_an_archive_of_the_first_version_is_taken(sqlite: str, archive: Path) -> None:
    images = [archived(seed) for seed in range(3)]
    of_first_version = MANIFEST.model_dump_json(include={"collection", "space"})[:-1] + ', "lookalike_archive": 1}'
    write_with(archive, of_first_version, images)
    result = import_(archive, sqlite, "--collection", "garden")
    assert (result.exit_code, result.stdout) == (0, "3 imported, 0 already there, 0 refused\n"), result.output
    assert ask(sqlite, lambda client: client.collection("garden")).recipe is None


def test_what_differs_is_replaced_and_what_the_archive_lacks_is_left_alone(sqlite: str, archive: Path) -> None:
    drawings = ask(sqlite, lambda client: fill(client, 4))
    export(archive, sqlite)
    changed, other_vector, gone, same = drawings

    async def change(client: SearchClient) -> None:
        await client.put_blob(changed.sha256, changed.data)
        await client.commit("default", changed.id, changed.commit({"source": "another"}))
        wrong = other_vector.commit({"source": "1.png"}).model_copy(update={"vector": same.commit().vector})
        await client.put_blob(other_vector.sha256, other_vector.data)
        await client.commit("default", other_vector.id, wrong)
        await client.delete("default", gone.id)
        await add_at(client, Drawing.of(99), datetime.now(UTC))

    ask(sqlite, change)
    result = import_(archive, sqlite)
    assert (result.exit_code, result.stdout) == (0, "1 imported, 2 replaced, 1 already there, 0 refused\n")
    assert images_of(sqlite) == 5
    assert ask(sqlite, lambda client: client.record("default", changed.id)).metadata == {"source": "0.png"}
    [vector] = ask(sqlite, lambda client: client.vectors("default", [other_vector.id])).vectors
    assert vector.vector == other_vector.commit().vector


def killed_when(reached: Callable[[], bool], *arguments: object) -> None:
    """Run a command, and kill it at once when something has come about."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_killed_in_the_middle_and_run_again_both_end_as_if_they_were_never_broken_off(
    sqlite: str, mongodb: str, archive: Path, tmp_path: Path
) -> None:
    ask(sqlite, lambda client: fill(client, 150))
    never_broken_off = tmp_path / "never.tar"
    assert export(never_broken_off, sqlite).exit_code == 0

    part = unfinished(archive)
    killed_when(
        lambda: part.exists() and part.stat().st_size > 50_000, "export", archive, "--search", sqlite, "--jobs", 1
    )
    assert not archive.exists()
    with part.open("ab") as file:
        file.truncate(part.stat().st_size - 100)  # what a power cut may do besides
    result = export(archive, sqlite)
    assert result.exit_code == 0, result.output
    assert "150 images exported, " in result.stdout
    assert archive.read_bytes() == never_broken_off.read_bytes()

    killed_when(lambda: images_of(mongodb) >= 10, "import", archive, "--search", mongodb, "--jobs", 1)
    there = images_of(mongodb)
    assert 10 <= there < 150
    result = import_(archive, mongodb)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{150 - there} imported, {there} already there, 0 refused\n"
    assert_same(sqlite, mongodb)


def test_images_that_are_replaced_removed_and_added_meanwhile_are_each_archived_as_a_whole(
    sqlite: str, mongodb: str, archive: Path
) -> None:
    drawings = ask(sqlite, lambda client: fill(client, 100))

    async def change(client: SearchClient) -> None:
        for number, drawing in enumerate(drawings):
            other = Drawing.of(1000 + number)
            if number % 3 == 0:
                await client.delete("default", drawing.id)
            else:
                await client.put_blob(other.sha256, other.data)
                await client.commit("default", drawing.id, other.commit())

    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "export", str(archive), "--search", sqlite, "--jobs", "1"],
        stderr=subprocess.PIPE,
    ) as process:
        while not unfinished(archive).exists():
            assert process.poll() is None
            time.sleep(0.001)
        ask(sqlite, change)
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told

    assert import_(archive, mongodb).exit_code == 0
    # Vectors are made from the bytes: those of one image belong together, whichever of its states it is.
    expected = {drawing.sha256: drawing for drawing in (*drawings, *(Drawing.of(1000 + n) for n in range(100)))}

    async def assert_whole(client: SearchClient) -> None:
        records = (await client.page("default", None, 1000)).records
        assert len(records) >= 66
        for vector in (await client.vectors("default", [record.id for record in records])).vectors:
            content = await client.content("default", vector.id)
            assert vector.vector == expected[hashlib.sha256(content.data).hexdigest()].commit().vector

    ask(mongodb, assert_whole)
    assert lookalike("verify", "--search", mongodb).exit_code == 0


class TestRefusals:
    @pytest.fixture
    def whole(self, archive: Path, sqlite: str) -> bytes:
        ask(sqlite, lambda client: fill(client, 5, "garden"))
        assert export(archive, sqlite, "--collection", "garden").exit_code == 0
        return archive.read_bytes()

    def assert_refused(self, archive: Path, url: str, why: str, *options: object) -> None:
        result = import_(archive, url, "--collection", "target", *options)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert why in result.stderr
        assert "Nothing was imported." in result.stderr
        assert images_of(url, "target") == 0

    def test_an_incomplete_archive_imports_nothing(self, archive: Path, whole: bytes, sqlite: str) -> None:
        archive.write_bytes(whole[: len(whole) * 2 // 3])
        self.assert_refused(archive, sqlite, "is not complete: it ends in the middle")

    def test_a_damaged_archive_imports_nothing(self, archive: Path, whole: bytes, sqlite: str) -> None:
        damaged = bytearray(whole)
        damaged[len(whole) * 2 // 3] ^= 1
        archive.write_bytes(damaged)
        self.assert_refused(archive, sqlite, "is no sound archive of Lookalike's")

    def test_a_tar_file_of_something_else_imports_nothing(self, archive: Path, whole: bytes, sqlite: str) -> None:
        with tarfile.open(archive, "w") as tar:
            member = tarfile.TarInfo("holiday.jpg")
            member.size = 5
            tar.addfile(member, io.BytesIO(b"hello"))
        self.assert_refused(archive, sqlite, "It has no lookalike.json where that belongs.")

    def test_a_collection_of_another_space_takes_nothing(self, archive: Path, whole: bytes, sqlite: str) -> None:
        ask(sqlite, lambda client: fill(client, 1, "other", space(fingerprint="f" * 16)))
        result = import_(archive, sqlite, "--collection", "other")
        assert result.exit_code == 1
        assert "are of the embedding space 0123456789abcdef, those of the collection other of ffffffff" in result.stderr
        assert images_of(sqlite, "other") == 1

    def test_an_image_that_the_target_does_not_take_is_told_and_the_rest_is_imported(
        self, archive: Path, whole: bytes, tmp_path: Path
    ) -> None:
        with tarfile.open(archive) as tar:
            sizes = sorted(member.size for member in tar if member.name.endswith(".png"))
        settings = SearchSettings(store_url=f"sqlite:///{tmp_path}/small.db", max_blob_bytes=sizes[-1] - 1)
        with serving(create_app(settings)) as small:
            result = import_(archive, small)
            assert (result.exit_code, result.stdout) == (1, "4 imported, 0 already there, 1 refused\n")
            assert f"At most {sizes[-1] - 1} bytes are taken." in result.stderr
            assert images_of(small, "garden") == 4

    def test_a_file_that_is_there_is_not_written_over(self, archive: Path, whole: bytes, sqlite: str) -> None:
        result = export(archive, sqlite, "--collection", "garden")
        assert result.exit_code == 1
        assert "is there already" in result.stderr
        assert archive.read_bytes() == whole

    def test_a_collection_without_images_is_told(self, archive: Path, sqlite: str) -> None:
        for name in ("default", "nowhere"):
            result = export(archive, sqlite, "--collection", name)
            assert result.exit_code == 1
            assert f"There are no images in a collection {name}" in result.stderr
        assert not unfinished(archive).exists()

    def test_an_image_whose_bytes_are_damaged_stops_the_export_by_name(self, archive: Path, sqlite: str) -> None:
        broken = archived(50)

        async def plant(client: SearchClient) -> None:
            await fill(client, 3)
            await client.put_blob(broken.record.image.sha256, broken.data)
            commit = broken.commit(space())
            thumbnail = commit.thumbnail.model_copy(update={"data": b"no JPEG"})
            await client.commit("default", "broken", commit.model_copy(update={"thumbnail": thumbnail}))

        ask(sqlite, plant)
        result = export(archive, sqlite)
        assert result.exit_code == 1
        assert "The image broken cannot be exported. The thumbnail is no JPEG." in result.stderr
        assert "lookalike verify" in result.stderr
        ask(sqlite, lambda client: client.delete("default", "broken"))
        assert export(archive, sqlite).exit_code == 0
