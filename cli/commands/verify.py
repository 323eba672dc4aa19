"""`lookalike verify`: is everything there, and as it was?"""

from pathlib import Path
from typing import Annotated

import typer

from cli import service_token_file
from cli.options import DEFAULT_DATA, Data, Jobs, SearchUrls, ServiceToken, optional_collection
from cli.verification.report import run_verification
from shared.clients.search import DEFAULT_URL


def verify(
    search: SearchUrls = [DEFAULT_URL],  # noqa: B006 - typer copies it
    collection: Annotated[
        str | None, optional_collection("One collection; by default all, and with --source the one named default.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|FILE.npz", exists=True, help="Compare each image with its source, as it was ingested."
        ),
    ] = None,
    jobs: Jobs = 8,
    service_token: ServiceToken = None,
    data: Data = DEFAULT_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Read every image back, and compare bytes, thumbnail, vector and the index of every replica with its record."""
    servers = [service_token_file.server(url, service_token, data) for url in dict.fromkeys(search)]
    run_verification(servers, collection, source, jobs, as_json=as_json)
