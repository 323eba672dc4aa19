"""`lookalike export FILE`: a whole collection as one archive."""

from pathlib import Path
from typing import Annotated

import typer

from cli import service_token_file
from cli.archive.report import run_export
from cli.options import DEFAULT_DATA, Collection, Data, Jobs, SearchUrl, ServiceToken
from shared.clients.search import DEFAULT_URL
from shared.contracts.base import DEFAULT_COLLECTION


def export(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The archive to make, a tar file; not there yet.")],
    search: SearchUrl = DEFAULT_URL,
    collection: Collection = DEFAULT_COLLECTION,
    jobs: Jobs = 8,
    service_token: ServiceToken = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Write a collection with files, thumbnails, vectors and facts to FILE. Broken off and run again, it goes on."""
    run_export(file, service_token_file.server(search, service_token, data), collection, jobs)
