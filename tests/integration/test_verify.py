"""`lookalike verify` against real search services, with faults planted where they would happen."""

import hashlib
import json
import random
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import anyio
import httpx
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from cli.main import app
from services.search.app import create_app
from services.search.indexes.exact import ExactIndex
from services.search.ports import Entry
from services.search.settings import SearchSettings
from shared.clients.search import SearchClient
from shared.errors import Conflict, NotFound
from tests.support.collections import Drawing, fill
from tests.support.images import jpeg, picture
from tests.support.indexes import KeptIndexes
from tests.support.mongodb.inspection import inspect
from tests.support.serving import serving
from tests.support.stack import Stack, stack

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Replica:
    """A search service, and the indexes that it answers from."""

    url: str
    indexes: list[ExactIndex]


@contextmanager
def replica(store_url: str) -> Iterator[Replica]:
    indexes = KeptIndexes()
    with serving(create_app(SearchSettings(store_url=store_url), indexes=indexes)) as url:
        yield Replica(url, indexes.made)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "images.db"


@pytest.fixture
def sqlite(database: Path) -> Iterator[Replica]:
    with replica(f"sqlite:///{database}") as served:
        yield served


@pytest.fixture
def replicas(mongodb_url: str) -> Iterator[list[Replica]]:
    with replica(mongodb_url) as one, replica(mongodb_url) as other:
        yield [one, other]


def verify(*served: Replica, options: tuple[object, ...] = ()) -> Result:
    searches = [part for each in served for part in ("--search", each.url)]
    return CliRunner().invoke(app, ["verify", *searches, *map(str, options)])


def ask(served: Replica, work: Callable[[SearchClient], Awaitable[Answer]]) -> Answer:
    """Call the service from a loop of its own, as a command does."""

    async def call() -> Answer:
        async with httpx.AsyncClient(base_url=served.url, timeout=60) as http:
            return await work(SearchClient("search", http))

    return anyio.run(call)


def filled(served: Replica, count: int = 6, collection: str = "default") -> list[Drawing]:
    return ask(served, lambda client: fill(client, count, collection))


def tamper(database: Path, sql: str, *parameters: object) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        assert connection.execute(sql, parameters).rowcount == 1


def faults(result: Result) -> list[str]:
    return result.stdout.splitlines()[:-1]


def test_a_sound_store_with_several_collections_is_clean(sqlite: Replica) -> None:
    filled(sqlite, 4)
    filled(sqlite, 3, "garden")
    result = verify(sqlite)
    assert (result.exit_code, result.stdout) == (0, "7 images verified, 0 faults\n"), result.stderr
    assert verify(sqlite, options=("--collection", "garden")).stdout == "3 images verified, 0 faults\n"


def test_an_empty_store_is_clean(sqlite: Replica) -> None:
    assert verify(sqlite).stdout == "0 images verified, 0 faults\n"
    [drawing] = filled(sqlite, 1, "garden")
    ask(sqlite, lambda client: client.delete("garden", drawing.id))
    assert (verify(sqlite).exit_code, verify(sqlite).stdout) == (0, "0 images verified, 0 faults\n")


def test_each_kind_of_damage_in_the_store_is_told(sqlite: Replica, database: Path) -> None:
    wrong, short, blurred, square, sound, gone = filled(sqlite)
    swapped = bytes([wrong.data[0] ^ 1]) + wrong.data[1:]
    tamper(database, "UPDATE contents SET data = ? WHERE sha256 = ?", swapped, wrong.sha256)
    tamper(database, "UPDATE contents SET data = ? WHERE sha256 = ?", short.data[:-1], short.sha256)
    tamper(database, "UPDATE thumbnails SET data = ? WHERE sha256 = ?", blurred.thumbnail.data[:200], blurred.sha256)
    other_size = jpeg(picture(1, (48, 48)))
    tamper(database, "UPDATE thumbnails SET data = ? WHERE sha256 = ?", other_size, square.sha256)
    tamper(database, "DELETE FROM contents WHERE sha256 = ?", gone.sha256)

    result = verify(sqlite)

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "6 images verified, 6 faults"
    assert sorted(faults(result)) == sorted(
        [
            f"default/{wrong.id}: bytes: The file has the SHA-256 {hashlib.sha256(swapped).hexdigest()}, "
            f"its record says {wrong.sha256}.",
            f"default/{short.id}: bytes: The file has {len(short.data) - 1} bytes, its record says {len(short.data)}.",
            f"default/{short.id}: bytes: The file has the SHA-256 "
            f"{hashlib.sha256(short.data[:-1]).hexdigest()}, its record says {short.sha256}.",
            f"default/{blurred.id}: thumbnail: The thumbnail is no JPEG that can be decoded.",
            f"default/{square.id}: thumbnail: The thumbnail is 48 x 48, that of an image of 64 x 48 is 64 x 48.",
            f"default/{gone.id}: bytes: It is not there.",
        ]
    )
    assert sound.id not in result.stdout


