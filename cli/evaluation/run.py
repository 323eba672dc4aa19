"""Runs evaluations for a person or for a program."""

from dataclasses import dataclass
from pathlib import Path

import anyio
import numpy as np
import typer
from numpy.typing import NDArray

from cli import console, progress
from cli.connection import Server
from cli.evaluation import gate, tables
from cli.evaluation.embedding import Embedder
from cli.evaluation.evaluation import Evaluation, evaluate, read
from cli.evaluation.ranking import MOST_PAIRS, Ranking, by_library
from cli.evaluation.request import Request, Through
from cli.evaluation.setup import Setup, parse
from cli.evaluation.sources import choice, collection
from cli.evaluation.task import Task
from cli.evaluation.through_services import by_services
from shared.settings import CacheSettings

_TIMED = 30
"""Pictures that are embedded one by one for the report's latency."""


@dataclass(frozen=True)
class Outcome:
    """An evaluation, and what it was made of."""

    evaluation: Evaluation
    task: Task
    ranking: Ranking
    vectors: NDArray[np.float32]
    """(n, dimensions), of the gallery."""
    latencies: list[float]
    """Seconds that embedding took, picture by picture; none where no report was asked for."""


@dataclass(frozen=True)
class Evaluator:
    """Evaluates setups on a task.

    Attributes:
        task: What is searched with, and in.
        embedder: Where an embedder runs; None: one is started where it is needed.
        through: Whether a library ranks, or the services do.
        timed: Whether embedding is timed, too.
    """

    task: Task
    embedder: Server | None
    through: Through
    timed: bool

    async def run(self, setup: Setup) -> Outcome:
        """Embed, rank and measure.

        Raises:
            CommandFailed: A service does not start or gives up, or no picture was understood.
        """
        asked = self.task.limited(max(1, MOST_PAIRS // len(self.task.gallery)))
        async with Embedder(setup, self.embedder, CacheSettings().lookalike_cache) as embedder:
            return await self._run(setup, asked, embedder)

    async def _run(self, setup: Setup, asked: Task, embedder: Embedder) -> Outcome:
        with progress.shown(console.messages(), "Embedding") as on_progress:
            embedded = await embedder.embed(asked.pictures, on_progress)
        task = asked.without(embedded.refused)
        gallery = embedded.vectors[: len(task.gallery)]
        if self.through == "services":
            with progress.shown(console.messages(), "Searching") as on_progress:
                found = await by_services(setup, await embedder.server(), task, on_progress)
        else:
            queries = embedded.vectors[len(gallery) :] if task.places is None else gallery[list(task.places)]
            found = await by_library(setup, embedded.space.ref(), gallery, queries, task.places)
        latencies = await embedder.latencies(task.queries[:_TIMED]) if self.timed else []
        evaluation = evaluate(task, found, setup.name, embedded.space.model_dump(), sorted(embedded.refused))
        return Outcome(evaluation, task, found, gallery, latencies)


def run(request: Request) -> None:
    """Do what the command was asked for.

    Raises:
        CommandFailed: Something that is needed is not there, or quality has fallen.
    """
    if request.compare:
        _compare(request, request.compare)
        return
    setup = parse(request.setup)
    if request.collection is not None:
        outcome = anyio.run(of_collection, request.search, request.collection, setup)
    else:
        outcome = anyio.run(_evaluator(request).run, setup)
    _tell(outcome, request)


def _compare(request: Request, names: tuple[str, str]) -> None:
    saved = []
    for name in names:
        if request.source is None:
            saved.append(read(Path(name)))
        else:
            saved.append(anyio.run(_evaluator(request).run, parse(name)).evaluation.saved())
    first, second = saved
    tables.show_differences(*names, gate.differences(first, second), as_json=request.as_json)


def _evaluator(request: Request) -> Evaluator:
    return Evaluator(choice.task(request), request.embedder, request.through, timed=request.report is not None)


async def of_collection(search: Server, name: str, setup: Setup) -> Outcome:
    """Evaluate a running collection with the vectors that it has: each labelled image is to find the others.

    Raises:
        CommandFailed: There is none, its labels are of no use, or the service cannot be reached.
    """
    with progress.shown(console.messages(), "Reading") as on_progress:
        held = await collection.read(search, name, on_progress)
    task = held.task.limited(max(1, MOST_PAIRS // len(held.vectors)))
    assert task.places is not None, "each image is searched for among the others"
    found = await by_library(setup, held.space, held.vectors, held.vectors[list(task.places)], task.places)
    return Outcome(evaluate(task, found, setup.name, held.space.model_dump()), task, found, held.vectors, [])


def _tell(outcome: Outcome, request: Request) -> None:
    evaluation = outcome.evaluation
    if request.as_json:
        typer.echo(evaluation.as_json())
    else:
        tables.show(evaluation)
    if request.report is not None:
        from cli.evaluation.report import write  # it draws, which takes a second to import

        console.say(f"The report is {write(outcome, request.report)}")
    if request.against is not None:
        found = gate.differences(read(request.against), evaluation.saved())
        if not request.as_json:
            tables.show_differences("baseline", evaluation.setup, found)
        gate.require_no_fall(found)
