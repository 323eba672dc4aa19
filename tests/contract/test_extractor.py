"""What every extractor promises, asked of every extractor; and what the network of 2015 itself says."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.embedder.app import RUNTIMES
from services.embedder.extractors.deterministic import DeterministicExtractor
from services.embedder.extractors.graph import Graph
from services.embedder.extractors.openvino import REFERENCE as REFERENCE_OF_INT8
from services.embedder.extractors.openvino import OpenVinoExtractor, quantised
from services.embedder.extractors.quantisation import quantise
from services.embedder.pooling import pool, pools
from services.embedder.ports import Extractor
from services.embedder.processor import has_bfloat16
from services.embedder.recipes import RECIPES, fingerprint
from services.embedder.self_test import SelfTestFailed, cosine, kept, verify
from services.embedder.weights import WeightsUnavailable
from services.embedder.weights.source import Weights
from services.embedder.weights.torchscript import read_convolutions
from shared.contracts.embedding import Precision
from shared.contracts.region import Region
from tests.support.images import picture
from tests.support.networks import graph_of

Vector = NDArray[np.float32]
REFERENCE = Path(__file__).parents[1] / "data" / "inception_2015.npz"


@pytest.fixture(scope="module")
def quantised_graph(weights_2015: Weights, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """A graph with an int8 network beside it, away from the one that the user may have."""
    found = graph_of("multilayer", weights_2015)
    folder = tmp_path_factory.mktemp("networks") / "quantised"
    shutil.copytree(found.folder / "float32", folder / "float32")
    moved = replace(found, folder=folder)
    pictures = [np.asarray(picture(seed, (299, 299)), np.float32) for seed in range(100, 116)]
    assert quantise(moved, pictures, threads=2) > 0.95
    return moved


EVERY: list[tuple[str, Precision, str]] = [
    *(("tensorflow", "float32", recipe) for recipe in RECIPES),
    *(("openvino", "float32", recipe) for recipe in RECIPES),
    ("openvino", "int8", "multilayer"),
]
if has_bfloat16():
    EVERY += [
        (runtime, "bfloat16", recipe) for runtime in ("tensorflow", "openvino") for recipe in ("multilayer", "centred")
    ]


@pytest.fixture(scope="module", params=[("deterministic",), *EVERY], ids="-".join)
def extractor(request: pytest.FixtureRequest) -> Extractor:
    if request.param == ("deterministic",):
        return DeterministicExtractor()
    runtime, precision, recipe = request.param
    if precision == "int8":
        obtained = request.getfixturevalue("quantised_graph")
    else:
        obtained = graph_of(recipe, request.getfixturevalue("weights_2015"))
    return RUNTIMES[runtime](obtained, precision, 2)


@pytest.fixture(scope="module")
def batch(extractor: Extractor) -> NDArray[np.float32]:
    side = extractor.recipe.image_size
    return np.stack([np.asarray(picture(seed, (side, side)), np.float32) for seed in (7, 8, 9)])


def test_a_batch_gives_one_vector_an_image(extractor: Extractor, batch: Vector) -> None:
    vectors = extractor.extract(batch)
    assert vectors.shape == (3, extractor.recipe.dimensions)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()


def test_the_space_says_what_the_recipe_says(extractor: Extractor) -> None:
    space, recipe = extractor.space, extractor.recipe
    assert (space.recipe, space.dimensions, space.metric) == (recipe.name, recipe.dimensions, recipe.metric)
    assert space.image_size == recipe.image_size


def test_the_same_picture_gives_the_same_vector(extractor: Extractor, batch: Vector) -> None:
    np.testing.assert_array_equal(extractor.extract(batch[:1]), extractor.extract(batch[:1]))


def test_a_vector_does_not_depend_on_its_neighbours(extractor: Extractor, batch: Vector) -> None:
    together = extractor.extract(batch)
    for number in range(len(batch)):
        assert cosine(extractor.extract(batch[number : number + 1])[0], together[number]) > 1 - 1e-4


def test_other_pictures_give_other_vectors(extractor: Extractor, batch: Vector) -> None:
    vectors = extractor.extract(batch)
    assert cosine(vectors[0], vectors[1]) < 0.99


def test_a_picture_is_nearer_to_itself_shifted_than_to_another(extractor: Extractor, batch: Vector) -> None:
    shifted = np.roll(batch[:1], 3, axis=2)
    vectors = extractor.extract(np.concatenate([batch[:2], shifted]))
    assert np.linalg.norm(vectors[0] - vectors[2]) < np.linalg.norm(vectors[0] - vectors[1])


@pytest.mark.parametrize("grey", [0, 127.5, 255])
def test_vectors_of_a_cosine_space_have_length_1(extractor: Extractor, batch: Vector, grey: float) -> None:
    if extractor.recipe.metric != "cosine":
        assert np.linalg.norm(extractor.extract(batch[:1])) > 2
        return
    vectors = extractor.extract(np.concatenate([batch, np.full_like(batch[:1], grey)]))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_maps_hold_what_vectors_are_made_of(extractor: Extractor, batch: Vector) -> None:
    maps, vectors = extractor.maps(batch), extractor.extract(batch)
    assert len(maps) == len(extractor.recipe.layers)
    for features in maps:
        assert (len(features), features.ndim) == (len(batch), 4)
        assert features.dtype == np.float32
    # bfloat16 has three digits, also of a mean.
    precise = 1e-3 if extractor.space.precision == "bfloat16" else 1e-5
    for one, vector in zip(zip(*maps, strict=True), vectors, strict=True):
        of_maps = pool(extractor.recipe, one) if pools(extractor.recipe) else np.concatenate([a.ravel() for a in one])
        np.testing.assert_allclose(of_maps, vector, atol=precise)


def test_a_part_of_a_picture_has_a_vector_like_what_it_shows(extractor: Extractor) -> None:
    if not pools(extractor.recipe):
        return
    side = extractor.recipe.image_size
    left, right = picture(7, (side, side)), picture(8, (side, side))
    both = np.concatenate([np.asarray(left), np.asarray(right)], axis=1)
    squeezed = Image.fromarray(both).resize((side, side))
    maps = [features[0] for features in extractor.maps(np.asarray(squeezed, np.float32)[None])]
    halves = [pool(extractor.recipe, maps, Region(x=x, y=0, width=0.5, height=1)) for x in (0, 0.5)]
    np.testing.assert_allclose(np.linalg.norm(halves, axis=1), 1, atol=1e-5)
    alone = extractor.extract(np.stack([np.asarray(left, np.float32), np.asarray(right, np.float32)]))
    assert cosine(halves[0], alone[0]) > cosine(halves[0], alone[1])
    assert cosine(halves[1], alone[1]) > cosine(halves[1], alone[0])


def test_the_file_of_2015_holds_the_whole_network(weights_2015: Weights) -> None:
    convolutions = read_convolutions(weights_2015.path)
    assert len(convolutions) == 94
    assert sum(a.size for one in convolutions for a in (one.weight, one.beta, one.mean, one.var)) == 21_802_784


def test_the_network_agrees_with_what_the_original_computes(extractor: Extractor, batch: Vector) -> None:
    # tests/data/README.md tells how the reference was made: by another program, in another framework.
    with np.load(REFERENCE) as reference:
        parts: Callable[[Vector], dict[str, Vector]] = {
            "layout": lambda _: {},
            "classic": lambda vector: {"classic": vector},
            "pooled": lambda vector: {"mixed10": vector},
            "centred": lambda _: {},  # other means of maps that the others have seen to agree
            "thorough": lambda _: {},
            "multilayer": lambda vector: {"mixed7": vector[:768], "mixed9": vector[768:2816], "mixed10": vector[2816:]},
        }[extractor.recipe.name]
        agreement = {"float32": 0.999999, "bfloat16": 0.999, "int8": 0.96}[extractor.space.precision]
        for name, part in parts(extractor.extract(batch[:1])[0]).items():
            assert cosine(part, reference[name].ravel()) > agreement, name


def test_the_parts_of_three_blocks_weigh_alike(extractor: Extractor, batch: Vector) -> None:
    if len(extractor.recipe.layers) < 3:
        return
    lengths = [np.linalg.norm(part) for part in np.split(extractor.extract(batch[:1])[0], [768, 2816])]
    np.testing.assert_allclose(lengths, 3**-0.5, atol=1e-5)


def test_a_space_is_named_by_recipe_weights_and_network(weights_2015: Weights, extractor: Extractor) -> None:
    if extractor.recipe.name in RECIPES:
        assert extractor.space.weights == "inception-2015"
        name = fingerprint(extractor.recipe, weights_2015.sha256, "max")
        assert (extractor.space.fingerprint == name) is (extractor.space.precision != "int8")


def test_it_passes_the_test_that_readiness_asks_for(extractor: Extractor) -> None:
    verify(extractor)


def test_every_float32_space_has_kept_vectors(weights_2015: Weights) -> None:
    # Without them the test above would compare with nothing.
    assert set(kept()) == {fingerprint(recipe, weights_2015.sha256, "max") for recipe in RECIPES.values()}


def test_a_quantised_network_is_named_by_its_content(quantised_graph: Graph) -> None:
    space = OpenVinoExtractor(quantised_graph, "int8", threads=2).space
    assert space.fingerprint == quantised_graph.space("int8", quantised(quantised_graph).sha256()).fingerprint
    assert space.fingerprint != quantised_graph.space("int8", "ab" * 32).fingerprint


def test_without_a_quantised_network_int8_says_how_to_make_one(quantised_graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match="lookalike quantise"):
        OpenVinoExtractor(replace(quantised_graph, folder=tmp_path), "int8", threads=2)


def test_a_quantised_network_that_computes_something_else_here_is_refused(
    quantised_graph: Graph, tmp_path: Path
) -> None:
    shutil.copytree(quantised_graph.folder, tmp_path / "network")
    moved = replace(quantised_graph, folder=tmp_path / "network")
    vectors = np.load(quantised(moved).path(REFERENCE_OF_INT8))

    def write(folder: Path) -> None:
        for file in (quantised_graph.folder / "int8").glob("int8.*"):
            shutil.copy(file, folder)
        np.save(folder / REFERENCE_OF_INT8, vectors[::-1])

    quantised(moved).make(write)
    with pytest.raises(SelfTestFailed, match="machine that quantised it"):
        OpenVinoExtractor(moved, "int8", threads=2)
