"""`lookalike reembed SOURCE TARGET`: a collection in another embedding space, and then in the place of the first."""

from typing import Annotated

import typer

from cli.connection import Server
from cli.options import ApiKey, Jobs, Url, checked_collection
from cli.reembedding.report import run_reembed
from shared.clients.gateway import DEFAULT_URL


def reembed(
    source: Annotated[
        str, typer.Argument(help="The collection whose images are embedded anew.", callback=checked_collection)
    ],
    target: Annotated[
        str,
        typer.Argument(help="Where they go; it is made where it is not there.", callback=checked_collection),
    ],
    recipe: Annotated[
        str | None, typer.Option(help="Recipe of a target that is to be made.", callback=checked_collection)
    ] = None,
    switch: Annotated[
        str | None,
        typer.Option(
            metavar="ALIAS", help="When both are level, let this alias stand for TARGET.", callback=checked_collection
        ),
    ] = None,
    settle_seconds: Annotated[
        float, typer.Option(min=0, help="How long SOURCE is followed after the switch, for writes under way.")
    ] = 15,
    jobs: Jobs = 8,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Embed all images of SOURCE anew in TARGET, under their ids, and follow SOURCE until both are level."""
    run_reembed(Server(url, api_key), source, target, recipe, switch, settle_seconds, jobs)
