"""Shows how far an ingest is: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from cli.ingest.tally import OnChange, Tally


@contextmanager
def shown(messages: Console, every_seconds: float = 5) -> Iterator[OnChange]:
    """Give a function that is to be called with each change of the tally."""
    if not messages.is_terminal:
        yield _Lines(messages, every_seconds)
        return
    columns = (TextColumn("Loading"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=messages) as bar:
        task, began = bar.add_task("", total=None, rate=""), time.monotonic()

        def update(tally: Tally) -> None:
            rate = tally.done / max(time.monotonic() - began, 1e-3)
            failed = f", {len(tally.failures)} failed" if tally.failures else ""
            bar.update(task, completed=tally.done, total=tally.total, rate=f"{rate:.0f} a second{failed}")

        yield update


class _Lines:
    def __init__(self, messages: Console, every_seconds: float) -> None:
        self._messages = messages
        self._every_seconds = every_seconds
        self._began = self._last = time.monotonic()

    def __call__(self, tally: Tally) -> None:
        now = time.monotonic()
        if now - self._last < self._every_seconds:
            return
        self._last = now
        rate = tally.done / (now - self._began)
        line = f"{tally.done} of {tally.total or 'unknown'}: {tally.added} added, {len(tally.failures)} failed"
        if tally.total and rate:
            left = timedelta(seconds=round((tally.total - tally.done) / rate))
            line += f", {rate:.0f} a second, {left} left"
        self._messages.print(Text(line))
