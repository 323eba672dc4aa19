import hashlib
from pathlib import Path

import pytest

from cli.ingest.ingestor import BATCH, Ingestor
from cli.ingest.retry import Retry
from cli.ingest.scan import Folder
from cli.ingest.tally import Failure, Tally
from shared.contracts.health import Readiness
from shared.errors import EmbeddingSpaceMismatch, Overloaded, UndecodableImage, UpstreamUnavailable
from tests.unit.cli.fake_gateway import FakeGateway

QUICK = Retry(attempts=3, first_pause_seconds=0, longest_pause_seconds=0.001)


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


async def ingested(gateway: FakeGateway, folder: Path, jobs: int = 4, max_bytes: int = 2**20) -> Tally:
    async with gateway.client() as client:
        return await Ingestor(client, "default", jobs=jobs, max_bytes=max_bytes, retry=QUICK).run(Folder(folder))


async def test_every_image_is_added_with_its_label_and_source(tmp_path: Path) -> None:
    gateway = FakeGateway()
    fill(tmp_path, {"a.jpg": b"a", "cats/b.png": b"b"})

    tally = await ingested(gateway, tmp_path)

    assert (tally.total, tally.added, tally.done, tally.failures) == (2, 2, 2, [])
    assert gateway.images == {
        hashlib.sha256(b"a").hexdigest(): (None, '{"source": "a.jpg"}'),
        hashlib.sha256(b"b").hexdigest(): ("cats", '{"source": "cats/b.png"}'),
    }


async def test_a_second_run_uploads_only_what_is_missing(tmp_path: Path) -> None:
    gateway = FakeGateway()
    fill(tmp_path, {f"{number}.jpg": bytes([number]) for number in range(20)})
    await ingested(gateway, tmp_path)
    fill(tmp_path, {"new.jpg": b"new"})

    tally = await ingested(gateway, tmp_path)

    assert (tally.added, tally.already_there) == (1, 20)
    assert gateway.uploads == 21


async def test_the_same_bytes_are_uploaded_once(tmp_path: Path) -> None:
    gateway = FakeGateway()
    fill(tmp_path, {"a.jpg": b"same", "b.jpg": b"same", "c/d.jpg": b"same", "e.jpg": b"other"})

    tally = await ingested(gateway, tmp_path)

    assert (tally.added, tally.duplicates, tally.done) == (2, 2, 4)
    assert gateway.uploads == 2
    assert gateway.images[hashlib.sha256(b"same").hexdigest()] == (None, '{"source": "a.jpg"}')


async def test_refused_files_are_listed_and_do_not_stop_the_rest(tmp_path: Path) -> None:
    gateway = FakeGateway({b"bad": [UndecodableImage("The image is truncated.")]})
    fill(tmp_path, {"a.jpg": b"a", "b.jpg": b"bad", "c.jpg": b"c"})

    tally = await ingested(gateway, tmp_path)

    assert tally.added == 2
    assert tally.failures == [Failure("b.jpg", "The image is truncated.")]


async def test_an_overloaded_gateway_is_asked_again(tmp_path: Path) -> None:
    gateway = FakeGateway({b"a": [Overloaded(), Overloaded()]})
    tally = await ingested(gateway, fill(tmp_path, {"a.jpg": b"a"}))
    assert (tally.added, tally.failures, gateway.uploads) == (1, [], 3)


async def test_a_file_that_the_gateway_fails_on_again_and_again_is_listed(tmp_path: Path) -> None:
    gateway = FakeGateway({b"a": [UpstreamUnavailable() for _ in range(10)]})
    tally = await ingested(gateway, fill(tmp_path, {"a.jpg": b"a", "b.jpg": b"b"}))
    assert tally.added == 1
    assert [failure.source for failure in tally.failures] == ["a.jpg"]


async def test_a_gateway_that_is_gone_ends_the_ingest(tmp_path: Path) -> None:
    gateway = FakeGateway({b"7": [Overloaded() for _ in range(10)]})
    gateway.readiness = Readiness(ready=False, waiting_for=("embedder",))
    fill(tmp_path, {f"{number}.jpg": str(number).encode() for number in range(200)})
    with pytest.raises(Overloaded):
        await ingested(gateway, tmp_path)
    assert gateway.uploads < 200


async def test_a_collection_of_another_embedding_space_ends_the_ingest(tmp_path: Path) -> None:
    gateway = FakeGateway({b"0": [EmbeddingSpaceMismatch("Made with other weights.")]})
    fill(tmp_path, {f"{number}.jpg": str(number).encode() for number in range(200)})
    with pytest.raises(EmbeddingSpaceMismatch):
        await ingested(gateway, tmp_path)
    assert gateway.uploads < 200


async def test_requests_in_flight_are_bounded_in_number(tmp_path: Path) -> None:
    gateway = FakeGateway()
    fill(tmp_path, {f"{number}.jpg": str(number).encode() for number in range(60)})
    await ingested(gateway, tmp_path, jobs=5)
    assert gateway.most_in_flight == 5


async def test_requests_in_flight_are_bounded_in_bytes(tmp_path: Path) -> None:
    gateway = FakeGateway()
    fill(tmp_path, {f"{number}.jpg": str(number).encode() * 100 for number in range(10, 50)})
    await ingested(gateway, tmp_path, jobs=20, max_bytes=1000)
    assert 800 <= gateway.most_bytes_in_flight <= 1000


async def test_a_file_beyond_the_bound_is_not_read(tmp_path: Path) -> None:
    gateway = FakeGateway()
    tally = await ingested(gateway, fill(tmp_path, {"a.jpg": b"a" * 11, "b.jpg": b"b" * 10}), max_bytes=10)
    assert tally.added == 1
    assert tally.failures == [Failure("a.jpg", "The file is larger than 10 bytes.")]


async def test_digests_are_asked_for_in_batches(tmp_path: Path) -> None:
    gateway = FakeGateway()
    fill(tmp_path, {f"{number}.jpg": str(number).encode() for number in range(BATCH + 50)})
    await ingested(gateway, tmp_path, jobs=64)
    assert gateway.asked == [BATCH, 50]


async def test_an_empty_folder_is_nothing_to_do(tmp_path: Path) -> None:
    gateway = FakeGateway()
    tally = await ingested(gateway, tmp_path)
    assert (tally.total, tally.done, gateway.asked) == (0, 0, [])


async def test_a_file_that_vanishes_is_listed(tmp_path: Path) -> None:
    gateway = FakeGateway()
    fill(tmp_path, {"a.jpg": b"a"})
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "a.jpg")
    async with gateway.client() as client:
        ingestor = Ingestor(client, "default", retry=QUICK)

        def remove(tally: Tally) -> None:
            (tmp_path / "a.jpg").unlink(missing_ok=True)

        tally = await ingestor.run(Folder(tmp_path), on_change=remove)
    assert tally.added == 0
    assert all(failure.reason == "The file cannot be read: No such file or directory." for failure in tally.failures)


async def test_each_change_is_told(tmp_path: Path) -> None:
    gateway, told = FakeGateway(), []
    fill(tmp_path, {f"{number}.jpg": str(number).encode() for number in range(5)})
    async with gateway.client() as client:
        await Ingestor(client, "default").run(Folder(tmp_path), lambda tally: told.append(tally.done))
    assert sorted(told) == told
    assert told[-1] == 5
