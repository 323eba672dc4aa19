"""Recipes: how a picture becomes a vector. A recipe applied with one set of weights is an embedding space."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

from shared.contracts.embedding import EmbeddingSpace, Metric, Precision

PREPROCESSING = 1
"""Version of the way from bytes to pixels; it grows whenever a change there changes vectors."""

Network = Literal["average", "max"]
"""Architecture of InceptionV3: how the pooling branch of its last block pools. Keras has `average`, 2015 had `max`."""


@dataclass(frozen=True)
class Layer:
    """A layer whose output goes into the vector, and its share there."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """How an embedding is made."""

    name: str
    description: str
    image_size: int
    """Side in pixels of the square that a picture is resized to, whatever its aspect ratio."""
    antialias: bool
    """Whether the bilinear filter widens when it shrinks, so that every pixel counts."""
    pixel_scale: Literal["unit", "signed"]
    """Range that 0 to 255 is mapped to: `unit` is [0, 1], `signed` is [-1, 1]."""
    layers: tuple[Layer, ...]
    pooling: Literal["average", "flatten", "grid"]
    """What is made of a map of features: its mean over all positions, all of it, or the means of 8 x 8 tiles."""
    normalise: bool
    """Whether each layer's part, and then the whole vector, gets length 1."""
    metric: Metric
    dimensions: int
    spread: float | None = None
    """Standard deviation of the bell that weighs positions around the middle of what is pooled, as a share of its side.

    None: all positions weigh alike.
    """
    power: float = 1.0
    """What pooled features are raised to before they get length 1: below 1, no few features outweigh all others."""
    seen_at: tuple[int, ...] = ()
    """Sides in pixels at which the network sees the picture, where that is more than `image_size`, the largest of them.

    The maps are averaged on the grid of the largest one; the work is that of all.
    """


_CENTRED = Recipe(
    name="centred",
    description="299 px, three blocks (mixed7, mixed9, mixed10) pooled around the middle, power 0.7, cosine",
    image_size=299,
    antialias=True,
    pixel_scale="signed",
    layers=(Layer("mixed7"), Layer("mixed9"), Layer("mixed10")),
    pooling="average",
    normalise=True,
    metric="cosine",
    dimensions=768 + 2048 + 2048,
    spread=0.3,
    power=0.7,
)

_NEUTRAL = {"spread": None, "power": 1.0, "seen_at": ()}
"""Fields that came later, with the values that change nothing: spaces that were named before keep their names."""

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="classic",
            description="224 px without anti-aliasing, the last feature map (5 x 5 x 2,048) flattened, Euclidean",
            image_size=224,
            antialias=False,
            pixel_scale="unit",
            layers=(Layer("mixed10"),),
            pooling="flatten",
            normalise=False,
            metric="euclidean",
            dimensions=5 * 5 * 2048,
        ),
        Recipe(
            name="pooled",
            description="299 px, average pool of the last block, cosine",
            image_size=299,
            antialias=True,
            pixel_scale="signed",
            layers=(Layer("mixed10"),),
            pooling="average",
            normalise=True,
            metric="cosine",
            dimensions=2048,
        ),
        Recipe(
            name="multilayer",
            description="299 px, average pools of three blocks (mixed7, mixed9, mixed10) side by side, cosine",
            image_size=299,
            antialias=True,
            pixel_scale="signed",
            layers=(Layer("mixed7"), Layer("mixed9"), Layer("mixed10")),
            pooling="average",
            normalise=True,
            metric="cosine",
            dimensions=768 + 2048 + 2048,
        ),
        _CENTRED,
        replace(
            _CENTRED,
            name="thorough",
            description=_CENTRED.description.replace("299 px", "256 and 363 px averaged"),
            image_size=363,
            seen_at=(256, 363),
        ),
    )
}


def fingerprint(recipe: Recipe, weights_sha256: str, network: str, quantised_sha256: str | None = None) -> str:
    """Name an embedding space: 16 hexadecimal digits that change with everything that changes vectors.

    Runtimes, and float32 or bfloat16, change nothing that counts: the embedder checks that at its start.
    """
    matters = asdict(recipe) | {"weights": weights_sha256, "network": network, "preprocessing": PREPROCESSING}
    if quantised_sha256 is not None:
        matters["quantised"] = quantised_sha256
    for label in ("name", "description", *(name for name, value in _NEUTRAL.items() if matters[name] == value)):
        del matters[label]
    canonical = json.dumps(matters, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def embedding_space(
    recipe: Recipe,
    weights: str,
    weights_sha256: str,
    network: str,
    precision: Precision = "float32",
    quantised_sha256: str | None = None,
) -> EmbeddingSpace:
    """Describe the space of `recipe` with the weights of this name and digest in this network.

    A quantised network, told by its digest, makes a space of its own.
    """
    return EmbeddingSpace(
        fingerprint=fingerprint(recipe, weights_sha256, network, quantised_sha256),
        dimensions=recipe.dimensions,
        metric=recipe.metric,
        recipe=recipe.name,
        description=recipe.description,
        weights=weights,
        weights_sha256=weights_sha256,
        image_size=recipe.image_size,
        precision=precision,
    )
