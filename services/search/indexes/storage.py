"""Where the rows of segments are, and how they are scanned."""

import tempfile
from pathlib import Path
from typing import Protocol

import numpy as np

from services.search.indexes.precedence import GiveWay, at_once
from services.search.indexes.scans import SCANS
from services.search.indexes.scans.scan import Scan
from services.search.ports import Matrix
from shared.contracts.embedding import Metric


class Storage(Protocol):
    """Makes room for rows, and chooses the scan for them."""

    def new_rows(self, count: int, dimensions: int) -> Matrix:
        """Make a matrix to be filled; shape (count, dimensions)."""

    def scan(self, rows: Matrix, give_way: GiveWay = at_once) -> Scan:
        """Make the scan of rows that are filled; `give_way` is called before each step of what takes long."""


class InMemory:
    """Keeps rows in memory.

    Args:
        metric: Of the space.
        scan: Name of a scan.
    """

    def __init__(self, metric: Metric, scan: str = "float32") -> None:
        self._metric = metric
        self._new_scan = SCANS[scan]

    def new_rows(self, count: int, dimensions: int) -> Matrix:
        return np.empty((count, dimensions), np.float32)

    def scan(self, rows: Matrix, give_way: GiveWay = at_once) -> Scan:
        return self._new_scan(rows, self._metric, give_way)


class Compact:
    """Keeps int8 codes in memory, and the rows of large segments in files that have no name and end with the process.

    Args:
        metric: Of the space; cosine.
        folder: Where the files are.
        coded_from: Rows from which a segment is stored compactly; smaller ones are soon merged.
    """

    def __init__(self, metric: Metric, folder: Path, coded_from: int = 4096) -> None:
        self._metric = metric
        self._folder = folder
        self._coded_from = coded_from

    def new_rows(self, count: int, dimensions: int) -> Matrix:
        if count < self._coded_from:
            return np.empty((count, dimensions), np.float32)
        with tempfile.TemporaryFile(dir=self._folder) as file:
            return np.memmap(file, np.float32, "w+", shape=(count, dimensions))

    def scan(self, rows: Matrix, give_way: GiveWay = at_once) -> Scan:
        return SCANS["float32" if len(rows) < self._coded_from else "int8"](rows, self._metric, give_way)
