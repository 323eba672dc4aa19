"""One collection of Qdrant: the images of a collection in one form, with all that was learned for it."""

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models
from qdrant_client.conversions.common_types import Record

from services.search.indexes.projection import Projection
from services.search.indexes.qdrant import facts, order
from services.search.indexes.qdrant.conditions import LABEL, point_id
from services.search.indexes.qdrant.connection import Connection
from services.search.indexes.qdrant.options import Options
from services.search.ports import Entry, Matrix
from shared.contracts.embedding import SpaceRef

IMAGE = "image"
"""Name of the vectors: where vectors have names, a point may have none."""
ID, REVISION, GONE = "id", "revision", "gone"

_NAMESPACE = UUID("0b5f3a52-5f0e-4f0c-8e55-6c2d2f7a4b11")
_FORMAT = 1
_CHUNK_BYTES = 3 * 2**17
_WRITTEN_AT_ONCE_BYTES = 4 * 2**20
_ORDERED_FROM_THE_START = 5
"""Digits of ids that get an index before there are any: those of ids of 32 characters."""
_REMEMBERED_SECONDS = 86_400
"""How long a removal stays, so that a write that was held up on its way cannot bring the image back."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a collection is.

    Attributes:
        revision: It has all writes up to this one; -1 while it is filled.
        images: So many were counted in it last.
        sampled_from: How many images there were when the distances of pairs were drawn.
    """

    revision: int = -1
    images: int = 0
    sampled_from: int = 0


