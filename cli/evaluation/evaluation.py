"""What an evaluation has found, for people and for machines."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cli.evaluation import classification, intervals, measures
from cli.evaluation.classification import LabelScores
from cli.evaluation.intervals import Estimate
from cli.evaluation.measures import Values
from cli.evaluation.ranking import Ranking
from cli.evaluation.relevance import judge
from cli.evaluation.task import Task
from cli.failures import CommandFailed

VERSION = 1
KEPT = ("hit@1", "hit@5", "AP")
"""Measures of which a saved evaluation has every query's value, for paired tests."""

_MEANS = {"AP": "mAP", "RR": "MRR", "hit@1": "accuracy"}
_OF_LABELS = frozenset({"original", "leave-one-out", "lists"})
"""Protocols in which a label has several queries, so that the nearest neighbour can be read as a classifier."""


@dataclass(frozen=True)
class Evaluation:
    """Measures of one setup on one task.

    Attributes:
        source: Where the pictures come from.
        protocol: How they were divided.
        setup: What was evaluated, as the user wrote it.
        space: Recipe, weights and fingerprint.
        gallery: How many pictures were searched in.
        queries: What was searched with; names.
        refused: Pictures that the embedder did not understand.
        estimates: Every measure with its interval.
        values: Of some measures, the value of each query.
        kinds: For each label or kind of query: its queries, accuracy, hit@5 and mAP.
        by_label: For each label: precision, recall and F1 of the nearest neighbour.
    """

    source: str
    protocol: str
    setup: str
    space: Mapping[str, Any]
    gallery: int
    queries: Sequence[str]
    refused: Sequence[str]
    estimates: Mapping[str, Estimate]
    values: Mapping[str, Values]
    kinds: Mapping[str, Mapping[str, float]]
    by_label: Mapping[str, LabelScores]

    def saved(self) -> "Saved":
        """Give what paired tests need."""
        told = json.dumps([self.protocol, self.gallery, sorted(self.queries)])
        task = hashlib.sha256(told.encode()).hexdigest()[:16]
        return Saved(self.setup, task, self.queries, self.values)

    def as_json(self) -> str:
        """Write it down for a machine, and for `read`."""
        document = {
            "version": VERSION,
            "task": self.saved().task,
            "source": self.source,
            "protocol": self.protocol,
            "setup": self.setup,
            "space": dict(self.space),
            "gallery": self.gallery,
            "queries": len(self.queries),
            "refused": list(self.refused),
            "measures": {name: _rounded(asdict(estimate)) for name, estimate in self.estimates.items()},
            "kinds": {kind: _rounded(row) for kind, row in self.kinds.items()},
            "labels": {label: _rounded(asdict(scores)) for label, scores in self.by_label.items()},
            "values": {
                "query": list(self.queries),
                **{name: [_or_none(value) for value in self.values[name].tolist()] for name in self.values},
            },
        }
        return json.dumps(document, indent=1, ensure_ascii=False)


def evaluate(
    task: Task, ranking: Ranking, setup: str, space: Mapping[str, Any], refused: Sequence[str] = ()
) -> Evaluation:
    """Measure a ranking."""
    relevance = judge(task, ranking)
    values = measures.measure(relevance)
    estimates = {_MEANS.get(name, name.replace("AP@", "mAP@")): one for name, one in intervals.of_means(values).items()}
    by_label = {}
    if task.protocol in _OF_LABELS:
        estimates |= intervals.of_macro(relevance)
        by_label = classification.by_label(relevance)
    return Evaluation(
        source=task.source,
        protocol=task.protocol,
        setup=setup,
        space=space,
        gallery=len(task.gallery),
        queries=[query.name for query in task.queries],
        refused=list(refused),
        estimates=estimates,
        values={name: values[name] for name in KEPT if name in values},
        kinds=_by_kind(task, values),
        by_label=by_label,
    )


def _by_kind(task: Task, values: Mapping[str, Values]) -> dict[str, dict[str, float]]:
    kinds = np.array([query.kind or query.label for query in task.queries])
    told = [(name, _MEANS.get(name, name)) for name in KEPT if name in values]
    rows = {}
    for kind in np.unique(kinds).tolist():
        own = kinds == kind
        row: dict[str, float] = {"queries": int(own.sum())}
        for name, shown in told:
            known = values[name][own]
            known = known[~np.isnan(known)]
            row[shown] = float(known.mean()) if len(known) else 0.0
        rows[kind] = row
    return rows


@dataclass(frozen=True)
class Saved:
    """What paired tests need of an evaluation.

    Attributes:
        setup: What was evaluated.
        task: Names the task: evaluations of the same queries in the same gallery have the same.
        queries: Their names.
        values: Of some measures, the value of each query.
    """

    setup: str
    task: str
    queries: Sequence[str]
    values: Mapping[str, Values]


def read(path: Path) -> Saved:
    """Read an evaluation that `--json` has written.

    Raises:
        CommandFailed: It is none, or one of another version.
    """
    try:
        document = json.loads(path.read_text())
        if document["version"] != VERSION:
            raise CommandFailed(f"{path} was written by another version.", "Make it again by --json.")
        values = dict(document["values"])
        queries = values.pop("query")
        arrays = {name: np.array(value, np.float64) for name, value in values.items()}
        return Saved(document["setup"], document["task"], queries, arrays)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandFailed(f"{path} is no evaluation that --json has written.") from error


def _rounded(row: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in row.items()}


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6)
