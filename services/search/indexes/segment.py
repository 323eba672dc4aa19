"""The unit that an index is made of: vectors that are written once and never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.attributes import Attributes, Mask
from services.search.indexes.precedence import GiveWay, at_once
from services.search.indexes.projection import Projection
from services.search.indexes.scans.scan import Scan
from services.search.indexes.storage import Storage
from services.search.ports import Entry, Matrix
from shared.contracts.filters import Filter

Ids: TypeAlias = NDArray[np.bytes_]

_COPIED_AT_ONCE = 512


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Rows in the order of their ids, so that an id is found by bisection and ties between rows are ties of ids.

    Attributes:
        name: No other segment has it.
        ids: Ascending; shape (n,), n is at least 1.
        rows: Projected vectors, C-contiguous; shape (n, d).
        attributes: What filters ask of the rows.
        scan: Compares queries with the rows.
    """

    name: str
    ids: Ids
    rows: Matrix
    attributes: Attributes
    scan: Scan

    @classmethod
    def of(cls, entries: Mapping[str, Entry], projection: Projection, storage: Storage) -> "Segment":
        """Make a segment of new entries."""
        ordered = sorted(entries.items())
        rows = storage.new_rows(len(ordered), projection.output_dimensions)
        rows[:] = projection.apply(np.stack([entry.vector for _, entry in ordered]))
        attributes = Attributes.of([(entry.label, entry.metadata) for _, entry in ordered])
        ids = np.array([key.encode() for key, _ in ordered])
        return cls(uuid4().hex, ids, rows, attributes, storage.scan(rows))

    @classmethod
    def merge(cls, layers: Sequence["Layer"], storage: Storage, give_way: GiveWay = at_once) -> "Segment":
        """Join what is alive in layers, of which no two have the same id alive; `give_way` is called all along."""
        alive = [np.flatnonzero(~layer.dead) for layer in layers]
        ids = np.concatenate([layer.segment.ids[rows] for layer, rows in zip(layers, alive, strict=True)])
        order = np.argsort(ids, kind="stable")
        places = np.empty(len(ids), np.int32)
        places[order] = np.arange(len(ids), dtype=np.int32)
        merged = storage.new_rows(len(ids), layers[0].segment.rows.shape[1])
        moves = list(zip(layers, alive, np.split(places, np.cumsum([len(rows) for rows in alive[:-1]])), strict=True))
        _gather(moves, merged, give_way)
        parts = []
        for layer, rows, own in moves:
            moved = np.full(len(layer.segment.ids), -1, np.int32)
            moved[rows] = own
            parts.append((layer.segment.attributes, moved))
        attributes = Attributes.merge(parts, len(ids), give_way)
        return cls(uuid4().hex, ids[order], merged, attributes, storage.scan(merged, give_way))

    def find(self, ids: Ids) -> NDArray[np.intp]:
        """Give the rows of those of the ids that are here."""
        places: NDArray[np.intp] = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return places[np.equal(self.ids[places], ids)]


@dataclass(frozen=True, slots=True)
class Layer:
    """A segment and which of its rows were removed since, or replaced by a row of another segment.

    Attributes:
        dead: Shape (n,). Never changed: a removal makes a new layer.
        count: How many rows are alive.
    """

    segment: Segment
    dead: Mask
    count: int

    @classmethod
    def whole(cls, segment: Segment) -> "Layer":
        """Make a layer whose rows are all alive."""
        return cls(segment, np.zeros(len(segment.ids), np.bool_), len(segment.ids))

    def without(self, ids: Ids) -> "Layer":
        """Give this layer with these ids removed."""
        rows = self.segment.find(ids)
        rows = rows[~self.dead[rows]]
        if not len(rows):
            return self
        dead = self.dead.copy()
        dead[rows] = True
        return replace(self, dead=dead, count=self.count - len(rows))

    def admitted(self, wanted: Filter | None) -> Mask | None:
        """Tell which rows may be found; None where all may."""
        admitted = None if self.count == len(self.dead) else ~self.dead
        if wanted is None:
            return admitted
        for mask in (self.segment.attributes.mask(wanted), self._with_ids(wanted)):
            if mask is not None:
                admitted = mask if admitted is None else admitted & mask
        return admitted

    def mask(self, wanted: Filter | None) -> Mask:
        """Tell which rows are alive and wanted."""
        admitted = self.admitted(wanted)
        return ~self.dead if admitted is None else admitted

    def _with_ids(self, wanted: Filter) -> Mask | None:
        if wanted.ids is None and not wanted.not_ids:
            return None
        mask = np.full(len(self.dead), wanted.ids is None)
        if wanted.ids is not None:
            mask[self.segment.find(encoded(wanted.ids))] = True
        mask[self.segment.find(encoded(wanted.not_ids))] = False
        return mask


def encoded(ids: Sequence[str]) -> Ids:
    """Write ids as segments have them."""
    return np.array([key.encode() for key in ids], np.bytes_)


def _gather(
    moves: Sequence[tuple["Layer", NDArray[np.intp], NDArray[np.int32]]], merged: Matrix, give_way: GiveWay
) -> None:
    """Fill a matrix block by block, without holding the interpreter while rows are read from files or written to them.

    Args:
        moves: Layers, the rows to take from each, and the places where they go; both ascending.
        merged: Is filled.
        give_way: Is called before each block.
    """
    block = np.empty((_COPIED_AT_ONCE, merged.shape[1]), np.float32)
    for start in range(0, len(merged), _COPIED_AT_ONCE):
        give_way()
        stop = min(start + _COPIED_AT_ONCE, len(merged))
        for layer, rows, places in moves:
            first, last = np.searchsorted(places, (start, stop))
            taken = np.take(layer.segment.rows, rows[first:last], axis=0, mode="clip")
            block[places[first:last] - start] = taken
        merged[start:stop] = block[: stop - start]
