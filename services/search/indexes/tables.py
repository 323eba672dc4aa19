"""Sorted tables of distinct texts, and how they are joined without holding up queries."""

import time
from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain, compress

import numpy as np
from numpy.typing import NDArray

Table = tuple[str, ...]

_STEP = 1024
_PAUSE_SECONDS = 0.001
"""Texts are handled by the interpreter, which queries need too: after each step they get their turn."""


def join(tables: Sequence[Table], used: Sequence[NDArray[np.bool_]]) -> tuple[Table, list[NDArray[np.int32]]]:
    """Join tables to one that has the texts in use, and tell for each table where its texts are in the new one.

    Args:
        tables: Each of distinct texts, ascending.
        used: For each table which of its texts are in use; the places of others are -1.
    """
    cuts = sorted({text for table in tables for text in table[_STEP::_STEP]})
    bounds = [[0, *(bisect_left(table, cut) for cut in cuts), len(table)] for table in tables]
    joined: list[str] = []
    places = [np.full(len(table), -1, np.int32) for table in tables]
    for step in range(len(cuts) + 1):
        parts = [slice(bound[step], bound[step + 1]) for bound in bounds]
        texts = [list(compress(table[part], use[part])) for table, use, part in zip(tables, used, parts, strict=True)]
        together = sorted(set(chain.from_iterable(texts)))
        number = {text: len(joined) + place for place, text in enumerate(together)}
        for new, use, part, own in zip(places, used, parts, texts, strict=True):
            new[part][use[part]] = [number[text] for text in own]
        joined += together
        if step < len(cuts):
            time.sleep(_PAUSE_SECONDS)
    return tuple(joined), places
