"""The nearest neighbour as a classifier: its label is the prediction."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import classification_report

from cli.evaluation.relevance import Relevance

MACRO = ("precision", "recall", "f1")


@dataclass(frozen=True, slots=True)
class LabelScores:
    """What scikit-learn's report has for a label."""

    precision: float
    recall: float
    f1: float
    queries: int


def by_label(relevance: Relevance) -> dict[str, LabelScores]:
    """Give scikit-learn's `classification_report`, label by label; those that nobody had or predicted are left out."""
    wanted, predicted = relevance.wanted, relevance.found[:, 0]
    numbers = np.union1d(wanted, predicted)
    report = classification_report(wanted, predicted, labels=numbers, output_dict=True, zero_division=0)
    return {
        relevance.labels[number]: LabelScores(row["precision"], row["recall"], row["f1-score"], int(row["support"]))
        for number, row in ((number, report[str(number)]) for number in numbers)
    }


def macro(wanted: NDArray[np.int32], predicted: NDArray[np.int32], labels: int) -> tuple[float, float, float]:
    """Average precision, recall and F1 over the labels that somebody has or predicted, as scikit-learn does.

    Faster than scikit-learn, for the bootstrap asks a thousand times.
    """
    right = np.bincount(wanted[wanted == predicted], minlength=labels)
    had, told = np.bincount(wanted, minlength=labels), np.bincount(predicted, minlength=labels)
    there = had + told > 0
    right, had, told = right[there], had[there], told[there]
    precision = right / np.maximum(told, 1)
    recall = right / np.maximum(had, 1)
    f1 = 2 * right / (had + told)
    return float(precision.mean()), float(recall.mean()), float(f1.mean())


def confusions(relevance: Relevance, most: int) -> list[tuple[str, str, int]]:
    """Give the most frequent mistakes: the query's label, its nearest neighbour's, and how often."""
    wanted, predicted = relevance.wanted, relevance.found[:, 0]
    wrong = wanted != predicted
    pairs, counts = np.unique(np.stack([wanted[wrong], predicted[wrong]]), axis=1, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:most]
    return [
        (relevance.labels[pairs[0, place]], relevance.labels[pairs[1, place]], int(counts[place])) for place in order
    ]
