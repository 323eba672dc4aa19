"""Puts the report together."""

import base64
import statistics
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, StrictUndefined

from cli.evaluation import classification, measures, tables
from cli.evaluation.relevance import Relevance, judge
from cli.evaluation.report import atlas, examples, figures
from cli.evaluation.report.pictures import Thumbnails
from cli.failures import CommandFailed

if TYPE_CHECKING:
    from cli.evaluation.run import Outcome

_CONFUSIONS = 20


def write(outcome: "Outcome", folder: Path) -> Path:
    """Write `report.html`, its diagrams as PNGs beside it, and `evaluation.json`.

    Raises:
        CommandFailed: They cannot be written there.
    """
    task, ranking, evaluation = outcome.task, outcome.ranking, outcome.evaluation
    relevance = judge(task, ranking)
    values = measures.measure(relevance)
    told = values.get("AP", values.get("NDCG@10", values["hit@1"]))
    made = Thumbnails()
    laid_out = atlas.draw(outcome.vectors)
    mistakes = classification.confusions(relevance, _CONFUSIONS)
    drawn = {
        "precision-recall": figures.precision_recall(relevance),
        "distances": figures.distances(ranking, relevance),
    }
    if mistakes and evaluation.by_label:
        drawn["confusions"] = figures.confusions(mistakes)
    if laid_out:
        drawn["map"] = figures.scatter(laid_out.points, _colours(outcome, relevance, laid_out))
    page = _template().render(
        evaluation=evaluation,
        described=tables.described(evaluation),
        measures=tables.measured(evaluation),
        kinds=tables.kinds(evaluation),
        labels=[(label, asdict(scores)) for label, scores in evaluation.by_label.items()],
        figures={name: _address(png) for name, png in drawn.items() if name != "map"},
        worst=examples.worst(task, ranking, relevance, told, made),
        best=examples.best(task, ranking, relevance, told, made),
        map=_map(outcome, relevance, laid_out, made),
        latency=_latency(outcome.latencies),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, png in drawn.items():
            (folder / f"{name}.png").write_bytes(png)
        (folder / "evaluation.json").write_text(evaluation.as_json())
        (folder / "report.html").write_text(page, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"The report cannot be written to {folder}: {error.strerror}.") from error
    return folder / "report.html"


def _template() -> Any:
    text = resources.files("cli.evaluation.report").joinpath("template.html").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        text
    )


def _colours(outcome: "Outcome", relevance: Relevance, laid_out: atlas.Atlas) -> list[str]:
    number_of = {label: number for number, label in enumerate(relevance.labels)}
    labels = [number_of[outcome.task.gallery[place].label] for place in laid_out.places]
    return atlas.colours(np.array(labels, np.int32))


def _map(
    outcome: "Outcome", relevance: Relevance, laid_out: atlas.Atlas | None, made: Thumbnails
) -> list[dict[str, Any]]:
    """Describe the map's points for the page's script."""
    if laid_out is None:
        return []
    pictures = [outcome.task.gallery[place] for place in laid_out.places]
    return [
        {
            "x": round(x, 4),
            "y": round(y, 4),
            "colour": colour,
            "label": picture.label,
            "name": picture.name,
            "image": made.tiny(picture),
        }
        for picture, (x, y), colour in zip(
            pictures, laid_out.points.tolist(), _colours(outcome, relevance, laid_out), strict=True
        )
    ]


def _latency(seconds: list[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    milliseconds = sorted(1000 * one for one in seconds)
    return {
        "count": len(milliseconds),
        "median": statistics.median(milliseconds),
        "most": milliseconds[int(0.95 * (len(milliseconds) - 1))],
        "slowest": milliseconds[-1],
    }


def _address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
