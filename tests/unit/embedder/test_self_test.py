from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from services.embedder.extractors.deterministic import DeterministicExtractor
from services.embedder.recipes import RECIPES, embedding_space
from services.embedder.self_test import SelfTestFailed, cosine, drawn, sums, verify

Vectors = NDArray[np.float32]


class Faulty(DeterministicExtractor):
    """Computes what it should, and then spoils it."""

    def __init__(self, spoil: Callable[[Vectors], Vectors]) -> None:
        super().__init__()
        self._spoil = spoil

    def extract(self, images: Vectors) -> Vectors:
        return self._spoil(super().extract(images))


def test_an_extractor_that_works_passes() -> None:
    verify(DeterministicExtractor())


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda vectors: vectors * np.float32(np.nan), "finite"),
        (lambda vectors: vectors[:, :-1], "finite"),
        (lambda vectors: vectors * 2, "length"),
        (lambda vectors: vectors * 0, "length"),
        (lambda vectors: vectors[[0, 0]], "no difference"),
    ],
)
def test_nonsense_is_told_by_what_is_wrong_with_it(spoil: Callable[[Vectors], Vectors], reason: str) -> None:
    with pytest.raises(SelfTestFailed, match=reason):
        verify(Faulty(spoil))


def test_vectors_of_other_weights_than_those_named_are_refused() -> None:
    class Impostor(DeterministicExtractor):
        def __init__(self) -> None:
            super().__init__()
            digest = "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34"
            self.space = embedding_space(RECIPES["pooled"], "inception-2015", digest, "max")

    with pytest.raises(SelfTestFailed, match="kept for these weights"):
        verify(Impostor())


@pytest.mark.parametrize("side", [64, 224, 299])
def test_the_built_in_pictures_are_two_different_ones_in_range(side: int) -> None:
    pictures = drawn(side)
    assert pictures.shape == (2, side, side, 3)
    assert pictures.dtype == np.float32
    assert (pictures.min(), pictures.max()) == (0, 255)
    assert pictures.std(axis=(1, 2)).min() > 20
    assert np.abs(pictures[0] - pictures[1]).mean() > 50


def test_sums_are_as_far_apart_as_the_vectors_that_they_stand_for() -> None:
    chance = np.random.default_rng(0)
    vectors = chance.random((2, 4864))
    for noise in (0.001, 0.01, 0.1):
        other = vectors + noise * chance.standard_normal(vectors.shape)
        for number in range(2):
            whole = 1 - cosine(vectors[number], other[number])
            reduced = 1 - cosine(sums(vectors)[number], sums(other)[number])
            assert 0.5 < reduced / whole < 2
