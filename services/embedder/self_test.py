"""Whether an extractor computes what it should: asked of it before anybody else may ask."""

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.embedder.ports import Extractor

AGREEMENT = 0.999
"""Cosine from which on two ways to compute a vector count as the same embedding space."""
_CONSTANT = 0.9999
_KEPT = Path(__file__).parent / "kept_vectors.json"
_SUMS = 128


class SelfTestFailed(Exception):
    """The extractor computes nonsense; the message says in what way."""


def drawn(side: int) -> NDArray[np.float32]:
    """Draw two pictures, (2, side, side, 3) in 0 to 255: the same on every machine."""
    y, x = np.mgrid[0:side, 0:side] / side
    disc = (x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.09
    chequered = (np.floor(8 * x) + np.floor(8 * y)) % 2 * (y > 0.7)
    ball_on_a_board = np.where(
        disc[..., None],
        np.stack([230 - 90 * y, 200 * x, 40 + 0 * x], -1),
        np.stack([255 * x, 255 * y, 255 - 255 * x], -1),
    ) * (1 - 0.8 * chequered[..., None])
    rings = (40 * ((x - 0.4) ** 2 + (y - 0.6) ** 2)) % 1
    stripes = np.floor(20 * x + 10 * y) % 2
    rings_and_stripes = np.stack([255 * rings, 255 * stripes * (x > 0.5), 128 * (1 - rings) + 100 * y], -1)
    return np.stack([ball_on_a_board, rings_and_stripes]).clip(0, 255).round().astype(np.float32)


def verify(extractor: Extractor) -> None:
    """Embed the drawn pictures, and compare with the vectors kept for this embedding space, if there are some.

    Raises:
        SelfTestFailed: A vector is no vector of the space, says nothing of the picture, or is not the one kept.
    """
    recipe = extractor.recipe
    vectors = extractor.extract(drawn(recipe.image_size))
    if vectors.shape != (2, recipe.dimensions) or not np.isfinite(vectors).all():
        raise SelfTestFailed("The network's vectors are not finite numbers.")
    lengths = np.linalg.norm(vectors, axis=1)
    if not (np.abs(lengths - 1) < 1e-3 if recipe.normalise else lengths > 0).all():
        raise SelfTestFailed("The network's vectors do not have the length that they should.")
    if cosine(vectors[0], vectors[1]) > _CONSTANT:
        raise SelfTestFailed("The network sees no difference between two different pictures.")
    if (known := kept().get(extractor.space.fingerprint)) is not None:
        require_agreement(sums(vectors), known, "those that are kept for these weights")


def kept() -> dict[str, NDArray[np.float64]]:
    """Give the `sums` of the drawn pictures' vectors by the fingerprint of their space, for weights that are known."""
    return {name: np.asarray(values) for name, values in json.loads(_KEPT.read_text()).items()}


def require_agreement(vectors: NDArray[np.floating], reference: NDArray[np.floating], which: str) -> None:
    """Compare vectors row by row.

    Raises:
        SelfTestFailed: One differs; the message says from `which`.
    """
    lowest = min(cosine(one, other) for one, other in zip(vectors, reference, strict=True))
    if not lowest >= AGREEMENT:
        raise SelfTestFailed(
            f"The network's vectors of the built-in pictures differ from {which}: cosine {lowest:.4f}, "
            f"at least {AGREEMENT} is asked."
        )


def sums(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Reduce (n, dimensions) to (n, 128) that differ as far as the vectors do: sums of stretches under fixed signs."""
    count, dimensions = vectors.shape
    bits = np.frombuffer(hashlib.shake_256(b"lookalike").digest(-(-dimensions // 8)), np.uint8)
    signs = np.unpackbits(bits)[:dimensions] * 2.0 - 1
    reduced: NDArray[np.float64] = (vectors * signs).reshape(count, _SUMS, -1).sum(axis=2)
    normalised: NDArray[np.float64] = reduced / np.linalg.norm(reduced, axis=1, keepdims=True)
    return normalised


def cosine(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Measure how alike two vectors are; NaN where one of them has no direction."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))
