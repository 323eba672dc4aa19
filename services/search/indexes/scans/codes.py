"""Compact storage: a scan reads eight bits a value, and the exact rows are read of the candidates alone."""

import math

import numkong
import numpy as np
from numpy.typing import NDArray

from services.search.indexes.precedence import GiveWay, at_once
from services.search.indexes.scans.cores import in_pieces
from services.search.indexes.scans.keys import Selector
from services.search.indexes.scans.scan import Floats
from services.search.ports import Matrix
from shared.contracts.embedding import Metric

_LEVELS = 127
_DEVIATIONS = 4
"""Errors of codes are taken to be no larger than so many of their standard deviations."""
_CODED_AT_ONCE = 1024
_SCANNED_AT_ONCE = 4096


class Int8Keys:
    """Keys from int8 codes of the rows; each row, and each query, is scaled so that its largest value has the code 127.

    A key is the product of the codes times the row's scale: the query's own scale and the bound of the error are the
    same for all rows, so they come in only where a key is read as a distance. That error is a sum of many small
    independent roundings, so its standard deviation is known. A cosine is taken as the largest that it is likely to be:
    rows that might be nearest are among the candidates, and what is missed all the same is measured, as recall.

    Args:
        rows: Vectors of length 1; shape (n, d). They are not kept, and may lie in a file that is mapped into memory.
        metric: Of the space.
        give_way: Is called before each step of the coding.

    Raises:
        ValueError: The metric is not cosine.
    """

    def __init__(self, rows: Matrix, metric: Metric, give_way: GiveWay = at_once) -> None:
        if metric != "cosine":
            raise ValueError("int8 codes are made for vectors of length 1")
        self._codes = np.empty(rows.shape, np.int8)
        self._scales = np.empty(len(rows), np.float32)
        for first in range(0, len(rows), _CODED_AT_ONCE):
            give_way()
            some = slice(first, first + _CODED_AT_ONCE)
            self._codes[some], self._scales[some] = _encode(rows[some])
        self._coarsest = float(self._scales.max())

    def __len__(self) -> int:
        return len(self._codes)

    def of(self, rows: Selector, queries: Matrix) -> Matrix:
        codes, _ = _encode(queries)
        block, own = self._codes[rows], self._scales[rows]
        keys = np.empty((len(queries), len(own)), np.float32)
        packed = numkong.dots_pack(codes) if len(codes) > 1 else None

        def fill(piece: slice) -> None:
            for start in range(piece.start, piece.stop, _SCANNED_AT_ONCE):
                some = slice(start, min(start + _SCANNED_AT_ONCE, piece.stop))
                if packed is None:
                    products = np.asarray(numkong.cdist(codes, block[some], metric="dot"))
                else:
                    products = np.asarray(numkong.dots_packed(block[some], packed)).T
                np.multiply(products, own[some], out=keys[:, some], casting="unsafe")

        in_pieces(fill, len(own), _SCANNED_AT_ONCE)
        return keys

    def least_distance(self, query: NDArray[np.float32], keys: Floats) -> Floats:
        _, [scale] = _encode(query[np.newaxis])
        error = _DEVIATIONS / math.sqrt(12) * math.hypot(self._coarsest, scale)
        return np.sqrt(np.maximum(2 - 2 * (keys * float(scale) + error), 0))


def _encode(rows: Matrix) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    largest = np.abs(rows).max(axis=1)
    scales = np.where(largest > 0, largest, 1).astype(np.float32) / np.float32(_LEVELS)
    return np.rint(rows / scales[:, np.newaxis]).astype(np.int8), scales
