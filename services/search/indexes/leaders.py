"""Groups of images that look the same: every image of a group is near its first one.

The leader algorithm (J. A. Hartigan, Clustering Algorithms, 1975, chapter 3): images are gone through in the order of
their ids; one that no leader before it is near to leads a group of its own. So a group is a star around its leader,
and no chain of small steps joins what looks different, as connected components would. It needs a number for each image
and not one for each pair, whatever the collection is like.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.pairs import Reader
from services.search.indexes.precedence import GiveWay, at_once
from services.search.indexes.scoring import distance_at, score
from services.search.indexes.segment import Layer
from services.search.ports import Group, Matrix
from shared.contracts.embedding import Metric

_LEADERS = 256
_COMPARED = 4096
"""Rows of one matrix product: it takes a few milliseconds, and queries go first between two."""
_ROUNDING = 1e-5
"""Of a squared distance in float32, relative to the squares of the two lengths."""
_SAME = 1e-6
"""Distance between two forms of one vector: what was projected among others may differ in its last digits."""


def groups(
    layers: Sequence[Layer],
    metric: Metric,
    least_score: float,
    on_progress: Callable[[float], None],
    give_way: GiveWay = at_once,
) -> list[Group]:
    """Find groups of at least two images, in the order of the ids of their leaders.

    Args:
        layers: Of one state of an index.
        metric: Of the space.
        least_score: Score to its leader that each image of a group has at least.
        on_progress: Told how much is done, from 0 to 1; what it raises breaks the work off.
        give_way: Is called before each step.
    """
    if not layers:
        return []
    ids = np.concatenate([layer.segment.ids[~layer.dead] for layer in layers])
    order = np.argsort(ids, kind="stable")
    found = _Leaders(Reader(layers), order, distance_at(metric, least_score) + _SAME, give_way)
    for start in found.leading():
        on_progress(_share(start, len(ids)))
    members: dict[int, list[int]] = {}
    for place in np.flatnonzero(found.leader >= 0):
        members.setdefault(int(found.leader[place]), []).append(int(place))
    named = ids[order]
    return [
        _group(
            named[leader].decode(), [(named[place].decode(), float(found.distances[place])) for place in places], metric
        )
        for leader, places in sorted(members.items())
    ]


class _Leaders:
    """Rows in the order of the ids, and what is known of each.

    Attributes:
        leader: Place of the leader that a row follows; -1 of rows that follow none; shape (n,).
        distances: To the leader; shape (n,).
    """

    def __init__(self, read: Reader, order: NDArray[np.intp], near: float, give_way: GiveWay) -> None:
        self._read = read
        self._give_way = give_way
        self._order = order
        self._near = near
        self.leader = np.full(len(order), -1, np.int32)
        self.distances = np.zeros(len(order), np.float32)

    def leading(self) -> Iterator[int]:
        """Find leaders, some at a time, and all that follow them; give the place that is reached before each step."""
        start = 0
        while start < len(self._order):
            yield start
            candidates = self._free(start)[:_LEADERS]
            if not len(candidates):
                return
            start = int(candidates[-1]) + 1
            rows = self._read(self._order[candidates])
            chosen = self._among(candidates, rows)
            leaders, leading = candidates[chosen], rows[chosen]
            free = self._free(start)
            for first in range(0, len(free), _COMPARED):
                self._give_way()
                some = free[first : first + _COMPARED]
                self._follow(leaders, leading, some, self._read(self._order[some]))

    def _free(self, start: int) -> NDArray[np.intp]:
        return start + np.flatnonzero(self.leader[start:] < 0)

    def _among(self, places: NDArray[np.intp], rows: Matrix) -> NDArray[np.intp]:
        """Choose leaders among rows that follow none before them."""
        may_be_near = _near(rows, rows, self._near)
        for number, place in enumerate(places):
            if self.leader[place] < 0:
                later = number + 1 + np.flatnonzero(may_be_near[number, number + 1 :])
                self._take(place, rows[number], places[later], rows[later])
        return np.flatnonzero(self.leader[places] < 0)

    def _follow(self, leaders: NDArray[np.intp], leading: Matrix, places: NDArray[np.intp], rows: Matrix) -> None:
        may_be_near = _near(leading, rows, self._near)
        for number in np.flatnonzero(may_be_near.any(axis=1)):
            some = np.flatnonzero(may_be_near[number])
            self._take(leaders[number], leading[number], places[some], rows[some])

    def _take(self, leader: int, leading: NDArray[np.float32], places: NDArray[np.intp], rows: Matrix) -> None:
        """Let rows follow a leader that are near it, and follow none yet."""
        free = self.leader[places] < 0
        places, rows = places[free], rows[free]
        distances = np.linalg.norm(rows.astype(np.float64) - leading, axis=1)
        near = distances <= self._near
        self.leader[places[near]] = leader
        self.distances[places[near]] = distances[near]


def _near(rows: Matrix, others: Matrix, distance: float) -> NDArray[np.bool_]:
    """Tell which pairs may be as near as this; shape (len(rows), len(others))."""
    # |x - y|^2 <= d^2 where x.y - |y|^2 / 2 >= (|x|^2 - d^2) / 2: few passes over the table of all pairs.
    products = rows @ others.T
    products -= np.einsum("ij,ij->i", others, others) * np.float32((1 - _ROUNDING) / 2)
    least = (np.einsum("ij,ij->i", rows, rows) * (1 - _ROUNDING) - distance**2) / 2
    near: NDArray[np.bool_] = products >= least.astype(np.float32)[:, np.newaxis]
    return near


def _share(start: int, count: int) -> float:
    """Tell how much of the comparing is done: the first leaders have the most to be compared with."""
    left = 1 - start / count
    return 1 - left**2


def _group(leader: str, members: list[tuple[str, float]], metric: Metric) -> Group:
    nearest = sorted((distance, key) for key, distance in members)
    scores = (1.0, *(score(metric, distance) for distance, _ in nearest))
    return Group((leader, *(key for _, key in nearest)), scores)
