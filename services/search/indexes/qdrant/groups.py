"""Groups of images that look the same, as `services.search.indexes.leaders` has them, found by queries to Qdrant."""

from collections.abc import Callable, Iterator

import numpy as np

from services.search.indexes.qdrant.asking import Question, ask
from services.search.indexes.qdrant.edition import Edition
from services.search.indexes.qdrant.nearest import measured
from services.search.indexes.qdrant.options import Options
from services.search.indexes.scoring import distance_at, score
from services.search.ports import Group, Vector

_AT_ONCE = 32
_FIRST_LIMIT = 64
_GROWTH = 8
_SAME = 1e-6
"""Distance between two forms of one vector: what was projected among others may differ in its last digits."""
_ROUNDING = 4e-6
"""Of the server's scores."""

Page = Callable[[str, int], list[str]]
"""Gives so many ids in their order, from the first that is larger than the given one."""


def groups(
    edition: Edition,
    options: Options,
    page: Page,
    count: int,
    least_score: float,
    on_progress: Callable[[float], None],
) -> list[Group]:
    """Find groups of at least two images, in the order of the ids of their leaders.

    Args:
        edition: Is searched.
        options: How; near-duplicates that a search in the graph misses are not in their group.
        page: Reads ids.
        count: About how many images there are.
        least_score: Score to its leader that each image of a group has at least.
        on_progress: Told how much is done, from 0 to 1; what it raises breaks the work off.
    """
    metric = edition.projection.metric
    near = distance_at(metric, least_score) + _SAME
    following: set[str] = set()
    found: list[Group] = []
    passed = 0
    for ids in _pages(page):
        on_progress(min(1.0, passed / max(1, count)))
        passed += len(ids)
        rows = edition.rows([key for key in ids if key not in following])
        around = _near(edition, options, list(rows.values()), near)
        neighbours = dict(zip(rows, around, strict=True))
        for leader in ids:
            if leader in following or leader not in neighbours:
                continue
            members = [(distance, key) for distance, key in neighbours[leader] if key > leader and key not in following]
            if members:
                following.update(key for _, key in members)
                scores = (1.0, *(score(metric, distance) for distance, _ in members))
                found.append(Group((leader, *(key for _, key in members)), scores))
    return found


def _pages(page: Page) -> Iterator[list[str]]:
    after = ""
    while ids := page(after, _AT_ONCE):
        yield ids
        after = ids[-1]


def _near(edition: Edition, options: Options, rows: list[Vector], near: float) -> list[list[tuple[float, str]]]:
    """Give distances and ids of what is near each row, nearest first."""
    cosine = edition.projection.metric == "cosine"
    threshold = 1 - near**2 / 2 - _ROUNDING if cosine else near * (1 + _ROUNDING)
    answers: dict[int, list[tuple[float, str]]] = {}
    limit = _FIRST_LIMIT
    while missing := [number for number in range(len(rows)) if number not in answers]:
        questions = [Question(rows[number], limit, threshold=threshold) for number in missing]
        for number, told in zip(missing, ask(edition, options, questions), strict=True):
            if not told.more:
                nearest, _ = measured(edition.projection.metric, rows[number], told)
                within = int(np.count_nonzero(nearest.distances <= near))
                ids = [key.decode() for key in nearest.ids[:within].tolist()]
                answers[number] = list(zip(nearest.distances[:within].tolist(), ids, strict=True))
        limit *= _GROWTH
    return [answers[number] for number in range(len(rows))]
