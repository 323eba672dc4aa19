"""Heat maps: which cells of two images match."""

from shared.contracts.base import Base64, Contract
from shared.contracts.embedding import SpaceRef


class Heat(Contract):
    """How well each cell of an image matches the other image."""

    cells: tuple[tuple[float, ...], ...]
    """Rows from the top, each from the left: the cosine of what the network sees in the cell and what it looks for."""
    png: Base64
    """The image in grey under the colours of its cells: blue for the lowest of them, red for the highest."""


class HeatMap(Contract):
    """A query and a candidate, each with its heat."""

    space: SpaceRef
    score: float
    """Cosine of the query, or of its region, and the whole candidate, in the embedding space."""
    query: Heat
    candidate: Heat
