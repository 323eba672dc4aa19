"""`lookalike ingest DIR`: add a folder of images to a collection."""

from pathlib import Path
from typing import Annotated

import typer

from cli.connection import Server
from cli.ingest.report import run_ingest
from cli.ingest.scan import Folder
from cli.options import ApiKey, Collection, Jobs, Url
from shared.clients.gateway import DEFAULT_URL
from shared.contracts.base import DEFAULT_COLLECTION


def ingest(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="A folder; all below it is taken too.")
    ],
    jobs: Jobs = 8,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> None:
    """Add the images of DIR that are not there yet. The name of the folder that an image lies in becomes its label."""
    run_ingest(Folder(folder), Server(url, api_key), collection, jobs)