class Edition:
    """Reads and writes one collection of Qdrant.

    Beside the images there are points without a vector: the mark, what was learned, and what is left of images that
    were removed. A write of an image takes effect where the one that is there has a smaller revision; so writes may be
    repeated, and come late.
    """

    def __init__(
        self, connection: Connection, name: str, projection: Projection, description: str, space: SpaceRef
    ) -> None:
        self.connection = connection
        self.name = name
        self.projection = projection
        self.description = description
        self.space = space
        self._ordered = _ORDERED_FROM_THE_START

    @classmethod
    def create(
        cls,
        connection: Connection,
        name: str,
        projection: Projection,
        description: str,
        space: SpaceRef,
        options: Options,
    ) -> "Edition":
        """Make a collection that has no image yet.

        Raises:
            Taken: There is one of this name.
        """
        arrays = {"mean": projection.mean, "components": projection.components}
        metadata = {
            "format": _FORMAT,
            "space": space.model_dump(),
            "description": description,
            "learned_from": projection.learned_from,
            "arrays": {key: None if array is None else list(array.shape) for key, array in arrays.items()},
        }
        distance = models.Distance.DOT if projection.metric == "cosine" else models.Distance.EUCLID
        vectors = {IMAGE: models.VectorParams(size=projection.output_dimensions, distance=distance)}
        connection.ask(
            lambda client: client.create_collection(
                name,
                vectors,
                shard_number=options.shards,
                replication_factor=options.replicas,
                write_consistency_factor=(options.replicas + 1) // 2,
                metadata=metadata,
            )
        )
        edition = cls(connection, name, projection, description, space)
        edition._make_payload_indexes()
        for key, array in arrays.items():
            if array is not None:
                edition._put_array(key, array)
        return edition

    @classmethod
    def open(cls, connection: Connection, name: str) -> "Edition | None":
        """Read what was learned for a collection; None where another version of this program has made it.

        Raises:
            Missing: There is none of this name.
        """
        metadata = connection.ask(lambda client: client.get_collection(name)).config.metadata or {}
        if metadata.get("format") != _FORMAT:
            return None
        space = SpaceRef.model_validate(metadata["space"])
        edition = cls(connection, name, Projection.none(space), str(metadata["description"]), space)
        mean, components = (
            None if shape is None else edition._array(key, [int(length) for length in shape])
            for key, shape in ((key, metadata["arrays"][key]) for key in ("mean", "components"))
        )
        learned_from = int(metadata["learned_from"])
        edition.projection = Projection(space.metric, space.dimensions, mean, components, learned_from)
        return edition

    def write(self, writes: Mapping[str, Entry | None], revision: int | None) -> None:
        """Set entries, and remove what is None, where no later write is there; None: whatever is there."""
        entries = {key: entry for key, entry in writes.items() if entry is not None}
        self._order(entries)
        gone = {REVISION: revision or 0, GONE: int(time.time())}
        points = [
            models.PointStruct(id=point_id(key), vector={}, payload=dict(gone))
            for key in writes.keys() - entries.keys()
        ]
        if entries:
            rows = self.projection.apply(np.stack([entry.vector for entry in entries.values()]))
            points += [
                models.PointStruct(id=point_id(key), vector={IMAGE: row}, payload=_payload(key, entry, revision or 0))
                for (key, entry), row in zip(entries.items(), rows.tolist(), strict=True)
            ]
        at_once = max(1, _WRITTEN_AT_ONCE_BYTES // (4 * self.projection.output_dimensions + 1024))
        for start in range(0, len(points), at_once):
            self._upsert(points[start : start + at_once], revision)

    def mark(self) -> Mark:
        """Read how far it is."""
        return read_mark(self.connection, self.name)

    def set_mark(self, mark: Mark) -> None:
        """Write how far it is; it never goes back."""
        after = None if mark.revision < 0 else mark.revision
        self._upsert([models.PointStruct(id=_own("mark"), vector={}, payload=asdict(mark))], after)

    def pairs(self) -> NDArray[np.float32]:
        """Read distances of random pairs, ascending."""
        data = base64.b64decode(str(_own_payload(self.connection, self.name, "pairs").get("data", "")))
        return np.frombuffer(data, "<f4").astype(np.float32)

    def set_pairs(self, pairs: NDArray[np.float32]) -> None:
        """Write distances of random pairs."""
        data = base64.b64encode(pairs.astype("<f4").tobytes()).decode()
        self._upsert([models.PointStruct(id=_own("pairs"), vector={}, payload={"data": data})], None)

    def rows(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Read the projected vectors of those images that are here."""
        found = self.connection.ask(
            lambda client: client.retrieve(
                self.name, [point_id(key) for key in ids], with_payload=[ID], with_vectors=[IMAGE]
            )
        )
        return {str(point.payload[ID]): _row(point) for point in found if point.payload and ID in point.payload}

    def sample(self, count: int) -> Matrix:
        """Read the projected vectors of images that are chosen at random; shape (n, d)."""
        found = self.connection.ask(
            lambda client: client.query_points(
                self.name,
                models.SampleQuery(sample=models.Sample.RANDOM),
                using=IMAGE,
                query_filter=there(),
                limit=count,
                with_vectors=[IMAGE],
                with_payload=False,
            )
        ).points
        rows = [_row(point) for point in found]
        return np.stack(rows) if rows else np.empty((0, self.projection.output_dimensions), np.float32)

    def _upsert(self, points: Sequence[models.PointStruct], revision: int | None) -> None:
        older = None
        if revision is not None:
            older = models.Filter(must=[models.FieldCondition(key=REVISION, range=models.Range(lt=revision))])
        self.connection.ask(lambda client: client.upsert(self.name, list(points), wait=True, update_filter=older))

    def _make_payload_indexes(self) -> None:
        schemas = {
            LABEL: models.PayloadSchemaType.KEYWORD,
            GONE: models.PayloadSchemaType.INTEGER,
            facts.TOKENS: models.PayloadSchemaType.KEYWORD,
            f"{facts.FIRST}[].{facts.PREFIX}": models.PayloadSchemaType.KEYWORD,
            f"{facts.FIRST}[].{facts.DIGIT}": models.PayloadSchemaType.FLOAT,
            **{order.field(place): models.PayloadSchemaType.INTEGER for place in range(_ORDERED_FROM_THE_START)},
        }
        for name, schema in schemas.items():
            self._make_payload_index(name, schema)

    def _make_payload_index(self, name: str, schema: models.PayloadSchemaType) -> None:
        self.connection.ask(lambda client: client.create_payload_index(self.name, name, schema, wait=True))

    def _order(self, entries: Mapping[str, Entry]) -> None:
        """Make indexes for the digits of longer ids than there were before."""
        needed = max((len(order.digits(key)) for key in entries), default=0)
        for place in range(self._ordered, needed):
            self._make_payload_index(order.field(place), models.PayloadSchemaType.INTEGER)
        self._ordered = max(self._ordered, needed)

    def _put_array(self, key: str, array: NDArray[np.float32]) -> None:
        data = array.astype("<f4").tobytes()
        for number, start in enumerate(range(0, len(data), _CHUNK_BYTES)):
            chunk = base64.b64encode(data[start : start + _CHUNK_BYTES]).decode()
            self._upsert([models.PointStruct(id=_own(f"{key}/{number}"), vector={}, payload={"data": chunk})], None)

    def _array(self, key: str, shape: Sequence[int]) -> NDArray[np.float32]:
        count = -(-4 * int(np.prod(shape)) // _CHUNK_BYTES)
        chunks = (_own_payload(self.connection, self.name, f"{key}/{number}") for number in range(count))
        data = b"".join(base64.b64decode(str(chunk["data"])) for chunk in chunks)
        return np.frombuffer(data, "<f4").astype(np.float32).reshape(shape)


def read_mark(connection: Connection, collection: str) -> Mark:
    """Read how far a collection of Qdrant is."""
    return Mark(**_own_payload(connection, collection, "mark"))


def forget_removals(connection: Connection, collection: str) -> None:
    """Let go of removals in a collection of Qdrant that no write from before can be on its way to."""
    old = models.FieldCondition(key=GONE, range=models.Range(lt=int(time.time()) - _REMEMBERED_SECONDS))
    connection.ask(lambda client: client.delete(collection, models.Filter(must=[old])))


def there() -> models.Filter:
    """Admit images alone: they have a place in the order of ids."""
    return models.Filter(must=[models.FieldCondition(key=order.field(0), range=models.Range(gte=0))])


def _row(point: Record | models.ScoredPoint) -> NDArray[np.float32]:
    """Give the projected vector that a point was read with."""
    assert isinstance(point.vector, dict), "vectors have names"
    return np.array(point.vector[IMAGE], np.float32)


def _payload(image_id: str, entry: Entry, revision: int) -> dict[str, object]:
    places = {order.field(place): digit for place, digit in enumerate(order.digits(image_id))}
    label = {} if entry.label is None else {LABEL: entry.label}
    return {ID: image_id, REVISION: revision, **label, **places, **facts.payload(entry.metadata)}


def _own(name: str) -> str:
    return str(uuid5(_NAMESPACE, name))


def _own_payload(connection: Connection, collection: str, name: str) -> dict[str, Any]:
    found = connection.ask(lambda client: client.retrieve(collection, [_own(name)]))
    return (found[0].payload or {}) if found else {}
