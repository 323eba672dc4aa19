"""Which of the pictures found are relevant: those of the query's label."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cli.evaluation.ranking import Ranking
from cli.evaluation.task import Task


@dataclass(frozen=True)
class Relevance:
    """Labels as numbers, and what of a ranking is relevant.

    Attributes:
        labels: Every label, in the order of their names.
        wanted: Number of each query's label; shape (queries,).
        found: Numbers of the labels found, nearest first; shape (queries, depth).
        relevant: How many relevant pictures the gallery has for each query; shape (queries,).
        whole: Whether the whole gallery was ranked, so that every relevant picture has its rank.
    """

    labels: tuple[str, ...]
    wanted: NDArray[np.int32]
    found: NDArray[np.int32]
    relevant: NDArray[np.int64]
    whole: bool

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Whether the picture of each rank is relevant; shape (queries, depth)."""
        hits: NDArray[np.bool_] = self.found == self.wanted[:, None]
        return hits


def judge(task: Task, ranking: Ranking) -> Relevance:
    """Compare the labels of what was found with those of the queries."""
    labels = tuple(sorted({picture.label for picture in (*task.gallery, *task.queries)}))
    number_of = {label: number for number, label in enumerate(labels)}
    gallery = np.array([number_of[picture.label] for picture in task.gallery], np.int32)
    wanted = np.array([number_of[picture.label] for picture in task.queries], np.int32)
    relevant = np.bincount(gallery, minlength=len(labels))[wanted] - (task.places is not None)
    depth = ranking.order.shape[1]
    whole = depth == len(gallery) - (task.places is not None)
    return Relevance(labels, wanted, gallery[ranking.order], relevant, whole)
