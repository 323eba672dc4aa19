"""What the use cases need from outside: an extractor, and uploads."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.embedder.recipes import Recipe
from shared.contracts.embedding import EmbeddingSpace


class Extractor(Protocol):
    """Turns pictures into vectors of one embedding space."""

    @property
    def recipe(self) -> Recipe:
        """How pictures must be prepared, and what becomes of them."""
        ...

    @property
    def space(self) -> EmbeddingSpace:
        """The space that all vectors of this extractor belong to."""
        ...

    def extract(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embed a batch: (n, side, side, 3), RGB in 0 to 255, to (n, dimensions), n at least 1.

        A picture's vector does not depend on the other pictures of its batch. Calls come from one thread at a time.
        """
        ...

    def maps(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Give what `extract` pools: for each layer of the recipe, (n, rows, columns, channels) of the same batch.

        Cells lie in the map as in the picture, and `pooling.pool` makes of them the vector that `extract` gives.
        """
        ...


class Upload(Protocol):
    """A file that a client has sent, and that may still lie on disk."""

    @property
    def size(self) -> int | None:
        """Length in bytes."""
        ...

    async def read(self) -> bytes:
        """Bring all bytes to memory."""
        ...
