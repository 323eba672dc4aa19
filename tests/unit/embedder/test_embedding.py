from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from services.embedder.admission import Admission
from services.embedder.batching import BatchMetrics
from services.embedder.decoding import Limits
from services.embedder.embedding import Asked, Embedding
from services.embedder.engines import Engines, Queues
from services.embedder.extractors.deterministic import LAYOUT, PALETTE, DeterministicExtractor
from services.embedder.intake import Intake, IntakeMetrics
from services.embedder.isolation import Crashed, TookTooLong
from services.embedder.preparing import PreparedImage, prepare
from services.embedder.recipes import RECIPES, Recipe
from shared.contracts.embedding import EmbeddedImage, RefusedImage
from shared.contracts.region import WHOLE, Region
from shared.errors import EmptyUpload, ImageTooLarge, InvalidRegion, LookalikeError, Overloaded, UndecodableImage
from tests.support import images
from tests.support.images import picture


class File:
    """An upload; it knows whether its bytes were asked for."""

    def __init__(self, data: bytes, *, broken: bool = False) -> None:
        self._data = data
        self._broken = broken
        self.size = len(data)
        self.was_read = False

    async def read(self) -> bytes:
        self.was_read = True
        if self._broken:
            raise OSError("the disk is gone")
        return self._data


class Classic(DeterministicExtractor):
    """Takes its maps whole."""

    def __init__(self) -> None:
        super().__init__()
        self.recipe = RECIPES["classic"]


async def prepare_here(data: bytes, recipe: Recipe, limits: Limits, with_thumbnail: bool) -> PreparedImage:
    """Prepare in this process; some files do to it what files can do."""
    if data == b"hangs":
        raise TookTooLong
    if data == b"crashes":
        raise Crashed
    if data == b"devours memory":
        raise MemoryError
    return await anyio.to_thread.run_sync(prepare, data, recipe, limits, with_thumbnail)


@asynccontextmanager
async def embedding(
    max_images: int = 8, max_bytes: int = 2**20, max_file: int = 2**19, extractor: DeterministicExtractor | None = None
) -> AsyncIterator[Embedding]:
    queues = Queues(4, max_images, BatchMetrics(CollectorRegistry()))
    recipes = {recipe.name: recipe for recipe in (LAYOUT, PALETTE)}

    def load(recipe: Recipe) -> DeterministicExtractor:
        return extractor or DeterministicExtractor(recipe)

    async with Engines(recipes, "layout", ["palette"], load, queues, retry_seconds=60) as engines:
        while not (await engines.readiness()).ready:  # noqa: ASYNC110 - it changes in another thread
            await anyio.sleep(0.005)
        intake = Intake(prepare_here, Limits(max_file, 1_000_000), 2, IntakeMetrics(CollectorRegistry()))
        yield Embedding(engines.get, intake, Admission(max_images, max_bytes))


async def test_each_image_has_its_outcome_in_the_order_given() -> None:
    files = [
        File(images.png(picture(1))),
        File(b""),
        File(images.truncated(images.jpeg(picture(2)))),
        File(images.not_an_image()),
        File(images.bomb()),
        File(images.jpeg(picture(3))),
    ]
    async with embedding() as use_case:
        answer = await use_case.embed(files, Asked())
    codes = [image.problem.code if isinstance(image, RefusedImage) else image.content_type for image in answer.images]
    assert codes == [
        "image/png",
        "empty_upload",
        "undecodable_image",
        "unsupported_media_type",
        "image_too_large",
        "image/jpeg",
    ]
    assert answer.space == use_case.space()


async def test_a_vector_does_not_depend_on_the_company() -> None:
    file = images.png(picture(1))
    async with embedding() as use_case:
        alone = (await use_case.embed([File(file)], Asked())).images[0]
        together = (await use_case.embed([File(b"x"), File(file)], Asked())).images[1]
    assert isinstance(alone, EmbeddedImage)
    assert isinstance(together, EmbeddedImage)
    assert np.frombuffer(alone.vector, "<f4").shape == (256,)
    assert alone == together


async def test_a_thumbnail_comes_when_asked_for() -> None:
    async with embedding() as use_case:
        for asked in (True, False):
            image = (await use_case.embed([File(images.png(picture()))], Asked(thumbnails=asked))).images[0]
            assert isinstance(image, EmbeddedImage)
            assert (image.thumbnail is not None) is asked


