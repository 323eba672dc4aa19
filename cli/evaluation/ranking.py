"""The gallery from the nearest to the farthest, for each query."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray

from cli.evaluation.services import answer_of
from cli.evaluation.setup import Setup
from shared.contracts.embedding import SpaceRef

MOST_PAIRS = 200_000_000
"""Of a query and a picture of the gallery, each of which takes eight bytes."""


@dataclass(frozen=True)
class Ranking:
    """What was found.

    Attributes:
        order: Places in the gallery, nearest first; shape (queries, depth).
        distances: Of these; ascending, shape (queries, depth).
    """

    order: NDArray[np.int32]
    distances: NDArray[np.float32]


async def by_library(
    setup: Setup,
    space: SpaceRef,
    gallery: NDArray[np.float32],
    queries: NDArray[np.float32],
    places: Sequence[int] | None,
) -> Ranking:
    """Rank the whole gallery with the search service's own projection and scikit-learn's distances.

    Args:
        setup: Has the index's settings, and the quality that is asked for.
        space: Of the vectors.
        gallery: Shape (n, dimensions).
        queries: Shape (m, dimensions).
        places: Where the queries are in the gallery, which are then left out; None: they are not in it.

    Raises:
        CommandFailed: The index cannot be made with these settings.
    """

    def write(folder: Path) -> None:
        np.save(folder / "gallery.npy", gallery)
        np.save(folder / "queries.npy", queries)
        hidden = None if places is None else list(places)
        task = {"space": space.model_dump(), "places": hidden, "quality": setup.quality}
        (folder / "task.json").write_text(json.dumps(task))

    with tempfile.TemporaryDirectory(prefix="lookalike-") as scratch:
        folder = Path(scratch)
        await to_thread.run_sync(write, folder)
        await answer_of("services.search.offline", setup.environment(), scratch)
        return Ranking(np.load(folder / "order.npy"), np.load(folder / "distances.npy"))