def test_a_vector_that_is_not_of_length_1_is_told(sqlite: Replica) -> None:
    drawing = Drawing.of(1)
    long = (3 * np.frombuffer(drawing.commit().vector, "<f4")).tobytes()
    commit = drawing.commit().model_copy(update={"vector": long})
    ask(sqlite, lambda client: client.put_blob(drawing.sha256, drawing.data))
    ask(sqlite, lambda client: client.commit("default", "long", commit))
    result = verify(sqlite)
    assert result.exit_code == 1
    assert faults(result) == ["default/long: vector: The vector has the length 3 in place of 1."]


def test_an_index_that_misses_has_more_or_differs_is_told_of_its_replica(replicas: list[Replica]) -> None:
    one, other = replicas
    drawings = filled(one)
    assert verify(one, other).stdout == "6 images verified, 0 faults\n"
    lost, changed, *_ = drawings
    ghost = Drawing.of(99)
    other.indexes[0].apply(
        {
            lost.id: None,
            changed.id: Entry(np.frombuffer(ghost.commit().vector, "<f4").astype(np.float32)),
            "ghost": Entry(np.ones(8, np.float32)),
        }
    )
    assert verify(one).exit_code == 0
    result = verify(one, other)
    assert result.exit_code == 1
    told = sorted(faults(result))
    assert {line.split(":")[0] for line in told} == {
        f"default/{lost.id}",
        f"default/{changed.id}",
        "default/ghost",
    }
    assert all(f": index ({other.url}): " in line for line in told)
    assert any("The store has the image, the index has not." in line for line in told)
    assert any("The index has the image, the store has not." in line for line in told)
    assert any("away from the one in the store." in line for line in told)


def test_writes_on_both_replicas_that_go_on_meanwhile_are_no_faults(replicas: list[Replica]) -> None:
    drawings = [Drawing.of(seed) for seed in range(12)]
    command = [sys.executable, "-m", "cli.main", "verify"]
    for each in replicas:
        command += ["--search", each.url]

    async def write(url: str, number: int, ended: anyio.Event) -> None:
        chance = random.Random(number)
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            client = SearchClient("search", http)
            while not ended.is_set():
                image_id = f"image-{chance.randrange(30)}"
                with suppress(Conflict, NotFound):  # another writer's image had these bytes, or was faster
                    if chance.random() < 0.3:
                        await client.delete("default", image_id)
                    else:
                        drawing = chance.choice(drawings)
                        await client.put_blob(drawing.sha256, drawing.data)
                        await client.commit("default", image_id, drawing.commit())

    async def stress() -> list[tuple[int, str]]:
        ended = anyio.Event()
        verified = []
        async with anyio.create_task_group() as group:
            for number in range(4):
                group.start_soon(write, replicas[number % 2].url, number, ended)
            for _ in range(5):
                done = await anyio.run_process(command, check=False)
                verified.append((done.returncode, done.stdout.decode() + done.stderr.decode()))
            ended.set()
        return verified

    for status, told in anyio.run(stress):
        assert status == 0, told
    result = verify(*replicas)
    assert result.exit_code == 0, result.stdout


def test_damage_in_mongodb_is_told_once_though_two_replicas_are_asked(
    replicas: list[Replica], mongodb_url: str
) -> None:
    one, other = replicas
    drawings = filled(one)
    with inspect(mongodb_url) as inside:
        file = inside["blobs"].find_one({"_id": drawings[2].sha256})
        assert file is not None
        data = bytearray(drawings[2].data)
        data[100] ^= 1
        updated = inside["bytes.chunks"].update_one({"files_id": file["file"]}, {"$set": {"data": bytes(data)}})
        assert updated.modified_count == 1
    result = verify(one, other)
    assert result.exit_code == 1
    [fault] = faults(result)
    assert fault.startswith(f"default/{drawings[2].id}: bytes: The file has the SHA-256 ")


def test_as_json_the_faults_are_for_programs(sqlite: Replica, database: Path) -> None:
    drawing, *_ = filled(sqlite, 2)
    tamper(database, "DELETE FROM contents WHERE sha256 = ?", drawing.sha256)
    result = verify(sqlite, options=("--json",))
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "images": 2,
        "sources": 0,
        "duplicates": 0,
        "faults": [
            {
                "kind": "bytes",
                "collection": "default",
                "image": drawing.id,
                "detail": "It is not there.",
                "where": None,
            }
        ],
    }


def test_services_with_different_stores_are_no_replicas(sqlite: Replica, tmp_path: Path) -> None:
    with replica(f"sqlite:///{tmp_path}/other.db") as other:
        result = verify(sqlite, other)
    assert result.exit_code == 1
    assert "do not share one store" in result.stderr


