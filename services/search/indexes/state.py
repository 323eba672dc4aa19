"""What an index is at one moment. Nothing of it is ever changed: a write makes another state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.segment import Ids, Layer, Segment, encoded


@dataclass(frozen=True, slots=True)
class State:
    """Layers of which no two have the same id alive, and distances of random pairs of images.

    Attributes:
        layers: In no order; each has a row that is alive.
        pairs: Distances of random pairs, ascending; shape (m,).
        sampled_from: How many images there were when the pairs were drawn.
    """

    layers: tuple[Layer, ...] = ()
    pairs: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    sampled_from: int = 0

    @property
    def count(self) -> int:
        """How many images there are."""
        return sum(layer.count for layer in self.layers)

    def without(self, ids: Ids) -> tuple[Layer, ...]:
        """Give the layers with these ids removed."""
        left = (layer.without(ids) for layer in self.layers)
        return tuple(layer for layer in left if layer.count)

    def with_merged(self, sources: Sequence[Layer], merged: Segment) -> tuple[Layer, ...]:
        """Give the layers with `merged`, which was made of `sources`, in their place.

        Rows that have died since `sources` were looked at are dead in it, too.
        """
        by_name = {source.segment.name: source for source in sources}
        others, died = [], [encoded(())]
        for layer in self.layers:
            source = by_name.get(layer.segment.name)
            if source is None:
                others.append(layer)
            else:
                died.append(layer.segment.ids[layer.dead & ~source.dead])
        there = {layer.segment.name for layer in self.layers}
        died += [source.segment.ids[~source.dead] for name, source in by_name.items() if name not in there]
        layer = Layer.whole(merged).without(np.concatenate(died))
        return (*others, layer) if layer.count else tuple(others)

    def locate(self, ids: Ids) -> Mapping[bytes, NDArray[np.float32]]:
        """Find the rows of those of the ids that are here."""
        found: dict[bytes, NDArray[np.float32]] = {}
        for layer in self.layers:
            rows = layer.segment.find(ids)
            rows = rows[~layer.dead[rows]]
            found.update(zip(layer.segment.ids[rows].tolist(), layer.segment.rows[rows], strict=True))
        return found
