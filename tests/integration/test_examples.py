"""Several examples in one query, as the search service answers them over HTTP."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from services.search.app import create_app
from services.search.settings import SearchSettings
from shared.clients.search import SearchClient
from shared.contracts.examples import Example
from shared.contracts.filters import Filter
from shared.contracts.search import QueryRequest, QueryResponse
from shared.errors import EmbeddingSpaceMismatch, InvalidExamples, InvalidRequest, NotFound
from tests.support.searching import upload
from tests.support.serving import serving
from tests.support.vectors import Picture, space

PICTURES = {f"image-{number:02}": Picture(b"picture %d" % number) for number in range(30)}
CAT = Picture(b"cat")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("store")
    settings = {"store_url": f"sqlite:///{folder}/images.db", "index_projection": "none"}
    with serving(create_app(SearchSettings.model_validate(settings))) as url:
        yield url


@pytest.fixture
async def client(url: str) -> AsyncIterator[SearchClient]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        client = SearchClient("search", http)
        for image_id, picture in PICTURES.items():
            await upload(client, image_id, picture)
        yield client


def ids(answer: QueryResponse) -> list[str]:
    return [neighbour.record.id for neighbour in answer.neighbours]


def stored(number: int, weight: float = 1) -> Example:
    return Example(id=f"image-{number:02}", weight=weight)


async def test_vectors_and_stored_images_make_one_query_that_leaves_the_images_out(client: SearchClient) -> None:
    examples = (Example(vector=CAT.vector.tobytes(), weight=0.8), stored(3), stored(4, -0.5), stored(5, 0))
    answer = await client.query("default", QueryRequest(space=space(), examples=examples, k=30))
    vectors = {key: picture.vector.astype(np.float64) for key, picture in PICTURES.items()}
    sought = (0.8 * CAT.vector + vectors["image-03"]) / 2 - 0.5 * vectors["image-04"]
    left = vectors.keys() - {"image-03", "image-04", "image-05"}
    assert ids(answer) == sorted(left, key=lambda key: -float(vectors[key] @ sought))
    cosine = float(vectors[ids(answer)[0]] @ sought / np.linalg.norm(sought))
    assert answer.neighbours[0].score == pytest.approx(cosine, abs=1e-5)
    assert answer.timings.keys() == {"wait", "search", "records"}


async def test_a_vector_beside_an_id_stands_for_the_image_and_leaves_it_out(client: SearchClient) -> None:
    whole = await client.query("default", QueryRequest(examples=(stored(3),), k=5))
    example = Example(id="image-07", vector=PICTURES["image-03"].vector.tobytes())
    part = await client.query("default", QueryRequest(space=space(), examples=(example,), k=6))
    assert ids(part)[0] == "image-03"
    assert "image-07" not in ids(part)
    assert ids(part)[1:] == [image_id for image_id in ids(whole) if image_id != "image-07"][:5]


async def test_examples_and_filters_leave_out_together(client: SearchClient) -> None:
    near = ids(await client.query("default", QueryRequest(examples=(stored(3),), k=5)))
    without = Filter(not_ids=(near[0],))
    assert ids(await client.query("default", QueryRequest(examples=(stored(3),), k=4, filter=without))) == near[1:]


@pytest.mark.parametrize(
    "examples",
    [
        (stored(1, -1),),
        (stored(1, 0), stored(2, 0)),
        (stored(1, 1), stored(1, -1)),
        (stored(1, 0.5), Example(vector=PICTURES["image-01"].vector.tobytes(), weight=-0.5)),
    ],
    ids=["all below zero", "all zero", "one image against itself", "an image against its own vector"],
)
async def test_examples_that_leave_nothing_to_look_for_are_refused(
    client: SearchClient, examples: tuple[Example, ...]
) -> None:
    with pytest.raises(InvalidExamples):
        await client.query("default", QueryRequest(space=space(), examples=examples))


async def test_each_example_has_to_be_right(client: SearchClient) -> None:
    with pytest.raises(NotFound, match="nobody"):
        await client.query("default", QueryRequest(examples=(stored(1), Example(id="nobody", weight=-0.1))))
    short = Example(vector=CAT.vector[:4].tobytes(), weight=0.1)
    with pytest.raises(InvalidRequest, match="4 dimensions"):
        await client.query("default", QueryRequest(space=space(), examples=(stored(1), short)))
    other = space(fingerprint="f" * 16)
    given = Example(vector=CAT.vector.tobytes())
    with pytest.raises(EmbeddingSpaceMismatch):
        await client.query("default", QueryRequest(space=other, examples=(stored(1), given)))


async def test_places_are_averaged_and_moved_away_from(client: SearchClient) -> None:
    euclidean = space(metric="euclidean")
    for image_id, picture in PICTURES.items():
        await client.commit("flat", image_id, picture.commit(in_space=euclidean))
    query = QueryRequest(examples=(stored(3), stored(4, 0.25), stored(9, -0.5)), k=27)
    answer = await client.query("flat", query)
    vectors = {key: picture.vector.astype(np.float64) for key, picture in PICTURES.items()}
    mean = (vectors["image-03"] + 0.25 * vectors["image-04"]) / 1.25
    sought = mean + 0.5 * (mean - vectors["image-09"])
    distances = {key: float(np.linalg.norm(vector - sought)) for key, vector in vectors.items()}
    left = distances.keys() - {"image-03", "image-04", "image-09"}
    assert ids(answer) == sorted(left, key=lambda key: distances[key])
    assert answer.neighbours[0].distance == pytest.approx(distances[ids(answer)[0]], abs=1e-5)
