"""Runs an ingest for a person: shows how far it is, and tells what came of it."""

from pathlib import Path

from rich.text import Text

from cli import console, failures
from cli.console import printable
from cli.failures import CommandFailed
from cli.ingest import progress
from cli.ingest.ingestor import Ingestor
from cli.ingest.tally import Tally
from shared.clients.gateway import GatewayClient
from shared.errors import LookalikeError

RESUME = "Run the same command again to go on: what is there already is not uploaded twice."


async def ingest_and_report(client: GatewayClient, url: str, folder: Path, collection: str, jobs: int = 8) -> Tally:
    """Ingest a folder of images; what came of it is told even where it is interrupted.

    Raises:
        CommandFailed: The gateway went away, or refuses whatever comes.
    """
    ingestor = Ingestor(client, collection, jobs=jobs)
    try:
        with progress.shown(console.messages()) as on_change:
            return await ingestor.run(folder, on_change)
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
