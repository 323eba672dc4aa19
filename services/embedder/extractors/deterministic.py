"""An extractor without weights, for tests of everything around the network: colour and coarse layout."""

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from services.embedder.pooling import TILES, pool
from services.embedder.recipes import Layer, Recipe, embedding_space
from shared.contracts.embedding import EmbeddingSpace

_CONSTANT = 1 / 256
_ARITHMETIC = b"mean colour of 8 x 8 tiles around grey, a constant of 1/256 in each, length 1"

LAYOUT = Recipe(
    name="layout",
    description="64 px, mean colours of 8 x 8 tiles, cosine; for tests",
    image_size=64,
    antialias=True,
    pixel_scale="signed",
    layers=(Layer("pixels"),),
    pooling="grid",
    normalise=True,
    metric="cosine",
    dimensions=TILES * TILES * 4,
)

PALETTE = replace(
    LAYOUT, name="palette", description="64 px, the mean colour, cosine; for tests", pooling="average", dimensions=4
)


class DeterministicExtractor:
    """Pictures of like colours in like places get like vectors, by arithmetic alone."""

    def __init__(self, recipe: Recipe = LAYOUT) -> None:
        self.recipe: Recipe = recipe
        digest = hashlib.sha256(_ARITHMETIC).hexdigest()
        self.space: EmbeddingSpace = embedding_space(recipe, "none", digest, "none")

    def extract(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.stack([pool(self.recipe, maps) for maps in zip(*self.maps(images), strict=True)])

    def maps(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        # The constant gives a picture that is grey all over a direction, too.
        constant = np.full((*images.shape[:3], 1), _CONSTANT, np.float32)
        return (np.concatenate([images / np.float32(127.5) - 1, constant], axis=3),)
