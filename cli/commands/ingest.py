"""`lookalike ingest DIR`: add a folder of images to a collection."""

from pathlib import Path
from typing import Annotated

import anyio
import typer

from cli import connection, console, failures
from cli.failures import CommandFailed
from cli.ingest.report import RESUME, ingest_and_report
from cli.ingest.tally import Tally
from cli.options import Collection, Url
from shared.clients.gateway import DEFAULT_URL, GatewayClient
from shared.contracts.base import DEFAULT_COLLECTION
from shared.errors import LookalikeError


def ingest(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="A folder; all below it is taken too.")
    ],
    jobs: Annotated[int, typer.Option(min=1, max=256, help="How many uploads are under way at once.")] = 8,
    url: Url = DEFAULT_URL,
    collection: Collection = DEFAULT_COLLECTION,
) -> None:
    """Add the images of DIR that are not there yet. The name of the folder that an image lies in becomes its label."""
    try:
        tally = anyio.run(_ingest, url, folder, collection, jobs)
    except KeyboardInterrupt:
        console.say(f"Stopped. {RESUME}")
        raise
    raise typer.Exit(1 if tally.failures else 0)


async def _ingest(url: str, folder: Path, collection: str, jobs: int) -> Tally:
    async with connection.gateway(url, jobs + 1) as client:
        await _require_ready(client, url)
        return await ingest_and_report(client, url, folder, collection, jobs)


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
