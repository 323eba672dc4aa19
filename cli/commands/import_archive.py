"""`lookalike import FILE`: the images of an archive, with the vectors that they had."""

from pathlib import Path
from typing import Annotated

import typer

from cli import service_token_file
from cli.archive.report import run_import
from cli.options import DEFAULT_DATA, Data, Jobs, SearchUrl, ServiceToken, optional_collection
from shared.clients.search import DEFAULT_URL


def import_archive(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An archive that `export` has made.")],
    search: SearchUrl = DEFAULT_URL,
    collection: Annotated[
        str | None, optional_collection("Where the images go; by default the collection that they came from.")
    ] = None,
    jobs: Jobs = 8,
    service_token: ServiceToken = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Bring the images of FILE into a collection of the same embedding space. Nothing is embedded anew."""
    run_import(file, service_token_file.server(search, service_token, data), collection, jobs)
