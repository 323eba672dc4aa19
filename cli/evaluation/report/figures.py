"""The report's diagrams, as PNGs."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cli.evaluation.measures import precision_at_recall
from cli.evaluation.ranking import Ranking
from cli.evaluation.relevance import Relevance

SAME, OTHER = "#2463c4", "#d9772b"
_INK, _FAINT = "#333a45", "#d8dde5"
_BINS = 80
_MOST_DISTANCES = 1_000_000


def precision_recall(relevance: Relevance) -> bytes:
    """Draw the precision at each recall, averaged over the queries; where not all was ranked, that of each rank."""
    figure, axes = _blank("precision, and the share of relevant pictures that are found by then")
    if relevance.whole:
        precision = precision_at_recall(relevance)
        recall = np.linspace(0, 1, len(precision))
        axes.fill_between(recall, precision, color=SAME, alpha=0.12, linewidth=0)
        axes.plot(recall, precision, color=SAME, linewidth=2)
        axes.set_xlabel("recall")
    else:
        ranks = np.arange(1, relevance.found.shape[1] + 1)
        axes.plot(ranks, relevance.hits.cumsum(axis=1).mean(axis=0) / ranks, color=SAME, linewidth=2)
        axes.set_xlabel("rank")
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("precision")
    return _png(figure)


def distances(ranking: Ranking, relevance: Relevance) -> bytes:
    """Draw how far queries are from pictures of their own label and of others; each curve has the area 1."""
    step = max(1, ranking.distances.size // _MOST_DISTANCES)
    far, same = ranking.distances.ravel()[::step], relevance.hits.ravel()[::step]
    edges = np.histogram_bin_edges(far, _BINS)
    figure, axes = _blank("distances of a query to the pictures that were ranked")
    for chosen, name, colour in ((~same, "other labels", OTHER), (same, "the query's label", SAME)):
        if chosen.any():
            heights, _ = np.histogram(far[chosen], edges, density=True)
            axes.stairs(heights, edges, fill=True, alpha=0.25, color=colour)
            axes.stairs(heights, edges, color=colour, linewidth=1.6, label=name)
    axes.set_xlabel("distance")
    axes.set_yticks([])
    axes.legend(frameon=False, labelcolor=_INK)
    return _png(figure)


def confusions(pairs: Sequence[tuple[str, str, int]]) -> bytes:
    """Draw the most frequent mistakes as bars, the most frequent one at the top."""
    figure, axes = _blank("labels that are taken for one another", height=max(2.0, 0.5 + 0.3 * len(pairs)))
    names = [f"{_short(wanted)}  →  {_short(found)}" for wanted, found, _ in reversed(pairs)]
    counts = [count for _, _, count in reversed(pairs)]
    bars = axes.barh(range(len(pairs)), counts, color=OTHER, height=0.7)
    axes.bar_label(bars, padding=4, color=_INK, fontsize=9)
    axes.set_yticks(range(len(pairs)), names, fontsize=9)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    return _png(figure)


def scatter(points: NDArray[np.float64], colours: Sequence[str]) -> bytes:
    """Draw the map of the collection, without names."""
    figure, axes = _blank("map of the gallery", height=6.5)
    axes.scatter(points[:, 0], points[:, 1], c=colours, s=10, linewidths=0)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return _png(figure)


def _blank(title: str, height: float = 4.0) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11, color=_INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_FAINT)
    axes.tick_params(colors=_INK, labelsize=9, length=0)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    axes.grid(color=_FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _short(name: str) -> str:
    # Labels come from strangers; matplotlib would read what stands between dollar signs as a formula.
    shown = name if len(name) <= 28 else f"{name[:27]}…"
    return shown.replace("$", r"\$")


def _png(figure: Figure) -> bytes:
    encoded = io.BytesIO()
    figure.savefig(encoded, format="png", dpi=130)
    return encoded.getvalue()
