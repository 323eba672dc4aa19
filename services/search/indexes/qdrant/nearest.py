"""The nearest rows of queries: Qdrant says which, and their distances are computed again here, exactly."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from qdrant_client import models

from services.search.indexes.nearest import Nearest
from services.search.indexes.qdrant.asking import Answer, Question, ask
from services.search.indexes.qdrant.edition import Edition
from services.search.indexes.qdrant.options import Options
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
        questions = [Question(queries[number], limit, filters[number]) for number in missing]
        for number, told in zip(missing, _ask(edition, options, questions, min(count, known)), strict=True):
            nearest, floor = measured(edition.projection.metric, queries[number], told)
            enough = len(nearest.ids) >= count and floor > float(nearest.distances[count - 1])
            if nearest.exhausted or enough or asked >= _MOST:
                answers[number] = _first(nearest, count)
        asked *= _GROWTH
    return [answers[number] for number in range(len(queries))]


def _ask(edition: Edition, options: Options, questions: Sequence[Question], count: int) -> list[Answer]:
    """Have every image compared where a graph leads to fewer than are wanted: it may have no way to the others."""
    answers = ask(edition, options, questions)
    short = [number for number, told in enumerate(answers) if len(told.found) < count]
    if short and not options.exact:
        again = ask(edition, replace(options, exact=True), [questions[number] for number in short])
        for number, told in zip(short, again, strict=True):
            answers[number] = told
    return answers


def measured(metric: Metric, query: Vector, told: Answer) -> tuple[Nearest, float]:
    """Compute distances in float64, and tell what no row that was left out can be nearer than."""
    found = told.found
    rows = np.stack([one.row for one in found]) if found else np.empty((0, len(query)), np.float32)
    ids = np.array([one.id.encode() for one in found], np.bytes_)
    distances = np.linalg.norm(rows.astype(np.float64) - query, axis=1)
    order = np.lexsort((ids, distances))
    worst = found[-1].score if found else 0.0
    squared = 2 - 2 * worst - 2 * _ROUNDING if metric == "cosine" else (worst * (1 - _ROUNDING)) ** 2
    floor = float(np.sqrt(max(0.0, squared))) if told.more else np.inf
    return Nearest(ids[order], rows[order], distances[order], not told.more), floor


def _first(nearest: Nearest, count: int) -> Nearest:
    exhausted = nearest.exhausted and len(nearest.ids) <= count
    return Nearest(nearest.ids[:count], nearest.rows[:count], nearest.distances[:count], exhausted)
