"""`lookalike import-npz FILE`: take over the images that the original system had computed its features of."""

from pathlib import Path
from typing import Annotated

import typer

from cli.connection import Server
from cli.ingest.npz import NpzFile
from cli.ingest.report import run_ingest
from cli.options import ApiKey, Collection, Jobs, Url
from shared.clients.gateway import DEFAULT_URL
from shared.contracts.base import DEFAULT_COLLECTION


def import_npz(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="As caltech101_train_features.npz.")],
    jobs: Jobs = 8,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> None:
    """Add the images of the original system's FILE, with their labels. They are embedded anew: spaces never mix."""
    run_ingest(NpzFile.open(file), Server(url, api_key), collection, jobs)
