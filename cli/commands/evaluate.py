"""`lookalike evaluate SOURCE`: how good is the first page?"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import service_token_file
from cli.evaluation.request import Request
from cli.failures import CommandFailed
from cli.options import DEFAULT_DATA, Data, SearchUrl, ServiceToken, optional_collection, optional_url
from shared.clients.search import DEFAULT_URL


class Protocol(StrEnum):
    """How pictures are divided into a gallery and queries."""

    ORIGINAL = "original"
    LEAVE_ONE_OUT = "leave-one-out"
    COPIES = "copies"


class Through(StrEnum):
    """What ranks the gallery."""

    LIBRARY = "library"
    SERVICES = "services"


def evaluate(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="DIR|NAME",
            help="A folder with a folder of pictures for each label; `gallery`, which the program draws; or the "
            "name that a data set has in TensorFlow Datasets, such as caltech101.",
        ),
    ] = None,
    protocol: Annotated[
        Protocol | None,
        typer.Option(
            help="original: Caltech-101's seeded split; leave-one-out: each picture searches among the others; copies: "
            "altered copies look for their original. By default the first for a data set, else the second."
        ),
    ] = None,
    gallery: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="List of what is searched in; needs --queries."),
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="List of what is searched with."),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="List of near-duplicates: path, tab, group."),
    ] = None,
    collection: Annotated[
        str | None, optional_collection("Evaluate a running collection, with the vectors that it has.")
    ] = None,
    search: SearchUrl = DEFAULT_URL,
    setup: Annotated[
        str, typer.Option("--with", metavar="SETUP", help="As in `classic` or `thorough,quality=high`.")
    ] = "",
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Two setups, or files that --json has written: a paired test of the two."),
    ] = None,
    through: Annotated[
        Through, typer.Option(help="Whether a library ranks the gallery, or services that are started for it.")
    ] = Through.LIBRARY,
    embedder: Annotated[
        str | None, optional_url("--embedder", "Where an embedder runs. By default one is started.")
    ] = None,
    service_token: ServiceToken = None,
    data: Data = DEFAULT_DATA,
    max_queries: Annotated[int, typer.Option(min=1, help="Of more, so many are drawn.")] = 10_000,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", file_okay=False, help="Write an HTML report and its pictures here.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", exists=True, dir_okay=False, help="Fail where quality has fallen since --json wrote this."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Search with pictures whose labels are known, and measure what is found."""
    saved = compare is not None and all(name.endswith(".json") for name in compare)
    if (source is not None) + (collection is not None) + saved != 1:
        raise typer.BadParameter("name a folder or a data set, or a --collection, or two files to --compare")
    if (gallery is None) != (queries is None):
        raise typer.BadParameter("--gallery and --queries belong together")
    if collection is not None and (compare or protocol or groups or gallery or through is Through.SERVICES):
        raise typer.BadParameter("a --collection is evaluated as it is: each image is to find the others of its label")
    try:
        from cli.evaluation.run import run  # here, because the other commands need none of what it computes with
    except ModuleNotFoundError as error:
        raise CommandFailed(
            "lookalike evaluate needs what it computes and draws with.", "Install the extra `evaluation` of lookalike."
        ) from error
    run(
        Request(
            source=source,
            protocol=None if protocol is None else protocol.value,
            lists=None if gallery is None or queries is None else (gallery, queries),
            groups=groups,
            collection=collection,
            search=service_token_file.server(search, service_token, data),
            setup=setup,
            compare=compare,
            through=through.value,
            embedder=None if embedder is None else service_token_file.server(embedder, service_token, data),
            max_queries=max_queries,
            report=report,
            against=against,
            as_json=as_json,
        )
    )
