"""Which cells of one picture match another, and a drawing of that.

A recipe that pools makes a picture's vector from the cells of the network's last maps. Each cell alone has a vector of
the same space, so its cosine with another picture's vector tells how far the two show the same. This follows the class
activation maps of Zhou et al. (2016), as Stylianou et al. (2019) carry them over to the similarity of two images; the
cells are normalised here as everything in the space is, so that plain surfaces, whose features are strong everywhere,
do not outshine what the pictures have in common.
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

    Args:
        recipe: One that pools, to vectors of length 1.
        maps: Of the picture that is looked at.
        sought: The vector of what is looked for, (dimensions,).

    Returns:
        (rows, columns) float32, -1 to 1.
    """
    shape = [min(LARGEST_GRID, max(features.shape[axis] for features in maps)) for axis in (0, 1)]
    found: Vectors = pool_each(recipe, maps, WHOLE, (shape[0], shape[1])) @ sought
    return found


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
