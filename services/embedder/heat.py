"""Which cells of one picture match another, and a drawing of that.

A recipe that pools makes a picture's vector from the cells of the network's last maps. What a layer sees in one cell
lies in the same space as what it sees on average, so its cosine with another picture's vector tells how far the two
show the same. This follows the class activation maps of Zhou et al. (2016), as Stylianou et al. (2019) carry them over
to the similarity of two images; the cells are normalised here as everything in the space is, so that surfaces whose
features are strong everywhere do not outshine what the pictures have in common.
"""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.embedder.pooling import Map, Vectors, pool_each
from services.embedder.recipes import Recipe
from shared.contracts.region import WHOLE

LARGEST_GRID = 17
"""Rows and columns of the finest grid; recipes whose finest map is coarser have its."""
LONGEST_SIDE = 224
"""Pixels of a drawing's longer side."""

_COLOURS = np.array([[38, 58, 148], [44, 158, 190], [246, 226, 96], [244, 128, 40], [196, 18, 34]], float)
_STRENGTH = 0.6


def heat(recipe: Recipe, maps: Sequence[Map], sought: Vectors) -> Vectors:
    """Give each cell's cosine with a vector.

    Each layer's cells are compared on its own map; coarser maps are interpolated to the finest, and the layers are
    summed as they are in a vector.

    Args:
        recipe: One that pools, to vectors of length 1.
        maps: Of the picture that is looked at.
        sought: The vector of what is looked for, (dimensions,).

    Returns:
        (rows, columns) float32, -1 to 1.
    """
    grids = [(min(LARGEST_GRID, len(features)), min(LARGEST_GRID, features.shape[1])) for features in maps]
    finest = max(grids)
    total: Vectors = np.zeros(finest, np.float32)
    begin = 0
    for layer, features, grid in zip(recipe.layers, maps, grids, strict=True):
        cells = pool_each(recipe, layer, features, WHOLE, grid)
        end = begin + cells.shape[2]
        total += _interpolated(cells @ sought[begin:end], finest)
        begin = end
    length = np.float32(sum(layer.weight**2 for layer in recipe.layers) ** 0.5)
    return total / length


def _interpolated(grid: Vectors, shape: tuple[int, int]) -> Vectors:
    return np.asarray(Image.fromarray(grid).resize((shape[1], shape[0]), Image.Resampling.BILINEAR))


def draw(picture: Image.Image, cells: NDArray[np.float32]) -> bytes:
    """Draw a picture in grey with its heat on it, from blue for its coldest cell to red for its hottest: a PNG."""
    scale = min(1, LONGEST_SIDE / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    low, high = float(cells.min()), float(cells.max())
    level = Image.fromarray((cells - low) / ((high - low) or 1)).resize(size, Image.Resampling.BICUBIC)
    stops = np.linspace(0, 1, len(_COLOURS))
    colours = np.stack([np.interp(np.asarray(level), stops, channel) for channel in _COLOURS.T], axis=2)
    grey = np.asarray(picture.convert("L").resize(size), float)[..., None]
    drawing = Image.fromarray((grey * (1 - _STRENGTH) + colours * _STRENGTH).astype(np.uint8))
    png = BytesIO()
    drawing.save(png, "PNG")
    return png.getvalue()
