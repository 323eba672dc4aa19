"""A map of the gallery: what lies near looks alike to the network."""

import colorsys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

MOST = 1500
_DIRECTIONS = 50
_PERPLEXITY = 30
_FEWEST = 4


@dataclass(frozen=True)
class Atlas:
    """Where pictures lie on the map.

    Attributes:
        places: Of the pictures in the gallery.
        points: Shape (n, 2), each between 0 and 1.
    """

    places: NDArray[np.int64]
    points: NDArray[np.float64]


def draw(vectors: NDArray[np.float32]) -> Atlas | None:
    """Lay out a seeded draw of the gallery by t-SNE of its 50 principal components; None of too few pictures."""
    count = len(vectors)
    if count < _FEWEST:
        return None
    places = np.arange(count)
    if count > MOST:
        places = np.sort(np.random.default_rng(0).choice(count, MOST, replace=False))
    chosen = vectors[places]
    directions = min(_DIRECTIONS, *chosen.shape)
    reduced = PCA(directions, svd_solver="randomized", random_state=0).fit_transform(chosen)
    perplexity = min(_PERPLEXITY, (len(places) - 1) / 3)
    points = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(reduced.astype(np.float32))
    low, high = points.min(axis=0), points.max(axis=0)
    return Atlas(places, ((points - low) / np.where(high > low, high - low, 1)).astype(np.float64))


def colours(numbers: NDArray[np.int32]) -> list[str]:
    """Give each label a colour; neighbouring numbers get hues far apart."""
    return [_hex(float(number) * 0.381966 % 1, 0.45 + 0.2 * (number % 3) / 2) for number in numbers]


def _hex(hue: float, lightness: float) -> str:
    channels = colorsys.hls_to_rgb(hue, lightness, 0.65)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
