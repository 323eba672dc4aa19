import io

from rich.console import Console

from cli.ingest import progress
from cli.ingest.tally import Tally


def test_without_a_terminal_there_are_plain_lines() -> None:
    written = io.StringIO()
    with progress.shown(Console(file=written), every_seconds=0) as on_change:
        on_change(Tally(total=10, added=4))
    assert written.getvalue().startswith("4 of 10: 4 added, 0 failed, ")
    assert "left" in written.getvalue()


def test_without_a_terminal_not_every_change_is_a_line() -> None:
    written = io.StringIO()
    with progress.shown(Console(file=written), every_seconds=3600) as on_change:
        on_change(Tally(total=10, added=4))
    assert written.getvalue() == ""


def test_on_a_terminal_there_is_a_bar() -> None:
    written = io.StringIO()
    with progress.shown(Console(file=written, force_terminal=True, width=100)) as on_change:
        on_change(Tally())
        on_change(Tally(total=10, added=10))
    assert "10/10" in written.getvalue()
