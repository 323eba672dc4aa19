"""Runs an ingest for a person: shows how far it is, and tells what came of it."""

import anyio
import typer
from rich.text import Text

from cli import connection, console, failures
from cli.connection import Server
from cli.console import printable
from cli.failures import CommandFailed
from cli.ingest import progress
from cli.ingest.ingestor import Ingestor
from cli.ingest.source import Source
from cli.ingest.tally import Tally
from shared.clients.gateway import GatewayClient
from shared.errors import LookalikeError

RESUME = "Run the same command again to go on: what is there already is not uploaded twice."


def run_ingest(source: Source, server: Server, collection: str, jobs: int) -> None:
    """Ingest a source as a command does: it ends with the exit status 1 where a candidate failed."""
    try:
        tally = anyio.run(_ingest, server, source, collection, jobs)
    except KeyboardInterrupt:
        console.say(f"Stopped. {RESUME}")
        raise
    raise typer.Exit(1 if tally.failures else 0)


async def _ingest(server: Server, source: Source, collection: str, jobs: int) -> Tally:
    async with connection.gateway(server, jobs + 1) as client:
        await _require_ready(client, server.url)
        return await ingest_and_report(client, server.url, source, collection, jobs)


async def _require_ready(client: GatewayClient, url: str) -> None:
    """Say at once what is wrong, where retrying every call would take a minute to."""
    readiness = await client.ready()
    if not readiness.ready:
        try:
            await client.stats()
        except LookalikeError as error:
            raise failures.of_gateway(error, url) from error
        raise CommandFailed(
            f"Lookalike at {url} is not ready: {', '.join(readiness.waiting_for)}", "Try again a little later."
        )


async def ingest_and_report(client: GatewayClient, url: str, source: Source, collection: str, jobs: int = 8) -> Tally:
    """Ingest the images of a source; what came of it is told even where it is interrupted.

    Raises:
        CommandFailed: The gateway went away, or refuses whatever comes.
    """
    ingestor = Ingestor(client, collection, jobs=jobs)
    try:
        with progress.shown(console.messages()) as on_change:
            return await ingestor.run(source, on_change)
    except LookalikeError as error:
        failure = failures.of_gateway(error, url)
        raise CommandFailed(failure.message, f"{failure.advice} {RESUME}".strip()) from error
    finally:
        report(ingestor.tally)


def report(tally: Tally) -> None:
    """Print the sum to standard output, and the files that failed, with their reasons, to standard error."""
    messages = console.messages()
    for failure in tally.failures:
        messages.print(Text.assemble((printable(failure.source), "red"), ": ", printable(failure.reason)))
    console.results().print(summary(tally), markup=False)


def summary(tally: Tally) -> str:
    """Say the counts in one line; those of rare cases only where there are some."""
    parts = [
        f"{tally.added} added",
        f"{tally.already_there} already there",
        f"{len(tally.failures)} failed",
    ]
    if tally.duplicates:
        parts.append(f"{tally.duplicates} duplicates")
    if tally.passed_over:
        kinds = ", ".join(f"{count} {why}" for why, count in sorted(tally.passed_over.items()))
        parts.append(f"passed over: {kinds}")
    return ", ".join(parts)
