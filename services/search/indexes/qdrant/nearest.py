"""The nearest rows of queries: Qdrant says which, and their distances are computed again here, exactly."""

from collections.abc import Sequence

import numpy as np
from qdrant_client import models

from services.search.indexes.nearest import Nearest
from services.search.indexes.qdrant.edition import ID, IMAGE, Edition, Options, row_of
from services.search.ports import Matrix, Vector
from shared.contracts.embedding import Metric

_MARGIN = 16
_GROWTH = 4
_MOST = 20_000
"""So many images that are equally near are told apart by their ids; of more, some."""
_ROUNDING = 2e-6
"""Of a squared distance on unit vectors, or relative to a Euclidean one, in the server's float32."""


def find_nearest(
    edition: Edition, options: Options, queries: Matrix, filters: Sequence[models.Filter | None], count: int, known: int
) -> list[Nearest]:
    """Find the `count` nearest rows of each query, or all if there are fewer.

    More rows are read until none that was left out can be as near as the last one; so ties go by the ids. Which rows
    are near is Qdrant's answer: where it searches in a graph, it may miss some.

    Args:
        edition: Is searched.
        options: How.
        queries: Projected vectors; shape (b, d).
        filters: For each query which images may be found; None: all.
        count: At least 1.
        known: About how many images there are: room for many more is not asked for.
    """
    answers: dict[int, Nearest] = {}
    asked = count + _MARGIN
    while missing := [number for number in range(len(queries)) if number not in answers]:
        limit = min(asked, 2 * known + _MARGIN)
        requests = [_request(options, queries[number], filters[number], limit) for number in missing]
        found = edition.connection.ask(lambda client, of=requests: client.query_batch_points(edition.name, of))  # type: ignore[misc]
        for number, answer in zip(missing, found, strict=True):
            exhausted = len(answer.points) < limit
            nearest, floor = measured(edition.projection.metric, queries[number], answer.points, exhausted=exhausted)
            enough = len(nearest.ids) >= count and floor > float(nearest.distances[count - 1])
            if exhausted or enough or asked >= _MOST:
                answers[number] = _first(nearest, count)
        asked *= _GROWTH
    return [answers[number] for number in range(len(queries))]


def measured(
    metric: Metric, query: Vector, points: Sequence[models.ScoredPoint], *, exhausted: bool
) -> tuple[Nearest, float]:
    """Compute distances in float64, and tell what no row that was left out can be nearer than."""
    rows = np.stack([row_of(point) for point in points]) if points else np.empty((0, len(query)), np.float32)
    ids = np.array([str((point.payload or {})[ID]).encode() for point in points], np.bytes_)
    distances = np.linalg.norm(rows.astype(np.float64) - query, axis=1)
    order = np.lexsort((ids, distances))
    worst = points[-1].score if points else 0.0
    squared = 2 - 2 * worst - 2 * _ROUNDING if metric == "cosine" else (worst * (1 - _ROUNDING)) ** 2
    floor = np.inf if exhausted else float(np.sqrt(max(0.0, squared)))
    return Nearest(ids[order], rows[order], distances[order], exhausted), floor


def _request(options: Options, query: Vector, wanted: models.Filter | None, limit: int) -> models.QueryRequest:
    return models.QueryRequest(
        query=query.tolist(),
        using=IMAGE,
        filter=wanted,
        params=models.SearchParams(exact=options.exact, hnsw_ef=options.ef),
        limit=limit,
        with_vector=[IMAGE],
        with_payload=[ID],
    )


def _first(nearest: Nearest, count: int) -> Nearest:
    exhausted = nearest.exhausted and len(nearest.ids) <= count
    return Nearest(nearest.ids[:count], nearest.rows[:count], nearest.distances[:count], exhausted)
