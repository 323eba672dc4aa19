"""Queries that are worth a look: those that find most of what they should, and those that find least."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cli.evaluation.measures import Values
from cli.evaluation.ranking import Ranking
from cli.evaluation.relevance import Relevance
from cli.evaluation.report.pictures import Thumbnails
from cli.evaluation.task import Task

_EACH = 12
_NEIGHBOURS = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture in the report."""

    label: str
    name: str
    image: str
    right: bool = True
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A query and its nearest neighbours."""

    query: Shown
    value: float
    neighbours: Sequence[Shown]


def worst(task: Task, ranking: Ranking, relevance: Relevance, values: Values, made: Thumbnails) -> list[Example]:
    """Give queries of the smallest values, of each label one at most."""
    return _examples(np.argsort(values, kind="stable"), task, ranking, relevance, values, made)


def best(task: Task, ranking: Ranking, relevance: Relevance, values: Values, made: Thumbnails) -> list[Example]:
    """Give queries of the largest values, of each label one at most."""
    return _examples(np.argsort(-values, kind="stable"), task, ranking, relevance, values, made)


def _examples(
    order: NDArray[np.int64], task: Task, ranking: Ranking, relevance: Relevance, values: Values, made: Thumbnails
) -> list[Example]:
    chosen: dict[str, int] = {}
    for number in order[~np.isnan(values[order])].tolist():
        chosen.setdefault(task.queries[number].label, number)
        if len(chosen) == _EACH:
            break
    return [_example(number, task, ranking, relevance, float(values[number]), made) for number in chosen.values()]


def _example(
    number: int, task: Task, ranking: Ranking, relevance: Relevance, value: float, made: Thumbnails
) -> Example:
    query = task.queries[number]
    neighbours = []
    for rank, place in enumerate(ranking.order[number, :_NEIGHBOURS].tolist()):
        picture, right = task.gallery[place], bool(relevance.hits[number, rank])
        distance = float(ranking.distances[number, rank])
        neighbours.append(Shown(picture.label, picture.name, made.small(picture), right, distance))
    return Example(Shown(query.label, query.name, made.small(query)), value, neighbours)
