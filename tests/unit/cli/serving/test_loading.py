from pathlib import Path

import pytest

from cli.gallery import KINDS
from cli.gallery.gallery import PER_KIND
from cli.serving.loading import Loader
from cli.serving.samples import Sample
from tests.unit.cli.fake_gateway import FakeGateway

TOTAL = len(KINDS) * PER_KIND


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder where the gallery is drawn already, as far as its files' ends tell."""
    for kind in KINDS:
        (tmp_path / "gallery" / kind).mkdir(parents=True)
        for number in range(PER_KIND):
            path = tmp_path / "gallery" / kind / f"{kind}-{number:02}.jpg"
            path.write_bytes(f"{kind} {number}".encode() + b"\xff\xd9")
    return tmp_path


async def load(gateway: FakeGateway, data: Path, sample: Sample) -> None:
    async with gateway.client() as client:
        await Loader(client, "http://gateway", "default", data).load_sample(sample)


async def test_an_empty_collection_is_filled_with_the_gallery(data: Path) -> None:
    gateway = FakeGateway()
    await load(gateway, data, Sample.GALLERY)
    assert len(gateway.images) == TOTAL
    assert {label for label, _ in gateway.images.values()} == set(KINDS)


async def test_a_collection_that_holds_images_is_left_alone(data: Path) -> None:
    gateway = FakeGateway()
    gateway.images["0" * 64] = (None, None)
    await load(gateway, data, Sample.GALLERY)
    assert gateway.uploads == 0


async def test_a_sample_that_was_interrupted_is_completed_and_then_left_alone(data: Path) -> None:
    gateway = FakeGateway()
    await load(gateway, data, Sample.GALLERY)
    for digest in list(gateway.images)[50:]:
        del gateway.images[digest]
    (data / ".loading-default").touch()

    await load(gateway, data, Sample.GALLERY)
    assert len(gateway.images) == TOTAL

    gateway.images.popitem()
    await load(gateway, data, Sample.GALLERY)
    assert len(gateway.images) == TOTAL - 1


async def test_no_sample_is_loaded_where_none_is_wanted(data: Path) -> None:
    gateway = FakeGateway()
    await load(gateway, data, Sample.NONE)
    assert gateway.images == {}
