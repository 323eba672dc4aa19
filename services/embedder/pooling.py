"""From maps of features to a vector: the whole picture's, or that of a part of it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.embedder.recipes import Layer, Recipe
from shared.contracts.region import WHOLE, Region
from shared.errors import InvalidRegion

TILES = 8
"""Tiles a side that the pooling `grid` makes."""

Map = NDArray[np.float32]
"""(rows, columns, channels): what a layer sees of one picture, cell by cell."""

Vectors = NDArray[np.float32]


def pools(recipe: Recipe) -> bool:
    """Tell whether a part of a picture has a vector: a map that is taken whole, place by place, has no parts."""
    return recipe.pooling != "flatten"


def check(recipe: Recipe) -> None:
    """Refuse regions where they cannot be.

    Raises:
        InvalidRegion: The recipe does not pool.
    """
    if not pools(recipe):
        raise InvalidRegion(f"The recipe {recipe.name} compares whole images, place by place, and has no regions.")


def pool(recipe: Recipe, maps: Sequence[Map], region: Region = WHOLE) -> Vectors:
    """Pool the cells inside a region, those on its border by the share that is inside.

    Args:
        recipe: Says how; it pools.
        maps: One for each of its layers.
        region: However small, it is at least in part in some cell.

    Returns:
        (dimensions,) float32; of the whole picture, what the extractor gives for it.
    """
    parts = [
        pool_each(recipe, layer, features, region, (1, 1)).ravel()
        for layer, features in zip(recipe.layers, maps, strict=True)
    ]
    vector = np.concatenate(parts)
    return unit(vector) if recipe.normalise else vector


def pool_each(recipe: Recipe, layer: Layer, features: Map, region: Region, shape: tuple[int, int]) -> Vectors:
    """Lay a grid (rows, columns) over a region, and pool one layer's map in each of its cells.

    Returns:
        (rows, columns, part) float32: of a vector the part that the layer contributes, before it is normalised whole.
    """
    rows, columns = shape
    tiles = TILES if recipe.pooling == "grid" else 1
    pooled = resampled(features, region, (rows * tiles, columns * tiles), recipe.spread)
    pooled = pooled.reshape(rows, tiles, columns, tiles, -1).swapaxes(1, 2).reshape(rows, columns, -1)
    return _weighted(recipe, layer, pooled)


def join(recipe: Recipe, parts: Sequence[Vectors]) -> Vectors:
    """Make vectors of what was pooled of each layer's map: (..., length) float32, joined along the last axis."""
    weighted = [_weighted(recipe, layer, part) for layer, part in zip(recipe.layers, parts, strict=True)]
    vectors: Vectors = np.concatenate(weighted, axis=-1)
    return unit(vectors) if recipe.normalise else vectors


def _weighted(recipe: Recipe, layer: Layer, part: Vectors) -> Vectors:
    if recipe.power != 1:
        part = np.sign(part) * np.abs(part) ** np.float32(recipe.power)
    return np.float32(layer.weight) * (unit(part) if recipe.normalise else part)


def resampled(features: Map, region: Region, shape: tuple[int, int], spread: float | None = None) -> Map:
    """Lay a grid of another shape (rows, columns) over a region; each of its cells is the mean of what it covers.

    With a spread, what lies around the middle of a cell weighs more, as by a bell of this standard deviation in
    sides of the cell.
    """
    down = _shares(features.shape[0], region.y, region.height, shape[0], spread)
    across = _shares(features.shape[1], region.x, region.width, shape[1], spread)
    rows = np.tensordot(down, features, axes=(1, 0))
    return np.moveaxis(np.tensordot(across, rows, axes=(1, 1)), 0, 1)


def unit(vectors: Vectors) -> Vectors:
    """Give vectors, which lie along the last axis, length 1; those of zeros stay."""
    squares = np.square(vectors).sum(axis=-1, keepdims=True)
    normalised: Vectors = vectors / np.sqrt(np.maximum(squares, np.float32(1e-12)))
    return normalised


def whole_shares(cells: int, spread: float | None) -> NDArray[np.float32]:
    """Say how much each of a row of cells counts in a mean over all of them: (cells,), sum 1."""
    [shares] = _shares(cells, 0, 1, 1, spread)
    counted: NDArray[np.float32] = shares
    return counted


def resampling(cells: int, others: int) -> NDArray[np.float32]:
    """Say how much each of a row of cells counts in each one of another row that covers the same: (others, cells)."""
    return _shares(cells, 0, 1, others, None)


def _shares(cells: int, start: float, length: float, parts: int, spread: float | None) -> NDArray[np.float32]:
    """Say how much each of a row of cells counts in each of the equal parts of a stretch: (parts, cells), sums 1."""
    edges = (start + length * np.arange(parts + 1) / parts) * cells
    first, last = edges[:-1, None], edges[1:, None]
    cell = np.arange(cells)
    inside = np.clip(np.minimum(last, cell + 1) - np.maximum(first, cell), 0, None)
    # So narrow that float64 tells no difference of its edges: the cell that it lies in.
    inside = np.where(inside.sum(axis=1, keepdims=True) > 0, inside, cell == np.minimum(np.floor(first), cells - 1))
    if spread is not None:
        middles, side = (first + last) / 2, np.maximum(last - first, np.finfo(np.float64).tiny)
        away = np.clip((cell + 0.5 - middles) / side, -1, 1)  # a cell wider than the part has its middle elsewhere
        inside = inside * np.exp(-np.square(away / spread) / 2)
    shares: NDArray[np.float32] = (inside / inside.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
