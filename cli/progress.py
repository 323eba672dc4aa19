"""Shows how far a long piece of work is: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text


class OnProgress(Protocol):
    """Is told how much of a total is done, and what else is worth telling; a total of None is not known yet."""

    def __call__(self, done: int, total: int | None, note: str = "") -> None: ...


@contextmanager
def shown(messages: Console, doing: str, every_seconds: float = 5) -> Iterator[OnProgress]:
    """Give a function that is to be called with each step; `doing` names the work, as in `Loading`."""
    if not messages.is_terminal:
        yield _Lines(messages, every_seconds)
        return
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=messages) as bar:
        task, began = bar.add_task("", total=None, rate=""), time.monotonic()

        def update(done: int, total: int | None, note: str = "") -> None:
            rate = done / max(time.monotonic() - began, 1e-3)
            told = ", ".join(filter(None, (f"{rate:.0f} a second", note)))
            bar.update(task, completed=done, total=total, rate=told)

        yield update


class _Lines:
    def __init__(self, messages: Console, every_seconds: float) -> None:
        self._messages = messages
        self._every_seconds = every_seconds
        self._began = self._last = time.monotonic()

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        now = time.monotonic()
        if now - self._last < self._every_seconds:
            return
        self._last = now
        rate = done / (now - self._began)
        line = f"{done} of {total or 'unknown'}"
        if note:
            line += f": {note}"
        if total and rate:
            left = timedelta(seconds=round(max(0, total - done) / rate))
            line += f", {rate:.0f} a second, {left} left"
        self._messages.print(Text(line))
