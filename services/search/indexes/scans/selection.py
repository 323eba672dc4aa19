"""Selecting the largest keys of a stream of blocks, without ever holding all of them."""

import numpy as np
from numpy.typing import NDArray

_ROOM = 4
"""How many times more keys than are wanted may gather before the smallest are dropped."""
_FIRST = 1024


class Largest:
    """Keeps at least the `count` largest of the keys that it is shown."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._rows = [np.empty(0, np.intp)]
        self._keys = [np.empty(0, np.float32)]
        self._gathered = 0
        self._seen = 0
        self._enough = np.float32(-np.inf)
        self.dropped: float | None = None
        """No key that was left out is larger; None where none was."""

    def add(self, keys: NDArray[np.float32], rows: NDArray[np.intp] | int) -> None:
        """Look at keys of shape (m,), those of these rows, or of the rows from this one on.

        A key of minus infinity is never kept.
        """
        start = 0
        while start < len(keys):
            # As many at once as were seen before: in a random order, of each such piece about `count` are among the
            # largest so far, however long it is.
            piece = slice(start, start + max(_FIRST, self._seen))
            self._look_at(keys[piece], rows + start if isinstance(rows, int) else rows[piece])
            self._seen += len(keys[piece])
            start = piece.stop

    def result(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Give the rows that were kept, and their keys, in no order."""
        return np.concatenate(self._rows), np.concatenate(self._keys)

    def _look_at(self, keys: NDArray[np.float32], rows: NDArray[np.intp] | int) -> None:
        chosen = np.flatnonzero(keys > self._enough)
        self._rows.append(chosen + rows if isinstance(rows, int) else rows[chosen])
        self._keys.append(keys[chosen])
        self._gathered += len(chosen)
        if self._gathered > _ROOM * self._count:
            self._shrink()

    def _shrink(self) -> None:
        rows, keys = self.result()
        order = np.argpartition(keys, len(keys) - self._count)
        kept = order[len(keys) - self._count :]
        self._rows, self._keys, self._gathered = [rows[kept]], [keys[kept]], self._count
        self._enough = keys[kept].min()
        self.dropped = float(self._enough)
