"""An extractor without weights, for tests of everything around the network: colour and coarse layout."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from services.embedder.recipes import Recipe, embedding_space
from shared.contracts.embedding import EmbeddingSpace

_TILES = 8
_ARITHMETIC = b"mean colour of 8 x 8 tiles around grey, one constant of 1/32, length 1"

LAYOUT = Recipe(
    name="layout",
    description="64 px, mean colours of 8 x 8 tiles, cosine; for tests",
    image_size=64,
    antialias=True,
    pixel_scale="signed",
    layers=(),
    pooling="grid",
    normalise=True,
    metric="cosine",
    dimensions=_TILES * _TILES * 3 + 1,
)


class DeterministicExtractor:
    """Pictures of like colours in like places get like vectors, by arithmetic alone."""

    def __init__(self) -> None:
        self.recipe: Recipe = LAYOUT
        digest = hashlib.sha256(_ARITHMETIC).hexdigest()
        self.space: EmbeddingSpace = embedding_space(LAYOUT, "none", digest, "none")

    def extract(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        count, side = len(images), LAYOUT.image_size // _TILES
        tiles = images.reshape(count, _TILES, side, _TILES, side, 3).mean(axis=(2, 4)) / 127.5 - 1
        # The constant gives a picture that is grey all over a direction, too.
        vectors = np.concatenate([tiles.reshape(count, -1), np.full((count, 1), 1 / 32, np.float32)], axis=1)
        normalised: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised
