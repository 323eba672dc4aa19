"""The original system's endpoint, as its web client and its notebook call it."""

import base64
from collections.abc import Iterator
from io import BytesIO

import httpx
import pytest
from PIL import Image

from tests.support.images import jpeg, picture
from tests.support.stack import stack


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with stack(tmp_path_factory.mktemp("data")) as services, httpx.Client(base_url=services.gateway) as client:
        for seed in range(12):
            client.post("/v1/images", files={"image": jpeg(picture(seed))}).raise_for_status()
        yield client


def as_png(encoded: str) -> Image.Image:
    image = Image.open(BytesIO(base64.b64decode(encoded, validate=True)))
    assert image.format == "PNG"
    return image.convert("RGB")


def colour(image: Image.Image) -> tuple[float, ...]:
    return tuple(value / 8 for value in image.resize((1, 1)).tobytes())


def test_ten_pngs_come_back_nearest_first(http: httpx.Client) -> None:
    response = http.post("/api/predict", files={"image": ("photo.jpg", jpeg(picture(3)), "image/jpeg")})
    assert response.status_code == 200
    assert set(response.json()) == {"closest_images", "uploaded_image"}
    closest = [as_png(image) for image in response.json()["closest_images"]]
    assert len(closest) == 10
    uploaded = as_png(response.json()["uploaded_image"])
    assert closest[0].tobytes() == uploaded.tobytes()
    assert colour(uploaded) == pytest.approx(colour(picture(3)), abs=2)


def test_the_number_of_neighbours_can_be_asked_for(http: httpx.Client) -> None:
    response = http.post("/api/predict?n_neighbors=5", files={"image": jpeg(picture(3))})
    assert len(response.json()["closest_images"]) == 5


@pytest.mark.parametrize(
    "request_body",
    [{}, {"data": {"image": "text"}}, {"files": {"photo": b"other field"}}, {"json": {"image": "x"}}],
)
def test_a_missing_image_is_told_as_the_original_does(http: httpx.Client, request_body: dict[str, object]) -> None:
    response = http.post("/api/predict", **request_body)  # type: ignore[arg-type]
    assert (response.status_code, response.json()) == (400, {"error": "No image file provided"})


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/api/predict", b"not an image", 415),
        ("/api/predict", b"", 422),
        ("/api/predict?n_neighbors=0", jpeg(picture(1)), 422),
        ("/api/predict?n_neighbors=x", jpeg(picture(1)), 422),
    ],
)
def test_other_failures_have_the_same_shape(http: httpx.Client, path: str, data: bytes, status: int) -> None:
    response = http.post(path, files={"image": ("x.jpg", data)})
    assert response.status_code == status
    assert set(response.json()) == {"error"}


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:8000"])
def test_a_page_of_this_machine_may_call_it(http: httpx.Client, origin: str) -> None:
    response = http.post("/api/predict", files={"image": jpeg(picture(3))}, headers={"origin": origin})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("origin", ["https://example.org", "http://localhost.example.org", "null"])
def test_a_page_of_another_site_may_neither_write_nor_read(http: httpx.Client, origin: str) -> None:
    response = http.post("/v1/images", files={"image": jpeg(picture(33))}, headers={"origin": origin})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert "access-control-allow-origin" not in http.get("/v1/stats", headers={"origin": origin}).headers
