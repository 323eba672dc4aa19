"""From the nearest rows to the answer: cut where they are too far, thinned out where they look the same."""

from collections.abc import Sequence

import numpy as np

from services.search.indexes.nearest import Nearest, find_nearest
from services.search.indexes.pairs import percentile
from services.search.indexes.projection import Matrix
from services.search.indexes.scoring import distance_at, score
from services.search.indexes.state import State
from services.search.ports import Hit, Query
from shared.contracts.embedding import Metric

_GROWTH = 4
_MOST_COLLAPSED = 20_000
"""So many nearest images are looked through for ones that differ; an answer that needs more stays short."""
_SAME = 1e-6
"""Rounding of a squared distance in float32, relative to the squares of the two lengths."""


def answer(state: State, vectors: Matrix, queries: Sequence[Query], metric: Metric) -> list[list[Hit]]:
    """Answer queries from one state of an index.

    Args:
        state: Of the index.
        vectors: The queries' vectors, projected; shape (b, d).
        queries: What else is asked.
        metric: Of the space.
    """
    if not state.layers:
        return [[] for _ in queries]
    admitted = [[layer.admitted(query.filter) for layer in state.layers] for query in queries]
    wanted = {number: query.offset + query.k for number, query in enumerate(queries)}
    hits: dict[int, list[Hit]] = {}
    while missing := [number for number in range(len(queries)) if number not in hits]:
        count = max(wanted[number] for number in missing)
        found = find_nearest(state.layers, vectors[missing], [admitted[number] for number in missing], count)
        for number, nearest in zip(missing, found, strict=True):
            kept, complete = _keep(nearest, queries[number], state, metric)
            if complete or count >= _MOST_COLLAPSED:
                hits[number] = kept
            wanted[number] = min(_GROWTH * count, _MOST_COLLAPSED)
    return [hits[number] for number in range(len(queries))]


def _keep(nearest: Nearest, query: Query, state: State, metric: Metric) -> tuple[list[Hit], bool]:
    """Give the hits, and whether farther rows would change nothing."""
    near = 0
    while near < len(nearest.ids) and _is_near(float(nearest.distances[near]), query, state, metric):
        near += 1
    end = query.offset + query.k
    chosen = list(range(min(near, end)))
    if query.collapse is not None:
        chosen = _different(nearest.rows[:near], distance_at(metric, query.collapse), end)
    hits = [
        Hit(
            nearest.ids[place].decode(),
            distance := float(nearest.distances[place]),
            score(metric, distance),
            percentile(state.pairs, distance),
        )
        for place in chosen[query.offset :]
    ]
    return hits, len(chosen) >= end or near < len(nearest.ids) or nearest.exhausted


def _is_near(distance: float, query: Query, state: State, metric: Metric) -> bool:
    if query.min_score is not None and score(metric, distance) < query.min_score:
        return False
    share = percentile(state.pairs, distance)
    return query.min_percentile is None or share is None or share >= query.min_percentile


def _different(rows: Matrix, same: float, wanted: int) -> list[int]:
    """Choose rows in their order, without those that are no farther than `same` from one that is chosen."""
    chosen: list[int] = []
    squares = np.einsum("ij,ij->i", rows, rows)
    kept = np.empty((min(wanted, len(rows)), rows.shape[1]), np.float32)
    for place, row in enumerate(rows):
        lengths = squares[chosen] + squares[place]
        if (lengths - 2 * (kept[: len(chosen)] @ row) > same**2 + _SAME * lengths).all():
            kept[len(chosen)] = row
            chosen.append(place)
            if len(chosen) == wanted:
                break
    return chosen
