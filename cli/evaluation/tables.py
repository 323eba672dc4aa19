"""What an evaluation says on a terminal, or in lines with tabs between the fields for another program."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import typer
from rich.table import Table
from rich.text import Text

from cli import console
from cli.console import printable
from cli.evaluation.evaluation import Evaluation
from cli.evaluation.pairing import SIGNIFICANT, Difference
from cli.evaluation.published import figures_for

Row = tuple[str, ...]

_MOST_KINDS = 20


def show(evaluation: Evaluation) -> None:
    """Print the measures, beside the published ones where those are of the same task."""
    console.say(described(evaluation))
    _print(*measured(evaluation))
    if evaluation.protocol == "copies":
        _print(*kinds(evaluation))


def described(evaluation: Evaluation) -> str:
    """Say in a line what was evaluated."""
    space = evaluation.space
    refused = f", {len(evaluation.refused)} pictures refused" if evaluation.refused else ""
    return (
        f"{printable(evaluation.source)}, protocol {evaluation.protocol}: {len(evaluation.queries)} queries in "
        f"{evaluation.gallery} pictures{refused}; {evaluation.setup}: recipe {space.get('recipe', 'unknown')}, "
        f"weights {space.get('weights', 'unknown')}, space {space['fingerprint']}"
    )


def measured(evaluation: Evaluation) -> tuple[Row, list[Row]]:
    """Give the heading and the rows of all measures, in percent."""
    published = figures_for(evaluation)
    heading: Row = ("measure", "value", "95 % interval")
    if published:
        heading += ("published", "difference")
    rows = []
    for name, one in evaluation.estimates.items():
        row: Row = (name, percent(one.value), f"{percent(one.low)} to {percent(one.high)}")
        if published:
            figure = published.get(name)
            row += ("", "") if figure is None else (percent(figure), f"{100 * (one.value - figure):+.2f}")
        rows.append(row)
    return heading, rows


def kinds(evaluation: Evaluation) -> tuple[Row, list[Row]]:
    """Give the heading and the rows of each kind of query, the worst first."""
    columns = list(next(iter(evaluation.kinds.values())))
    worst = sorted(evaluation.kinds.items(), key=lambda item: (item[1].get("accuracy", 0), item[0]))
    rows = [
        (printable(kind), *(f"{row[name]:.0f}" if name == "queries" else percent(row[name]) for name in columns))
        for kind, row in worst[:_MOST_KINDS]
    ]
    return ("kind", *columns), rows


def show_differences(first: str, second: str, found: Mapping[str, Difference], *, as_json: bool = False) -> None:
    """Print how the second setup differs from the first."""
    if as_json:
        typer.echo(json.dumps({name: asdict(one) for name, one in found.items()}, indent=1))
    else:
        _print(*compared(first, second, found))


def compared(first: str, second: str, found: Mapping[str, Difference]) -> tuple[Row, list[Row]]:
    """Give the heading and the rows of differences, in percent and in points."""
    rows: list[Row] = [
        (
            name,
            percent(one.first),
            percent(one.second),
            f"{100 * (one.second - one.first):+.2f}",
            f"{100 * one.low:+.2f} to {100 * one.high:+.2f}",
            f"{one.p:.2g}",
            ("better" if one.second > one.first else "worse") if one.p < SIGNIFICANT else "no difference shown",
        )
        for name, one in found.items()
    ]
    return ("measure", first, second, "difference", "95 % interval", "p", "the second is"), rows


def percent(value: float) -> str:
    """Write a share in percent."""
    return f"{100 * value:.2f}"


def _print(heading: Row, rows: Sequence[Row]) -> None:
    output = console.results()
    if not output.is_terminal:
        for row in (heading, *rows):
            typer.echo("\t".join(row))
        return
    table = Table()
    for place, name in enumerate(heading):
        table.add_column(name, justify="left" if place == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    output.print(table, soft_wrap=False)
