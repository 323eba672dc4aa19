"""`lookalike search FILE...`: what looks like these pictures?"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cli import connection, console
from cli.connection import Server
from cli.console import printable
from cli.options import ApiKey, Collection, Url
from cli.sought import Sought
from shared import regions
from shared.clients.blocking import BlockingGatewayClient
from shared.clients.gateway import DEFAULT_URL
from shared.clients.searches import SearchOptions
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import SearchResponse, SearchResult
from shared.contracts.region import Region
from shared.errors import InvalidRegion

_HEADINGS = ("rank", "label", "score", "distance", "id", "source")


class Quality(StrEnum):
    """How much work a search is worth."""

    STANDARD = "standard"
    HIGH = "high"


def _region(text: str) -> Region:
    try:
        return regions.parse(text)
    except InvalidRegion as error:
        raise typer.BadParameter(error.detail) from None


def search(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The pictures to look for, together."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many results.")] = 10,
    weight: Annotated[
        list[float] | None,
        typer.Option(
            min=-1, max=1, help="One for each picture, in their order: above 0 more like it, below 0 less like it."
        ),
    ] = None,
    region: Annotated[
        Region | None,
        typer.Option(parser=_region, metavar="x,y,w,h", help="Look for this part of each picture: fractions of it."),
    ] = None,
    like: Annotated[list[str] | None, typer.Option(metavar="ID", help="Look for this stored image, too.")] = None,
    unlike: Annotated[list[str] | None, typer.Option(metavar="ID", help="Avoid what this stored image shows.")] = None,
    from_url: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="A picture that Lookalike fetches, instead of a FILE.")
    ] = None,
    quality: Annotated[
        Quality, typer.Option(help="high: look longer, and order the nearest images anew by what they have in common.")
    ] = Quality.STANDARD,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> None:
    """Find the images that look like FILE, nearest first."""
    sought = Sought.of(files or [], from_url or [], weight or [], region, like or [], unlike or [])
    with connection.blocking_gateway(Server(url, api_key)) as client:
        response = _ask(client, sought, collection, {"k": k, "quality": quality.value})
    if as_json:
        typer.echo(response.model_dump_json(indent=2))
    elif response.results:
        _print_results(response)
    else:
        console.say(f"The collection {collection} holds no images yet. Fill it: lookalike ingest DIR")


def _ask(client: BlockingGatewayClient, sought: Sought, collection: str, options: SearchOptions) -> SearchResponse:
    if sought.at_urls:
        return client.search_by_url(sought.at_urls, collection=collection, **options)
    if sought.uploaded:
        return client.search_by_examples(sought.uploaded, sought.stored, collection=collection, **options)
    return client.search_by_id(sought.stored, collection=collection, **options)


def _print_results(response: SearchResponse) -> None:
    """Draw a table on a terminal; for another program, write lines with tabs between the fields."""
    output = console.results()
    rows = [_row(rank, result) for rank, result in enumerate(response.results, 1)]
    if not output.is_terminal:
        for row in (_HEADINGS, *rows):
            typer.echo("\t".join(row))
        return
    table = Table()
    for heading in _HEADINGS:
        numeric = heading in ("rank", "score", "distance")
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    output.print(table, soft_wrap=False)


def _row(rank: int, result: SearchResult) -> tuple[str, ...]:
    source = str(result.metadata.get("source", ""))
    words = printable(result.label or ""), f"{result.score:.4f}", f"{result.distance:.4f}", result.id, printable(source)
    return str(rank), *words
