"""Snapshots: exact indexes on the disk, from which a service starts without reading the store."""

import hashlib
import os
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from services.search.indexes.attributes import Attributes, Column, Kind
from services.search.indexes.exact import ExactIndex
from services.search.indexes.factory import ExactIndexes
from services.search.indexes.objects import Damaged, Objects
from services.search.indexes.projection import Projection
from services.search.indexes.segment import Layer, Segment
from services.search.indexes.state import State
from services.search.indexes.tables import Table
from services.search.ports import Snapshot
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import SpaceRef
from shared.durability import sync_folder

_FORMAT = 3


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Column(_Model):
    key: str
    kind: Kind
    rows: str
    values: str
    texts: str
    ends: str


class _Layer(_Model):
    segment: str
    ids: str
    rows: str
    columns: tuple[_Column, ...]
    dead: str


class _Index(_Model):
    space: SpaceRef
    projection: ProjectionKind | None
    settings: str
    learned_from: int
    mean: str | None
    components: str | None
    pairs: str
    sampled_from: int
    layers: tuple[_Layer, ...]


class _Manifest(_Model):
    """What a snapshot consists of; arrays are named by their digests."""

    format: int
    store: str
    revision: int
    forgotten: int
    indexes: dict[str, _Index]
    """By the keys of the collections."""


class SnapshotFolder:
    """Implements `Snapshots`.

    A snapshot is a manifest and the arrays that it names, each checked by its digest. The arrays come first, then the
    manifest takes the place of the last one at once; so there is always a whole snapshot, or none. Segments never
    change, so that only new ones are written.

    Args:
        folder: Belongs to one service; it is made if it is not there.
        indexes: Make the indexes that are restored.
    """

    def __init__(self, folder: Path, indexes: ExactIndexes) -> None:
        self._manifest = folder / "snapshot.json"
        self._objects = Objects(folder / "arrays")
        self._indexes = indexes
        self._written: dict[str, _Layer] = {}

    def save(self, snapshot: Snapshot) -> None:
        indexes = {}
        for key, (space, projection, index) in snapshot.indexes.items():
            if not isinstance(index, ExactIndex):
                raise TypeError("these snapshots are made of exact indexes")
            indexes[key] = self._index(space, projection, index)
        manifest = _Manifest(
            format=_FORMAT,
            store=snapshot.store,
            revision=snapshot.revision,
            forgotten=snapshot.forgotten,
            indexes=indexes,
        )
        self._replace_manifest(manifest)
        self._objects.keep_only(_names(manifest))
        there = {layer.segment for index in indexes.values() for layer in index.layers}
        self._written = {name: layer for name, layer in self._written.items() if name in there}

    def load(self, store: str) -> Snapshot | None:
        manifest = self._read_manifest()
        if manifest is None or (manifest.format, manifest.store) != (_FORMAT, store):
            return None
        if any(index.settings != self._indexes.description(index.projection) for index in manifest.indexes.values()):
            return None
        try:
            self._objects.verify(_names(manifest))
            indexes = {
                key: (index.space, index.projection, self._restored(index)) for key, index in manifest.indexes.items()
            }
        except Damaged:
            return None
        return Snapshot(manifest.store, manifest.revision, manifest.forgotten, indexes)

    def _index(self, space: SpaceRef, projection: ProjectionKind | None, index: ExactIndex) -> _Index:
        state, learned = index.state, index.projection
        return _Index(
            space=space,
            projection=projection,
            settings=self._indexes.description(projection),
            learned_from=learned.learned_from,
            mean=None if learned.mean is None else self._objects.put(learned.mean),
            components=None if learned.components is None else self._objects.put(learned.components),
            pairs=self._objects.put(state.pairs),
            sampled_from=state.sampled_from,
            layers=tuple(map(self._layer, state.layers)),
        )

    def _layer(self, layer: Layer) -> _Layer:
        segment = layer.segment
        dead = self._objects.put(layer.dead)
        if (written := self._written.get(segment.name)) is None:
            columns = tuple(self._column(key, column) for (key, _), column in segment.attributes.columns.items())
            ids, rows = self._objects.put(segment.ids), self._objects.put(segment.rows)
            written = _Layer(segment=segment.name, ids=ids, rows=rows, columns=columns, dead=dead)
            self._written[segment.name] = written
        return written.model_copy(update={"dead": dead})

    def _column(self, key: str, column: Column) -> _Column:
        return _Column(
            key=key,
            kind=column.kind,
            rows=self._objects.put(column.rows),
            values=self._objects.put(column.values),
            texts=self._objects.put(column.table.data),
            ends=self._objects.put(column.table.ends),
        )

    def _restored(self, index: _Index) -> ExactIndex:
        mean, components = (
            None if name is None else np.array(self._objects.get(name)) for name in (index.mean, index.components)
        )
        projection = Projection(index.space.metric, index.space.dimensions, mean, components, index.learned_from)
        storage, layers = self._indexes.storage(index.space.metric), []
        for layer in index.layers:
            self._written[layer.segment] = layer
            rows = self._objects.get(layer.rows)
            ids, dead = self._objects.get(layer.ids), np.array(self._objects.get(layer.dead))
            attributes = Attributes(
                len(ids), {(column.key, column.kind): self._read(column) for column in layer.columns}
            )
            segment = Segment(layer.segment, ids, rows, attributes, storage.scan(rows))
            layers.append(Layer(segment, dead, len(dead) - int(np.count_nonzero(dead))))
        state = State(tuple(layers), np.array(self._objects.get(index.pairs)), index.sampled_from)
        return self._indexes.make(projection, index.projection, state)

    def _read(self, column: _Column) -> Column:
        rows, values, texts, ends = map(self._objects.get, (column.rows, column.values, column.texts, column.ends))
        return Column(column.kind, rows, values, Table(texts, ends))

    def _read_manifest(self) -> _Manifest | None:
        try:
            digest, _, body = self._manifest.read_text().partition("\n")
            if hashlib.sha256(body.encode()).hexdigest() != digest:
                return None
            return _Manifest.model_validate_json(body)
        except (OSError, UnicodeDecodeError, ValidationError):
            return None

    def _replace_manifest(self, manifest: _Manifest) -> None:
        body = manifest.model_dump_json()
        unfinished = self._manifest.with_suffix(".part")
        with unfinished.open("w") as file:
            file.write(f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}")
            file.flush()
            os.fsync(file.fileno())
        self._objects.sync()
        unfinished.replace(self._manifest)
        sync_folder(self._manifest.parent)


def _names(manifest: _Manifest) -> set[str]:
    """Collect the arrays of a snapshot."""
    names: set[str | None] = set()
    for index in manifest.indexes.values():
        names |= {index.mean, index.components, index.pairs}
        for layer in index.layers:
            names |= {layer.ids, layer.rows, layer.dead}
            for column in layer.columns:
                names |= {column.rows, column.values, column.texts, column.ends}
    return {name for name in names if name is not None}
