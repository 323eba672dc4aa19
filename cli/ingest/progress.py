"""Shows how far an ingest is."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from cli import progress
from cli.ingest.tally import OnChange, Tally


@contextmanager
def shown(messages: Console, every_seconds: float = 5) -> Iterator[OnChange]:
    """Give a function that is to be called with each change of the tally."""
    with progress.shown(messages, "Loading", every_seconds) as on_progress:

        def update(tally: Tally) -> None:
            on_progress(tally.done, tally.total, f"{tally.added} added, {len(tally.failures)} failed")

        yield update
