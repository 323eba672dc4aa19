"""`lookalike verify`: is everything there, and as it was?"""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Jobs, SearchUrls, optional_collection
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
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Read every image back, and compare bytes, thumbnail, vector and the index of every replica with its record."""
    run_verification(search, collection, source, jobs, as_json=as_json)
