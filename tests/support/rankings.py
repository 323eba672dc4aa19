"""Tasks and rankings whose measures can be told by hand."""

from collections.abc import Sequence

import numpy as np

from cli.evaluation.picture import Picture
from cli.evaluation.ranking import Ranking
from cli.evaluation.relevance import Relevance, judge
from cli.evaluation.task import Task


def pictures(labels: Sequence[str], kind: str = "picture") -> list[Picture]:
    return [Picture(f"{kind} {number}", label, lambda: b"", "") for number, label in enumerate(labels)]


def ranked(gallery: Sequence[str], queries: Sequence[str], orders: Sequence[Sequence[int]]) -> tuple[Task, Ranking]:
    """Labels of a gallery and of queries, and for each query the places of the gallery, nearest first."""
    task = Task("test", "lists", pictures(gallery), pictures(queries, "query"))
    order = np.array(orders, np.int32)
    distances = np.tile(np.arange(order.shape[1], dtype=np.float32), (len(order), 1))
    return task, Ranking(order, distances)


def judged(gallery: Sequence[str], queries: Sequence[str], orders: Sequence[Sequence[int]]) -> Relevance:
    return judge(*ranked(gallery, queries, orders))


def random_ranking(seed: int, labels: int = 4, gallery: int = 40, queries: int = 60) -> tuple[Task, Ranking]:
    """Every label is in the gallery; nearer pictures have the query's label a little more often."""
    chance = np.random.default_rng(seed)
    names = np.concatenate([np.arange(labels), chance.integers(0, labels, gallery - labels)])
    asked = chance.integers(0, labels, queries)
    scores = chance.standard_normal((queries, gallery)) - (names == asked[:, None])
    order = np.argsort(scores, axis=1)
    return ranked([f"label {name}" for name in names], [f"label {name}" for name in asked], order.tolist())