async def test_a_single_refused_image_is_the_answer() -> None:
    async with embedding() as use_case:
        with pytest.raises(UndecodableImage):
            await use_case.embed([File(images.truncated(images.png(picture())))], Asked())


async def test_no_image_is_an_empty_upload() -> None:
    async with embedding() as use_case:
        with pytest.raises(EmptyUpload):
            await use_case.embed([], Asked())


async def test_a_file_of_too_many_bytes_is_not_even_read() -> None:
    file = File(bytes(2000))
    async with embedding(max_file=1999) as use_case:
        with pytest.raises(ImageTooLarge):
            await use_case.embed([file], Asked())
    assert not file.was_read


@pytest.mark.parametrize(("count", "size"), [(9, 10), (2, 2**19 + 1)])
async def test_more_than_fits_is_refused_before_anything_is_read(count: int, size: int) -> None:
    files = [File(bytes(size)) for _ in range(count)]
    async with embedding() as use_case:
        with pytest.raises(Overloaded):
            await use_case.embed(files, Asked())
    assert not any(file.was_read for file in files)


async def test_a_fault_of_ours_costs_one_image_its_answer_and_no_other() -> None:
    async with embedding() as use_case:
        files = [File(b"x", broken=True), File(images.png(picture()))]
        broken, whole = (await use_case.embed(files, Asked())).images
        assert isinstance(whole, EmbeddedImage)
        assert isinstance(broken, RefusedImage)
        assert broken.problem.code == "internal"
        assert "disk" not in broken.problem.detail
        with pytest.raises(LookalikeError, match="could not be embedded"):
            await use_case.embed(files[:1], Asked())


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"hangs", "undecodable_image"), (b"crashes", "undecodable_image"), (b"devours memory", "image_too_large")],
)
async def test_an_image_that_its_decoder_does_not_survive_is_refused(data: bytes, code: str) -> None:
    async with embedding() as use_case:
        bad, good = (await use_case.embed([File(data), File(images.png(picture()))], Asked())).images
    assert isinstance(bad, RefusedImage)
    assert bad.problem.code == code
    assert isinstance(good, EmbeddedImage)


async def test_regions_get_vectors_beside_that_of_the_whole() -> None:
    asked = [Region(x=0, y=0, width=0.5, height=1), Region(x=0.5, y=0, width=0.5, height=1), WHOLE]
    files = [File(images.png(picture(seed))) for seed in (1, 2)]
    async with embedding() as use_case:
        plain = (await use_case.embed(files, Asked())).images
        answer = (await use_case.embed(files, Asked(regions=asked))).images
    for without, image in zip(plain, answer, strict=True):
        assert isinstance(image, EmbeddedImage)
        assert isinstance(without, EmbeddedImage)
        assert len(image.regions) == 3
        assert image.vector == image.regions[2]
        assert len({image.vector, *image.regions}) == 3
        whole, same = (np.frombuffer(one.vector, "<f4") for one in (image, without))
        np.testing.assert_allclose(whole, same, atol=1e-6)


async def test_a_region_has_the_vector_of_what_is_cut_out() -> None:
    whole = picture(3, (640, 640))
    async with embedding() as use_case:
        part = File(images.png(whole.crop((320, 160, 640, 480))))
        corner = Region(x=0.5, y=0.25, width=0.5, height=0.5)
        cut = (await use_case.embed([part], Asked())).images[0]
        asked = (await use_case.embed([File(images.png(whole))], Asked(regions=[corner]))).images[0]
    assert isinstance(cut, EmbeddedImage)
    assert isinstance(asked, EmbeddedImage)
    assert np.frombuffer(cut.vector, "<f4") @ np.frombuffer(asked.regions[0], "<f4") > 0.999


async def test_where_there_are_no_regions_they_are_refused_before_anything_is_read() -> None:
    file = File(images.png(picture()))
    async with embedding(extractor=Classic()) as use_case:
        with pytest.raises(InvalidRegion, match="classic"):
            await use_case.embed([file], Asked(regions=[WHOLE]))
    assert not file.was_read
