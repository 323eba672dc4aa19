"""`lookalike doctor`: what is set up, what is missing, and how to mend it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from cli import connection, console, diagnosis
from cli.connection import Server
from cli.diagnosis import Finding
from cli.failures import CommandFailed
from cli.options import ApiKey, Url
from shared.clients.gateway import DEFAULT_URL
from shared.contracts.gateway import Stats


def doctor(
    data: Annotated[Path, typer.Option(file_okay=False, help="Folder for all that is kept.")] = Path("data"),
    gateway_port: Annotated[int, typer.Option(min=1, max=65535, envvar="GATEWAY_PORT")] = 8000,
    embedder_port: Annotated[int, typer.Option(min=1, max=65535, envvar="EMBEDDER_PORT")] = 8001,
    search_port: Annotated[int, typer.Option(min=1, max=65535, envvar="SEARCH_PORT")] = 8002,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Show what is set up, what is missing, and how to mend it."""
    listening = {"gateway": gateway_port, "embedder": embedder_port, "search": search_port}
    findings = list(diagnosis.examine(data.absolute(), listening, _running(Server(url, api_key))))
    _print(findings)
    broken = any(finding.needed and not finding.good for finding in findings)
    raise typer.Exit(1 if broken else 0)


def _running(server: Server) -> Stats | None:
    try:
        with connection.blocking_gateway(server) as client:
            return client.stats()
    except CommandFailed:
        return None


def _print(findings: list[Finding]) -> None:
    output = console.results()
    table = Table("", "", Column("found", overflow="fold"), Column("to mend it", overflow="fold"), box=None)
    for finding in findings:
        sign, style = ("✓", "green") if finding.good else ("✗", "red") if finding.needed else ("-", "yellow")
        mend = "" if finding.good else finding.mend + ("" if finding.needed else " (optional)")
        table.add_row(Text(sign, style), finding.what, Text(finding.detail), Text(mend))
        if not output.is_terminal:
            typer.echo("\t".join((sign, finding.what, finding.detail, mend)).rstrip())
    if output.is_terminal:
        output.print(table, soft_wrap=False)
