"""Results as tables in Markdown, as the README has them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from benchmarks.index.latency import Latency
from benchmarks.index.writes import Live

Results = Mapping[str, Mapping[str, Latency]]
"""By size and contender."""


def report(latencies: Results, lives: Mapping[str, Live]) -> Iterator[str]:
    """Write all tables, line by line."""
    yield "One query / 32 queries at once, median in ms:\n"
    yield from _by_contender(latencies, lambda found: f"{_ms(found.one_median)} / {_ms(found.batch_median)}")
    yield "\nThe same, 95th percentile:\n"
    yield from _by_contender(latencies, lambda found: f"{_ms(found.one_p95)} / {_ms(found.batch_p95)}")
    yield "\nMemory relative to the vectors' own bytes / recall@10 / seconds to build:\n"
    yield from _by_contender(
        latencies,
        lambda found: (
            f"{found.memory:.2f} / {'-' if found.recall is None else f'{found.recall:.4f}'} / {found.build_seconds:.1f}"
        ),
    )
    if lives:
        yield "\nWhile it is written to:\n"
        yield from _table(["", *lives], _live_rows(list(lives.values())))


def _by_contender(latencies: Results, cell: Callable[[Latency], str]) -> Iterator[str]:
    names = dict.fromkeys(name for found in latencies.values() for name in found)
    rows = (
        [name, *(cell(found[name]) if name in found else "not tried" for found in latencies.values())] for name in names
    )
    return _table(["", *latencies], rows)


def _live_rows(lives: Sequence[Live]) -> Iterator[list[str]]:
    def row(name: str, cell: Callable[[Live], str]) -> list[str]:
        return [name, *map(cell, lives)]

    yield row("1,000 added: visible after, median", lambda it: f"{_ms(it.visible_median)} ms")
    yield row("1,000 added: visible after, slowest of 20", lambda it: f"{_ms(it.visible_slowest)} ms")
    yield row("added a second, while queries are asked", lambda it: f"{it.added_a_second:,.0f}")
    yield row("removed a second, while queries are asked", lambda it: f"{it.removed_a_second:,.0f}")
    yield row("query: alone, median", lambda it: f"{_ms(it.query_quiet)} ms")
    yield row("query: alone, slowest", lambda it: f"{_ms(it.quiet_slowest)} ms")
    yield row("query: during additions, median", lambda it: f"{_ms(it.query_while_adding)} ms")
    yield row("query: during removals, median", lambda it: f"{_ms(it.query_while_removing)} ms")
    yield row("query: while a segment of 70 % is written, median", lambda it: f"{_ms(it.query_while_merging)} ms")
    yield row("query: while a segment of 70 % is written, slowest", lambda it: f"{_ms(it.merging_slowest)} ms")
    yield row("the segment was written in", lambda it: f"{it.merging_seconds:.1f} s")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cells)} |".replace("|  |", "| |")


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"