def test_a_collection_that_is_not_there_and_a_service_that_is_not_there_are_told(sqlite: Replica) -> None:
    result = verify(sqlite, options=("--collection", "nowhere"))
    assert result.exit_code == 1
    assert "There is no collection nowhere." in result.stderr
    result = CliRunner().invoke(app, ["verify", "--search", "http://127.0.0.1:9"])
    assert result.exit_code == 1
    assert "The search service cannot be reached at http://127.0.0.1:9." in result.stderr


class TestSource:
    @pytest.fixture
    def services(self, tmp_path: Path) -> Iterator[Stack]:
        with stack(tmp_path) as running:
            yield running

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        images = tmp_path / "images"
        for seed in range(5):
            path = images / ("even" if seed % 2 == 0 else "odd") / f"{seed}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture(seed, (64, 48)).save(path)
        (images / "odd" / "copy.png").write_bytes((images / "odd" / "1.png").read_bytes())
        return images

    def ingest(self, services: Stack, command: str, source: Path) -> None:
        result = CliRunner().invoke(app, [command, str(source), "--url", services.gateway])
        assert result.exit_code == 0, result.output

    def verify(self, services: Stack, source: Path) -> Result:
        return CliRunner().invoke(app, ["verify", "--search", services.search, "--source", str(source)])

    def test_images_are_those_of_the_folder_they_came_from(self, services: Stack, folder: Path) -> None:
        self.ingest(services, "ingest", folder)
        result = self.verify(services, folder)
        expected = "5 images verified, 5 compared with their source, 1 duplicates, 0 faults\n"
        assert (result.exit_code, result.stdout) == (0, expected), result.stderr

    def test_a_source_with_the_same_pixels_in_another_file_is_equal(self, services: Stack, folder: Path) -> None:
        self.ingest(services, "ingest", folder)
        file = folder / "even" / "2.png"
        before = file.read_bytes()
        Image.open(BytesIO(before)).save(file, "PNG", compress_level=1)
        assert file.read_bytes() != before
        assert self.verify(services, folder).exit_code == 0

    def test_what_differs_or_has_no_partner_is_told(self, services: Stack, folder: Path) -> None:
        self.ingest(services, "ingest", folder)
        pixels = np.array(picture(0, (64, 48)))
        pixels[5, 7, 0] ^= 8
        Image.fromarray(pixels).save(folder / "even" / "0.png")
        picture(2, (32, 24)).save(folder / "even" / "2.png")
        (folder / "even" / "4.png").rename(folder / "even" / "moved.png")
        picture(9, (64, 48)).save(folder / "odd" / "new.png")
        (folder / "odd" / "3.png").write_bytes(b"no picture any more")

        result = self.verify(services, folder)

        assert result.exit_code == 1
        told = {line.split(" (")[1].split("): ")[0]: line.split("): ")[1] for line in faults(result)}
        assert told == {
            "even/0.png": "1 of 3072 pixels differ from its source, by up to 8.",
            "even/2.png": "The image has 64 x 48 pixels, its source 32 x 24.",
            "even/4.png": "Its source is not there.",
            "odd/3.png": "Its source cannot be decoded, and its bytes are not those of the other.",
            "odd/new.png": "No image comes from it.",
        }

    def test_images_that_name_no_source_are_told(self, services: Stack, folder: Path) -> None:
        self.ingest(services, "ingest", folder)
        drawing = Drawing.of(77)
        answer = httpx.put(f"{services.gateway}/v1/images/mine", files={"image": drawing.data}, timeout=60)
        assert answer.status_code == 201, answer.text
        result = self.verify(services, folder)
        assert result.exit_code == 1
        assert faults(result) == ["default/mine: source: It names no source."]

    def test_images_are_those_of_the_originals_file_of_features(self, services: Stack, tmp_path: Path) -> None:
        shown = np.stack([np.asarray(picture(seed, (64, 64))) for seed in range(3)]).astype(np.float32) / 255
        file = tmp_path / "features.npz"
        np.savez(file, features=np.zeros((3, 5)), labels=np.array(["a", "b", "c"]), Images=shown)
        self.ingest(services, "import-npz", file)
        result = self.verify(services, file)
        expected = "3 images verified, 3 compared with their source, 0 faults\n"
        assert (result.exit_code, result.stdout) == (0, expected), result.stderr

        shown[1, 3, 4] = 1 - shown[1, 3, 4]
        np.savez(file, features=np.zeros((3, 5)), labels=np.array(["a", "b", "c"]), Images=shown)
        result = self.verify(services, file)
        assert result.exit_code == 1
        [fault] = faults(result)
        assert "(features.npz#1): 1 of 4096 pixels differ from its source" in fault
