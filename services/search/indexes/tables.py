"""Sorted tables of distinct texts, and how they are joined."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress, pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.precedence import GiveWay, at_once

_STEP = 1024
"""Texts are handled by the interpreter, which queries need too: a step takes a few milliseconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Table(Sequence[str]):
    """Distinct texts, ascending, at the cost of their own bytes and eight more each; a `str` takes about sixty more.

    Attributes:
        data: All texts in UTF-8, one after the other.
        ends: Where each one begins, and where the last one ends; shape (texts + 1,).
    """

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Table":
        """Make a table of texts that are distinct and ascending."""
        encoded = [text.encode() for text in texts]
        data = np.frombuffer(b"".join(encoded), np.uint8)
        return cls(data, np.cumsum([0, *map(len, encoded)], dtype=np.int64))

    @classmethod
    def chain(cls, tables: Sequence["Table"]) -> "Table":
        """Join tables of which each begins after the end of the one before it."""
        starts = np.cumsum([0, *(len(table.data) for table in tables)], dtype=np.int64)
        ends = [table.ends[1:] + start for table, start in zip(tables, starts[:-1], strict=True)]
        return cls(np.concatenate([table.data for table in tables]), np.concatenate([starts[:1], *ends]))

    def __len__(self) -> int:
        return len(self.ends) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        chosen = range(len(self))[place]
        if isinstance(chosen, int):
            return self.data[self.ends[chosen] : self.ends[chosen + 1]].tobytes().decode()
        if chosen.step != 1:
            return [self[number] for number in chosen]
        ends = self.ends[chosen.start : chosen.stop + 1].tolist()
        return [self.data[start:end].tobytes().decode() for start, end in pairwise(ends)]


EMPTY = Table.of(())


def join(
    tables: Sequence[Table], used: Sequence[NDArray[np.bool_]], give_way: GiveWay = at_once
) -> tuple[Table, list[NDArray[np.int32]]]:
    """Join tables to one that has the texts in use, and tell for each table where its texts are in the new one.

    Args:
        tables: At least one.
        used: For each table which of its texts are in use; the places of others are -1.
        give_way: Is called before each step.
    """
    cuts = sorted({text for table in tables for text in table[_STEP::_STEP]})
    bounds = [[0, *(bisect_left(table, cut) for cut in cuts), len(table)] for table in tables]
    joined: list[Table] = []
    places = [np.full(len(table), -1, np.int32) for table in tables]
    length = 0
    for step in range(len(cuts) + 1):
        give_way()
        parts = [slice(bound[step], bound[step + 1]) for bound in bounds]
        texts = [list(compress(table[part], use[part])) for table, use, part in zip(tables, used, parts, strict=True)]
        together = sorted(set(chain.from_iterable(texts)))
        number = {text: length + place for place, text in enumerate(together)}
        for new, use, part, own in zip(places, used, parts, texts, strict=True):
            new[part][use[part]] = [number[text] for text in own]
        joined.append(Table.of(together))
        length += len(together)
    return Table.chain(joined), places
