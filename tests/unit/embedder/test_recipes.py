from dataclasses import replace
from typing import Any, get_args

import pytest

from services.embedder.recipes import RECIPES, Layer, embedding_space, fingerprint
from services.embedder.settings import EmbedderSettings

DIGEST = "ab" * 32


def test_the_recipes_are_those_that_the_settings_offer() -> None:
    assert tuple(RECIPES) == get_args(EmbedderSettings.model_fields["recipe"].annotation)


@pytest.mark.parametrize(
    ("name", "size", "dimensions", "metric"),
    [
        ("classic", 224, 51_200, "euclidean"),
        ("pooled", 299, 2_048, "cosine"),
        ("multilayer", 299, 4_864, "cosine"),
        ("centred", 299, 4_864, "cosine"),
        ("thorough", 363, 4_864, "cosine"),
    ],
)
def test_a_recipe_says_what_its_vectors_are(name: str, size: int, dimensions: int, metric: str) -> None:
    recipe = RECIPES[name]
    assert (recipe.image_size, recipe.dimensions, recipe.metric) == (size, dimensions, metric)


def test_every_recipe_with_every_kind_of_weights_is_a_space_of_its_own() -> None:
    names = {
        fingerprint(recipe, digest, network)
        for recipe in RECIPES.values()
        for digest in (DIGEST, "cd" * 32)
        for network in ("average", "max")
    }
    assert len(names) == 5 * 2 * 2


@pytest.mark.parametrize(
    "change",
    [
        {"image_size": 320},
        {"antialias": False},
        {"pixel_scale": "unit"},
        {"layers": (Layer("mixed7", 2.0), Layer("mixed9"), Layer("mixed10"))},
        {"layers": (Layer("mixed9"), Layer("mixed7"), Layer("mixed10"))},
        {"pooling": "flatten"},
        {"normalise": False},
        {"metric": "euclidean"},
        {"spread": 0.3},
        {"power": 0.7},
        {"seen_at": (256, 299)},
    ],
)
def test_whatever_changes_vectors_changes_the_fingerprint(change: dict[str, Any]) -> None:
    recipe = RECIPES["multilayer"]
    assert fingerprint(replace(recipe, **change), DIGEST, "max") != fingerprint(recipe, DIGEST, "max")


def test_another_name_or_description_leaves_the_fingerprint() -> None:
    recipe = RECIPES["multilayer"]
    renamed = replace(recipe, name="other", description="other words")
    assert fingerprint(renamed, DIGEST, "max") == fingerprint(recipe, DIGEST, "max")


def test_the_fingerprints_of_the_2015_weights_stay_as_they_are() -> None:
    # Stored collections carry them: a change here makes every collection ask for its images again.
    digest = "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34"
    assert {name: fingerprint(recipe, digest, "max") for name, recipe in RECIPES.items()} == {
        "classic": "e10b9eea5bf6096d",
        "pooled": "a30ce503f5567000",
        "multilayer": "c4cafb53787eb018",
        "centred": "7bcc6dfd6e9babf8",
        "thorough": "b254277de70755f0",
    }


def test_a_space_is_described_with_recipe_and_weights() -> None:
    space = embedding_space(RECIPES["pooled"], "imagenet", DIGEST, "average")
    assert space.recipe == "pooled"
    assert space.weights == "imagenet"
    assert space.weights_sha256 == DIGEST
    assert space.image_size == 299
    assert space.ref().dimensions == 2048
