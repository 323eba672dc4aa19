"""Heat maps: which cells of two images match."""

from shared.contracts.base import Contract
from shared.contracts.embedding import SpaceRef


class Heat(Contract):
    """How well each cell of an image matches the other image."""

    cells: tuple[tuple[float, ...], ...]
    """Rows from top to bottom, each from left to right: the score that a search with this cell alone would give."""
    png: bytes
    """The image in grey under the colours of its cells: blue for the lowest of them, red for the highest."""


class HeatMap(Contract):
    """A query and a candidate, each with its heat."""

    space: SpaceRef
    score: float
    """Cosine of the query, or of its region, and the whole candidate: that of a search."""
    query: Heat
    candidate: Heat
