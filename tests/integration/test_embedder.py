"""The embedder over real HTTP: all about it with the deterministic extractor, the main thing with the network."""

import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any

import anyio
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cli.gallery import draw
from services.embedder.app import create_app
from services.embedder.extractors.deterministic import DeterministicExtractor
from services.embedder.recipes import Recipe
from services.embedder.settings import EmbedderSettings
from services.embedder.weights import WeightsUnavailable
from shared.clients.embedder import EmbedderClient
from shared.contracts.embedding import EmbeddedImage, RefusedImage
from shared.contracts.region import WHOLE, Region
from shared.errors import (
    EmptyUpload,
    ImageTooLarge,
    InvalidRegion,
    InvalidRequest,
    NotReady,
    Overloaded,
    UndecodableImage,
    UnsupportedMediaType,
)
from tests.support import images
from tests.support.images import picture, side_by_side
from tests.support.serving import serving


def fields(*files: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("images", ("picture", file)) for file in files]


def settings(**changed: Any) -> EmbedderSettings:
    return EmbedderSettings(**{"extractor": "deterministic", "log_level": "error"} | changed)


class Gated(DeterministicExtractor):
    """Works while its gate is open; remembers how many images came together."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.batches: list[int] = []

    def extract(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        self.entered.set()
        assert self.gate.wait(30)
        self.batches.append(len(images))
        return super().extract(images)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(create_app(settings())) as address:
        yield address


@pytest.fixture
async def client(url: str) -> AsyncIterator[EmbedderClient]:
    async with httpx.AsyncClient(base_url=url) as http:
        yield EmbedderClient("embedder", http)


@pytest.fixture(scope="module")
def real_url() -> Iterator[str]:
    real = settings(extractor="inception", weights="inception-2015", max_batch_size=2)
    with serving(create_app(real), ready_within=300) as address:
        yield address


async def test_the_client_gets_vectors_and_thumbnails(client: EmbedderClient) -> None:
    files = [images.jpeg(picture(seed)) for seed in range(3)]
    answer = await client.embed(files, thumbnails=True)
    assert answer.space == await client.space()
    for image in answer.images:
        assert isinstance(image, EmbeddedImage)
        assert (image.content_type, image.width, image.height) == ("image/jpeg", 320, 240)
        assert len(image.vector) == 4 * answer.space.dimensions
        assert image.thumbnail is not None
    assert len({image.vector for image in answer.images if isinstance(image, EmbeddedImage)}) == 3


async def test_a_bad_image_never_costs_another_its_answer(client: EmbedderClient) -> None:
    first, bad, last = (await client.embed([images.png(picture(1)), b"", images.png(picture(2))])).images
    assert isinstance(first, EmbeddedImage)
    assert isinstance(bad, RefusedImage)
    assert (bad.problem.code, bad.problem.status) == ("empty_upload", 422)
    assert isinstance(last, EmbeddedImage)


@pytest.mark.parametrize(
    ("file", "refusal"),
    [
        (b"", EmptyUpload),
        (images.not_an_image(), UnsupportedMediaType),
        (images.truncated(images.jpeg(picture())), UndecodableImage),
        (images.bomb(), ImageTooLarge),
    ],
    ids=["empty", "document", "truncated", "bomb"],
)
async def test_a_single_refused_image_is_the_answer(client: EmbedderClient, file: bytes, refusal: type) -> None:
    with pytest.raises(refusal):
        await client.embed_one(file)


@pytest.mark.parametrize("orientation", range(2, 9))
async def test_a_turned_photo_has_the_vector_of_the_upright_one(client: EmbedderClient, orientation: int) -> None:
    _, upright = await client.embed_one(images.png(picture(4)))
    _, turned = await client.embed_one(images.oriented(picture(4), orientation, images.png))
    assert turned.vector == upright.vector


@pytest.mark.parametrize(
    "request_parts",
    [{}, {"json": {}}, {"files": [("other", ("picture", b"x"))]}, {"files": fields(b"")}, {"data": {"other": "x"}}],
    ids=["no body", "json", "other field", "empty file", "a form without files"],
)
def test_no_image_is_an_empty_upload(url: str, request_parts: dict[str, Any]) -> None:
    answer = httpx.post(f"{url}/v1/embed", **request_parts)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "empty_upload"


def test_json_is_for_people(url: str) -> None:
    answer = httpx.post(f"{url}/v1/embed", files=fields(images.png(picture()))).json()
    (image,) = answer["images"]
    assert image["status"] == "embedded"
    assert len(image["vector"]) == answer["space"]["dimensions"]
    assert np.linalg.norm(image["vector"]) == pytest.approx(1, abs=1e-5)
    assert image["thumbnail"] is None
    assert httpx.get(f"{url}/v1/space").json() == answer["space"]


def test_too_many_images_in_one_request_are_refused(url: str) -> None:
    answer = httpx.post(f"{url}/v1/embed", files=fields(*[b"x"] * 65))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "64" in answer.json()["detail"]


async def test_a_region_is_a_part_of_the_upright_image(client: EmbedderClient) -> None:
    lower = [Region(x=0, y=0.5, width=1, height=0.5)]
    turned = images.oriented(picture(4), 6, images.png)
    [found] = (await client.embed([turned], regions=lower)).images
    _, cut = await client.embed_one(images.png(picture(4).crop((0, 120, 320, 240))))
    assert isinstance(found, EmbeddedImage)
    assert np.frombuffer(found.regions[0], "<f4") @ np.frombuffer(cut.vector, "<f4") > 0.999


@pytest.mark.parametrize("asked", ["0,0,2,1", "somewhere", "0.5,0.5,0.6,0.1", ""])
def test_what_is_not_a_region_is_refused_by_name(url: str, asked: str) -> None:
    answer = httpx.post(f"{url}/v1/embed", params={"region": asked}, files=fields(images.png(picture())))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_region")


def test_too_many_regions_are_refused(url: str) -> None:
    many = {"region": ["0,0,1,1"] * 17}
    answer = httpx.post(f"{url}/v1/embed", params=many, files=fields(images.png(picture())))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_region")


async def test_a_heat_map_shows_where_two_images_match(client: EmbedderClient) -> None:
    red, blue = Image.new("RGB", (80, 60), "red"), Image.new("RGB", (80, 60), "blue")
    both = side_by_side(red, blue)
    whole = await client.heatmap(images.png(red), images.png(both))
    found = np.array(whole.candidate.cells)
    assert found.shape == (17, 17)
    assert found[:, :8].min() > 0.99
    assert found[:, 9:].max() < 0
    assert Image.open(BytesIO(whole.candidate.png)).size == (160, 60)
    assert Image.open(BytesIO(whole.query.png)).size == (80, 60)
    assert whole.space == (await client.space()).ref()
    part = await client.heatmap(images.png(both), images.png(blue), region=Region(x=0.5, y=0, width=0.5, height=1))
    assert part.score == pytest.approx(1, abs=1e-3)
    assert np.array(part.query.cells)[:, 9:].min() > 0.99


async def test_the_score_of_a_heat_map_is_that_of_the_vectors(client: EmbedderClient) -> None:
    one, other = images.jpeg(picture(1)), images.png(picture(2))
    [first, second] = (await client.embed([one, other])).images
    assert isinstance(first, EmbeddedImage)
    assert isinstance(second, EmbeddedImage)
    cosine = np.frombuffer(first.vector, "<f4") @ np.frombuffer(second.vector, "<f4")
    assert (await client.heatmap(one, other)).score == pytest.approx(float(cosine), abs=1e-5)


async def test_a_heat_map_of_a_refused_image_is_refused(client: EmbedderClient) -> None:
    good, bad = images.png(picture(1)), images.truncated(images.png(picture()))
    for query, candidate in ((good, bad), (bad, good)):
        with pytest.raises(UndecodableImage):
            await client.heatmap(query, candidate)


def test_a_heat_map_of_one_image_is_an_invalid_request(url: str) -> None:
    answer = httpx.post(f"{url}/v1/heatmap", files={"query": images.png(picture())})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["field"] == "body.candidate"


def test_answers_are_documented(url: str) -> None:
    paths = httpx.get(f"{url}/openapi.json").json()["paths"]
    for path, method, contract in (
        ("/v1/embed", "post", "EmbedResponse"),
        ("/v1/heatmap", "post", "HeatMap"),
        ("/v1/space", "get", "EmbeddingSpace"),
    ):
        content = paths[path][method]["responses"]["200"]["content"]["application/json"]
        assert content["schema"]["$ref"].endswith(contract)


def test_the_queue_and_the_batches_are_measured(url: str) -> None:
    httpx.post(f"{url}/v1/embed", files=fields(images.png(picture())))
    metrics = httpx.get(f"{url}/metrics").text
    assert "embedder_queue_images 0.0" in metrics
    for name in ("batch_images", "decode_seconds", "wait_seconds", "inference_seconds"):
        assert re.search(rf"^embedder_{name}_count [1-9]", metrics, re.MULTILINE), name


def test_before_the_extractor_is_loaded_it_answers_that_it_is_not_ready() -> None:
    release = threading.Event()

    def load(_: EmbedderSettings, __: Recipe) -> DeterministicExtractor:
        assert release.wait(30)
        return DeterministicExtractor()

    with serving(create_app(settings(), load), ready=False) as address:
        readiness = httpx.get(f"{address}/readyz")
        assert (readiness.status_code, readiness.json()["waiting_for"]) == (503, ["extractor"])
        assert httpx.get(f"{address}/healthz").status_code == 200
        for answer in (
            httpx.get(f"{address}/v1/space"),
            httpx.post(f"{address}/v1/embed", files=fields(images.png(picture()))),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, NotReady.code)
            assert answer.headers["retry-after"] == "1"
        release.set()
        wait_until_ready(address)
        assert httpx.post(f"{address}/v1/embed", files=fields(images.png(picture()))).status_code == 200


def test_why_it_cannot_load_is_shown_and_it_tries_again() -> None:
    mended = threading.Event()

    def load(_: EmbedderSettings, __: Recipe) -> DeterministicExtractor:
        if not mended.is_set():
            raise WeightsUnavailable("The index does not answer.")
        return DeterministicExtractor()

    with serving(create_app(settings(), load, retry_seconds=0.1), ready=False) as address:
        assert waits_for(address) == ["extractor: The index does not answer."]
        mended.set()
        wait_until_ready(address)


def test_a_network_that_computes_nonsense_is_never_ready() -> None:
    loads = []

    class Nonsense(DeterministicExtractor):
        def extract(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
            return super().extract(images) * np.float32(np.nan)

    def load(_: EmbedderSettings, __: Recipe) -> DeterministicExtractor:
        loads.append(1)
        return Nonsense()

    with serving(create_app(settings(), load, retry_seconds=0.01), ready=False) as address:
        assert waits_for(address) == ["extractor: The network's vectors are not finite numbers."]
        while len(loads) < 3:
            time.sleep(0.01)
        assert httpx.get(f"{address}/readyz").status_code == 503
        answer = httpx.post(f"{address}/v1/embed", files=fields(images.png(picture())))
        assert (answer.status_code, answer.json()["code"]) == (503, NotReady.code)


async def test_more_at_once_than_is_admitted_is_refused_with_a_time_to_come_back() -> None:
    extractor = Gated()
    narrow = settings(max_images_in_flight=2, max_images_per_request=2, max_batch_size=1)
    with serving(create_app(narrow, lambda *_: extractor)) as address:
        extractor.gate.clear()
        async with httpx.AsyncClient(base_url=address) as http, anyio.create_task_group() as group:
            client = EmbedderClient("embedder", http)
            for seed in (1, 2):
                group.start_soon(client.embed_one, images.png(picture(seed)))
            with anyio.fail_after(10):
                while "embedder_queue_images 1.0" not in (await http.get("/metrics")).text:  # noqa: ASYNC110
                    await anyio.sleep(0.01)
            refused = await http.post("/v1/embed", files=fields(images.png(picture(3))))
            extractor.gate.set()
    assert (refused.status_code, refused.json()["code"]) == (503, Overloaded.code)
    assert refused.headers["retry-after"] == "1"


async def test_images_of_a_client_that_has_left_do_not_reach_the_network() -> None:
    extractor = Gated()

    def waiting(count: int) -> str:
        return f"embedder_queue_images {count}.0"

    async def until(http: httpx.AsyncClient, line: str) -> None:
        with anyio.fail_after(10):
            while line not in (await http.get("/metrics")).text:  # noqa: ASYNC110
                await anyio.sleep(0.01)

    with serving(create_app(settings(max_batch_size=1), lambda *_: extractor)) as address:
        extractor.gate.clear()
        extractor.entered.clear()
        extractor.batches.clear()
        async with httpx.AsyncClient(base_url=address, timeout=30) as http, anyio.create_task_group() as group:
            client = EmbedderClient("embedder", http)
            group.start_soon(client.embed_one, images.png(picture(1)))
            assert await anyio.to_thread.run_sync(extractor.entered.wait, 10)
            with anyio.move_on_after(10) as leaving:
                async with httpx.AsyncClient(base_url=address) as impatient, anyio.create_task_group() as inner:
                    inner.start_soon(EmbedderClient("embedder", impatient).embed, [images.png(picture(2))] * 3)
                    await until(http, waiting(3))
                    leaving.cancel()
            await until(http, waiting(0))
            await until(http, 'http_requests_total{method="POST",route="/v1/embed",status="499"} 1.0')
            extractor.gate.set()
    assert extractor.batches == [1]


async def test_the_real_network_is_served_with_the_real_weights(real_url: str) -> None:
    async with httpx.AsyncClient(base_url=real_url, timeout=60) as http:
        client = EmbedderClient("embedder", http)
        space, upright = await client.embed_one(images.jpeg(picture(4)))
        (again, other) = (await client.embed([images.oriented(picture(4), 6), images.png(picture(5))])).images
    assert (space.recipe, space.weights, space.fingerprint) == ("centred", "inception-2015", "7bcc6dfd6e9babf8")
    assert isinstance(again, EmbeddedImage)
    assert isinstance(other, EmbeddedImage)
    first, second, third = (np.frombuffer(image.vector, "<f4") for image in (upright, again, other))
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert first @ second > 0.99
    assert first @ third < first @ second


async def test_another_recipe_of_the_real_network_is_loaded_beside_the_first(real_url: str) -> None:
    """What `pooled` sees is much like the last part of what `centred` does, though each has a network of its own."""
    async with httpx.AsyncClient(base_url=real_url, timeout=60) as http:
        client = EmbedderClient("embedder", http)
        assert [known.name for known in (await client.recipes()).recipes] == [
            "classic",
            "pooled",
            "multilayer",
            "centred",
            "thorough",
        ]
        with pytest.raises(NotReady):
            await client.space("pooled")
        await wait_for(client, "pooled", seconds=300)
        image = images.png(draw("owl", 1))
        pooled_space, pooled = await client.embed_one(image, recipe="pooled")
        whole_space, whole = await client.embed_one(image)
    assert (pooled_space.recipe, pooled_space.dimensions, whole_space.recipe) == ("pooled", 2048, "centred")
    assert pooled_space.weights_sha256 == whole_space.weights_sha256
    last = np.frombuffer(whole.vector, "<f4")[-2048:]
    assert np.frombuffer(pooled.vector, "<f4") @ last / np.linalg.norm(last) > 0.8


KINDS = ("butterfly", "lighthouse", "teapot", "owl")


async def test_a_region_of_one_of_two_things_finds_that_one_and_the_heat_is_on_it(real_url: str) -> None:
    async with httpx.AsyncClient(base_url=real_url, timeout=120) as http:
        client = EmbedderClient("embedder", http, deadline=120)
        stored = (await client.embed([images.png(draw(kind, seed)) for kind in KINDS for seed in (1, 2)])).images
        labels = [kind for kind in KINDS for _ in (1, 2)]
        vectors = [np.frombuffer(image.vector, "<f4") for image in stored if isinstance(image, EmbeddedImage)]
        for left, right in (KINDS[:2], KINDS[2:]):
            both = images.png(side_by_side(draw(left, 3), draw(right, 3)))
            halves = [Region(x=x, y=0, width=0.5, height=1) for x in (0, 0.5)]
            _, image = await client.embed_one(both, regions=halves)
            for kind, vector in zip((left, right), image.regions, strict=True):
                scores = np.stack(vectors) @ np.frombuffer(vector, "<f4")
                assert {labels[number] for number in np.argsort(-scores)[:2]} == {kind}
            for kind, (hot, cold) in ((left, (slice(8), slice(9, None))), (right, (slice(9, None), slice(8)))):
                cells = np.array((await client.heatmap(images.png(draw(kind, 1)), both)).candidate.cells)
                assert cells[:, hot].mean() > cells[:, cold].mean()


async def test_the_recipe_that_takes_maps_whole_says_that_it_has_no_regions() -> None:
    classic = settings(extractor="inception", recipe="classic", weights="inception-2015", max_batch_size=1)
    with serving(create_app(classic), ready_within=300) as address:
        async with httpx.AsyncClient(base_url=address, timeout=60) as http:
            client = EmbedderClient("embedder", http)
            file = images.png(picture())
            with pytest.raises(InvalidRegion, match="classic"):
                await client.embed_one(file, regions=[WHOLE])
            with pytest.raises(InvalidRegion, match="classic"):
                await client.heatmap(file, file)


def waits_for(address: str) -> list[str]:
    """Ask until something was said that it waits for, beside the bare name."""
    for _ in range(1000):
        if (waiting := httpx.get(f"{address}/readyz").json()["waiting_for"]) != ["extractor"]:
            break
        time.sleep(0.01)
    return list(waiting)


def wait_until_ready(address: str) -> None:
    for _ in range(1000):
        if httpx.get(f"{address}/readyz").status_code == 200:
            return
        time.sleep(0.01)
    raise AssertionError(httpx.get(f"{address}/readyz").text)


async def wait_for(client: EmbedderClient, recipe: str, seconds: float = 60) -> None:
    with anyio.fail_after(seconds):
        while recipe not in [  # noqa: ASYNC110 - it changes in another thread
            known.name for known in (await client.recipes()).recipes if known.loaded
        ]:
            await anyio.sleep(0.02)


async def test_a_recipe_is_loaded_when_it_is_first_asked_for_and_once() -> None:
    loaded: list[str] = []
    allowed = threading.Event()

    def load(_: EmbedderSettings, recipe: Recipe) -> DeterministicExtractor:
        loaded.append(recipe.name)
        assert recipe.name == "layout" or allowed.wait(30)
        return DeterministicExtractor(recipe)

    picture_of_ours = images.png(picture())
    with serving(create_app(settings(), load)) as address:
        async with httpx.AsyncClient(base_url=address) as http:
            client = EmbedderClient("embedder", http)
            assert loaded == ["layout"]
            known = await client.recipes()
            assert (known.default, [(one.name, one.loaded) for one in known.recipes]) == (
                "layout",
                [("layout", True), ("palette", False)],
            )
            answer = await http.post("/v1/embed", params={"recipe": "palette"}, files=fields(picture_of_ours))
            assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
            assert "retry-after" in answer.headers
            for call in (client.space("palette"), client.heatmap(b"x", b"y", recipe="palette")):
                with pytest.raises(NotReady):
                    await call
            assert (await http.get("/readyz")).status_code == 200, "what is loaded goes on working"
            assert (await client.embed([picture_of_ours])).space.recipe == "layout"
            allowed.set()
            await wait_for(client, "palette")
            space, image = await client.embed_one(picture_of_ours, recipe="palette", regions=[WHOLE])
            assert (space.recipe, space.dimensions, len(image.vector)) == ("palette", 4, 16)
            assert space == await client.space("palette") != await client.space()
            heat = await client.heatmap(picture_of_ours, picture_of_ours, recipe="palette")
            assert heat.space == space.ref()
            assert heat.score == pytest.approx(1, abs=1e-5)
    assert loaded == ["layout", "palette"]


async def test_a_recipe_that_there_is_not_is_refused_by_name(client: EmbedderClient) -> None:
    for call in (client.space("multilayer"), client.embed([b"x"], recipe="multilayer")):
        with pytest.raises(InvalidRequest, match="There is no recipe multilayer; there are layout, palette"):
            await call


def test_recipes_that_are_needed_from_the_beginning_are_waited_for() -> None:
    allowed = threading.Event()

    def load(_: EmbedderSettings, recipe: Recipe) -> DeterministicExtractor:
        assert recipe.name == "layout" or allowed.wait(30)
        return DeterministicExtractor(recipe)

    with serving(create_app(settings(recipes="palette"), load), ready=False) as address:
        deadline = time.monotonic() + 30
        while waits_for(address) != ["extractor of the recipe palette"]:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        allowed.set()
        while waits_for(address):
            assert time.monotonic() < deadline
            time.sleep(0.01)


async def test_recipes_never_mix_in_a_batch() -> None:
    seen: list[tuple[str, int]] = []

    class Noting(DeterministicExtractor):
        def extract(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
            seen.append((self.recipe.name, len(images)))
            return super().extract(images)

    files = [images.png(picture(seed)) for seed in range(6)]
    with serving(create_app(settings(recipes="palette"), lambda _, recipe: Noting(recipe))) as address:
        async with httpx.AsyncClient(base_url=address) as http:
            client = EmbedderClient("embedder", http)
            seen.clear()
            dimensions: dict[str, set[int]] = {"layout": set(), "palette": set()}

            async def ask(recipe: str, data: bytes) -> None:
                _, image = await client.embed_one(data, recipe=recipe)
                dimensions[recipe].add(len(image.vector) // 4)

            async with anyio.create_task_group() as group:
                for data in files:
                    for recipe in dimensions:
                        group.start_soon(ask, recipe, data)
    assert dimensions == {"layout": {256}, "palette": {4}}
    assert {name: sum(size for of, size in seen if of == name) for name in dimensions} == {"layout": 6, "palette": 6}
