"""Labels and metadata of a segment's rows, in columns that filters are evaluated on."""

import math
import operator
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.precedence import GiveWay, at_once
from services.search.indexes.tables import EMPTY, Table, join
from shared.contracts.filters import MAX_TEXT, Equality, Filter, Range
from shared.contracts.metadata import MetadataValue

Rows: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]
Kind = Literal["text", "integer", "real", "flag", "null"]

LABEL = ""
"""Name of the labels' column: no metadata has the empty key."""

_DTYPES: Mapping[Kind, type[np.generic]] = {
    "text": np.int32,  # the place of the text in the sorted table
    "integer": np.int64,
    "real": np.float64,
    "flag": np.bool_,
    "null": np.bool_,
}

_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one kind that one key has.

    Attributes:
        rows: The rows that have such a value, ascending; shape (m,).
        values: Their values; shape (m,). Of texts, their places in `table`.
        table: The distinct texts, ascending.
    """

    kind: Kind
    rows: Rows
    values: NDArray[Any]
    table: Table = EMPTY

    def equal_to(self, wanted: Iterable[MetadataValue]) -> Rows:
        """Give the rows whose value is one of these."""
        own = [value for given in wanted for value in self._own(given)]
        return self.rows[np.isin(self.values, np.array(own, _DTYPES[self.kind]))]

    def within(self, condition: Range) -> Rows:
        """Give the rows whose value is within the bounds; values that cannot be compared with them are not."""
        inside = np.ones(len(self.rows), np.bool_)
        for name, bound in condition.bounds.items():
            match self.kind, bound:
                case "text", str():
                    bisect = bisect_right if name in ("gt", "lte") else bisect_left
                    place = bisect(self.table, bound)
                    inside &= self.values >= place if name in ("gt", "gte") else self.values < place
                case "integer" | "real", int() | float():
                    inside &= _compare(self.values, name, bound)
                case _:
                    return self.rows[:0]
        return self.rows[inside]

    def _own(self, value: MetadataValue) -> list[object]:
        """Write a value as this column would have it; empty where it could not have it."""
        match self.kind, value:
            case "text", str():
                place = bisect_left(self.table, value)
                return [place] if self.table[place : place + 1] == [value] else []
            case ("flag", bool()) | ("null", None):
                return [value is not False]
            case ("integer" | "real", bool()):
                return []
            case "integer", int() | float() if value == int(value) and -(2**63) <= value < 2**63:
                return [int(value)]
            case "real", int() | float() if value == float(value):
                return [float(value)]
        return []


@dataclass(frozen=True, slots=True)
class Attributes:
    """What filters ask of `count` rows."""

    count: int
    columns: Mapping[tuple[str, Kind], Column]

    @classmethod
    def of(cls, rows: Sequence[tuple[str | None, Mapping[str, MetadataValue]]]) -> "Attributes":
        """Sort labels and metadata into columns."""
        found: dict[tuple[str, Kind], tuple[list[int], list[MetadataValue]]] = defaultdict(lambda: ([], []))
        for row, (label, metadata) in enumerate(rows):
            facts = metadata.items() if label is None else (*metadata.items(), (LABEL, label))
            for key, value in facts:
                if not isinstance(value, str) or len(value) <= MAX_TEXT:
                    places, values = found[key, _kind(value)]
                    places.append(row)
                    values.append(value)
        return cls(len(rows), {name: _column(name[1], *lists) for name, lists in found.items()})

    @classmethod
    def merge(cls, parts: Sequence[tuple["Attributes", Rows]], count: int, give_way: GiveWay = at_once) -> "Attributes":
        """Join attributes whose rows move to new places; a row whose new place is -1 is left behind."""
        columns = {}
        for name in dict.fromkeys(name for part, _ in parts for name in part.columns):
            pieces = [(part.columns[name], places) for part, places in parts if name in part.columns]
            columns[name] = _joined(name[1], pieces, give_way)
        return cls(count, {name: column for name, column in columns.items() if len(column.rows)})

    def labels(self, rows: Mask, after: str, limit: int) -> dict[str, int]:
        """Count the rows of each label, of up to `limit` that these rows have, from the first larger than `after`."""
        column = self.columns.get((LABEL, "text"))
        if column is None:
            return {}
        counts = np.bincount(column.values[rows[column.rows]], minlength=len(column.table))
        start = bisect_right(column.table, after)
        places = start + np.flatnonzero(counts[start:])[:limit]
        return {column.table[place]: int(counts[place]) for place in places}

    def mask(self, wanted: Filter) -> Mask | None:
        """Tell which rows meet the conditions on labels and metadata; None where there are no such conditions."""
        conditions = list(wanted.metadata)
        if wanted.labels is not None:
            conditions.append(Equality.model_construct(key=LABEL, any_of=wanted.labels))
        if not conditions:
            return None
        met = np.ones(self.count, np.bool_)
        for condition in conditions:
            holds = np.zeros(self.count, np.bool_)
            for (key, _), column in self.columns.items():
                if key == condition.key:
                    found = (
                        column.within(condition) if isinstance(condition, Range) else column.equal_to(condition.any_of)
                    )
                    holds[found] = True
            met &= holds
        return met


def _kind(value: MetadataValue) -> Kind:
    match value:
        case None:
            return "null"
        case bool():
            return "flag"
        case int():
            return "integer"
        case float():
            return "real"
    return "text"


def _column(kind: Kind, rows: list[int], values: list[MetadataValue]) -> Column:
    places = np.array(rows, np.int32)
    if kind == "text":
        table = Table.of(sorted({str(value) for value in values}))
        number = {text: place for place, text in enumerate(table)}
        return Column(kind, places, np.array([number[str(value)] for value in values], np.int32), table)
    filled = [True] * len(values) if kind == "null" else values
    return Column(kind, places, np.array(filled, _DTYPES[kind]))


def _joined(kind: Kind, pieces: Sequence[tuple[Column, Rows]], give_way: GiveWay) -> Column:
    new = [places[column.rows] for column, places in pieces]
    values = [column.values for column, _ in pieces]
    table = EMPTY
    if kind == "text":
        used = [np.zeros(len(column.table), np.bool_) for column, _ in pieces]
        for (column, _), use, rows in zip(pieces, used, new, strict=True):
            use[column.values[rows >= 0]] = True
        table, numbers = join([column.table for column, _ in pieces], used, give_way)
        values = [number[value] for number, value in zip(numbers, values, strict=True)]
    rows = np.concatenate(new)
    staying = rows >= 0
    order = np.argsort(rows[staying], kind="stable")
    return Column(kind, rows[staying][order], np.concatenate(values)[staying][order], table)


def _compare(values: NDArray[Any], name: str, bound: int | float) -> Mask:
    """Compare with the nearest bound of the values' own kind: as reals, large integers would lose their last digits."""
    down = name in ("gt", "lte")
    own: int | float
    if values.dtype == np.float64:
        own = float(bound)
        if own > bound if down else own < bound:
            own = math.nextafter(own, -math.inf if down else math.inf)
    else:
        own = math.floor(bound) if down else math.ceil(bound)
        if not -(2**63) <= own < 2**63:
            return np.full(len(values), (own < 0) == (name in ("gt", "gte")))
    met: Mask = _COMPARISONS[name](values, own)
    return met
