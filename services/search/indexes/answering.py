"""From the nearest rows to the answer: cut where they are too far, thinned out where they look the same."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.nearest import Nearest
from services.search.indexes.pairs import percentiles
from services.search.indexes.reranking import rerank
from services.search.indexes.scans.scan import Floats
from services.search.indexes.scoring import distance_at, score
from services.search.ports import Hit, Matrix, Query, Vector
from shared.contracts.embedding import Metric

_GROWTH = 4
_MOST_COLLAPSED = 20_000
"""So many nearest images are looked through for ones that differ; an answer that needs more stays short."""
_COMPARED_AT_ONCE = 256
_ROUNDING = 1e-12
"""Of a squared distance, relative to the squares of the two lengths."""

Find: TypeAlias = Callable[[Sequence[int], int], Sequence[Nearest]]
"""Finds so many of the nearest rows that the filters admit, for the queries with these numbers."""


def answer(
    find: Find,
    vectors: Matrix,
    queries: Sequence[Query],
    metric: Metric,
    pairs: NDArray[np.float32],
) -> list[list[Hit]]:
    """Answer queries from one state of an index.

    Args:
        find: Asks that state.
        vectors: The queries' vectors, projected; shape (b, d).
        queries: What else is asked.
        metric: Of the space.
        pairs: Distances of random pairs of the index's images, ascending.
    """
    reranked = [query.rerank if metric == "cosine" else 0 for query in queries]
    wanted = {number: max(query.offset + query.k, reranked[number]) for number, query in enumerate(queries)}
    hits: dict[int, list[Hit]] = {}
    while missing := [number for number in range(len(queries)) if number not in hits]:
        count = max(wanted[number] for number in missing)
        for number, nearest in zip(missing, find(missing, count), strict=True):
            if reranked[number]:
                nearest = _ordered_anew(nearest, vectors[number], reranked[number])
            kept, complete = _keep(nearest, queries[number], pairs, metric)
            if complete or count >= _MOST_COLLAPSED:
                hits[number] = kept
            wanted[number] = min(_GROWTH * count, _MOST_COLLAPSED)
    return [hits[number] for number in range(len(queries))]


def _ordered_anew(nearest: Nearest, query: Vector, first: int) -> Nearest:
    """Rerank the first rows; the others stay behind them, and are told as no nearer than the last of these."""
    if not len(nearest.ids):
        return nearest
    order, distances = rerank(nearest.rows[:first], query)
    places = np.concatenate([order, np.arange(len(order), len(nearest.ids))])
    farther = np.maximum(nearest.distances[len(order) :], distances[-1])
    return Nearest(nearest.ids[places], nearest.rows[places], np.concatenate([distances, farther]), nearest.exhausted)


def _keep(nearest: Nearest, query: Query, pairs: NDArray[np.float32], metric: Metric) -> tuple[list[Hit], bool]:
    """Give the hits, and whether farther rows would change nothing."""
    scores = score(metric, nearest.distances)
    shares = percentiles(pairs, nearest.distances)
    near = np.ones(len(scores), np.bool_)
    if query.min_score is not None:
        near &= scores >= query.min_score
    if query.min_percentile is not None and shares is not None:
        near &= shares >= query.min_percentile
    end, count = query.offset + query.k, int(np.count_nonzero(near))
    chosen = list(range(min(count, end)))
    if query.collapse is not None:
        chosen = _different(nearest.rows[:count], distance_at(metric, query.collapse), end)
    hits = [
        Hit(
            nearest.ids[place].decode(),
            float(nearest.distances[place]),
            float(scores[place]),
            None if shares is None else float(shares[place]),
        )
        for place in chosen[query.offset :]
    ]
    return hits, len(chosen) >= end or count < len(near) or nearest.exhausted


def _different(rows: Matrix, same: float, wanted: int) -> list[int]:
    """Choose rows in their order, without those that are no farther than `same` from one that is chosen."""
    kept = np.empty((min(wanted, len(rows)), rows.shape[1]), np.float64)
    chosen: list[int] = []
    for start in range(0, len(rows), _COMPARED_AT_ONCE):
        block = rows[start : start + _COMPARED_AT_ONCE].astype(np.float64)
        differs = _squares(block, kept[: len(chosen)]).min(axis=1, initial=np.inf) > same**2
        differs |= not chosen
        among = _squares(block, block)
        for number in range(len(block)):
            if differs[number]:
                kept[len(chosen)] = block[number]
                chosen.append(start + number)
                if len(chosen) == wanted:
                    return chosen
                differs &= among[number] > same**2
    return chosen


def _squares(rows: Floats, others: Floats) -> Floats:
    """Give squared distances, never larger than they are by rounding; shape (len(rows), len(others))."""
    lengths = np.square(rows).sum(axis=1)[:, np.newaxis] + np.square(others).sum(axis=1)
    squares: Floats = lengths * (1 - _ROUNDING) - 2 * (rows @ others.T)
    return squares
