"""`lookalike export FILE`: a whole collection as one archive."""

from pathlib import Path
from typing import Annotated

import typer

from cli.archive.report import run_export
from cli.options import Collection, Jobs, SearchUrl
from shared.clients.search import DEFAULT_URL
from shared.contracts.base import DEFAULT_COLLECTION


def export(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The archive to make, a tar file; not there yet.")],
    search: SearchUrl = DEFAULT_URL,
    collection: Collection = DEFAULT_COLLECTION,
    jobs: Jobs = 8,
) -> None:
    """Write a collection with files, thumbnails, vectors and facts to FILE. Broken off and run again, it goes on."""
    run_export(file, search, collection, jobs)
