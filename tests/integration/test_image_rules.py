"""Every kind of file that people upload, through all services: each is either right or refused by a typed problem."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from io import BytesIO

import httpx
import pytest
from PIL import Image

from shared.clients.gateway import GatewayClient
from tests.support import images
from tests.support.images import mean_difference, picture
from tests.support.stack import stack

SHOWN = picture(4)
"""What all the files of `RIGHT` show."""

RIGHT: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: images.jpeg(SHOWN),
    "png": lambda: images.png(SHOWN),
    "webp": lambda: images.webp(SHOWN),
    "gif": lambda: images.gif(SHOWN),
    "bmp": lambda: images.bmp(SHOWN),
    "tiff": lambda: images.tiff(SHOWN),
    "avif": lambda: images.avif(SHOWN),
    "cmyk": lambda: images.cmyk_jpeg(SHOWN),
    "palette": lambda: images.palette_png(SHOWN),
    "animated gif": lambda: images.animated_gif([SHOWN, picture(5), picture(6)]),
    **{f"exif {way}": partial(images.oriented, SHOWN, way) for way in range(1, 9)},
}
GREY: dict[str, Callable[[], bytes]] = {
    "16-bit grey": lambda: images.grey16_png(SHOWN),
}
ON_WHITE: dict[str, Callable[[], bytes]] = {
    "palette with transparency": lambda: images.transparent_palette_png(SHOWN),
    "alpha": lambda: images.rgba_png(SHOWN),
}
REFUSED: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "wrong type": (images.not_an_image, 415, "unsupported_media_type"),
    "truncated": (lambda: images.truncated(images.jpeg(SHOWN)), 422, "undecodable_image"),
    "truncated png": (lambda: images.truncated(images.png(SHOWN)), 422, "undecodable_image"),
    "empty": (lambda: b"", 422, "empty_upload"),
    "bomb of 100 megapixels": (images.bomb, 413, "image_too_large"),
    "more than 40 MiB": (lambda: images.jpeg(SHOWN) + bytes(41 * 2**20), 413, "image_too_large"),
    "more than any body": (lambda: bytes(65 * 2**20), 413, "body_too_large"),
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with stack(tmp_path_factory.mktemp("data")) as services:
        yield services.gateway


@pytest.fixture
async def lookalike(url: str) -> AsyncIterator[GatewayClient]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        yield GatewayClient(http)


async def stored_and_shown(lookalike: GatewayClient, data: bytes) -> Image.Image:
    """Add a file, check what every image must be, and give its thumbnail."""
    image = (await lookalike.add(data)).image
    assert (image.width, image.height) == SHOWN.size
    assert await lookalike.content(image.id) == data
    found = (await lookalike.search(data, k=1)).results[0]
    assert found.distance == pytest.approx(0, abs=1e-5)
    return Image.open(BytesIO(await lookalike.thumbnail(image.id)))


@pytest.mark.parametrize("kind", RIGHT)
async def test_a_file_is_shown_upright_in_its_colours(lookalike: GatewayClient, kind: str) -> None:
    assert mean_difference(await stored_and_shown(lookalike, RIGHT[kind]()), SHOWN) < 5


@pytest.mark.parametrize("kind", GREY)
async def test_a_grey_file_keeps_its_brightness(lookalike: GatewayClient, kind: str) -> None:
    assert mean_difference(await stored_and_shown(lookalike, GREY[kind]()), SHOWN.convert("L")) < 3


@pytest.mark.parametrize("kind", ON_WHITE)
async def test_a_transparent_file_is_shown_on_white(lookalike: GatewayClient, kind: str) -> None:
    assert mean_difference(await stored_and_shown(lookalike, ON_WHITE[kind]()), images.on_white(SHOWN)) < 5


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/search"), ("POST", "/v1/images"), ("PUT", "/v1/images/x")])
def test_a_file_that_cannot_be_taken_is_refused_by_name(url: str, kind: str, method: str, path: str) -> None:
    make, status, code = REFUSED[kind]
    response = httpx.request(method, f"{url}{path}", files={"image": ("photo.jpg", make())}, timeout=60)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert httpx.get(f"{url}/v1/images/x").status_code == 404
