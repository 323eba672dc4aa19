"""`lookalike duplicates`: which images look the same?"""

import time
from typing import Annotated

import typer

from cli import connection, console, progress
from cli.connection import Server
from cli.console import printable
from cli.options import ApiKey, Collection, Url
from shared.clients.blocking import BlockingGatewayClient
from shared.clients.gateway import DEFAULT_URL
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import DuplicateList, Duplicates

_PAUSE_SECONDS = 0.2
_HEADINGS = ("group", "score", "label", "size", "id", "source")


def duplicates(
    min_score: Annotated[
        float, typer.Option(min=0.01, max=1, help="Least score to the first image of a group; 1 is identical.")
    ] = 0.95,
    decided: Annotated[bool, typer.Option("--decided", help="Show groups too about which was decided.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print each group as a line of JSON.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> None:
    """Report groups of images that look the same: a first one, and those that are near it."""
    with connection.blocking_gateway(Server(url, api_key)) as client:
        _report(client, collection, min_score, decided, as_json)


def _report(client: BlockingGatewayClient, collection: str, min_score: float, decided: bool, as_json: bool) -> None:
    count = images = 0
    page = _first_page(client, collection, min_score, decided)
    if not as_json:
        typer.echo("\t".join(_HEADINGS))
    while True:
        for group in page.groups:
            count, images = count + 1, images + group.size
            _print(count, group, as_json=as_json)
        if (cursor := page.next_cursor) is None:
            break
        page = client.duplicates(min_score=min_score, decided=decided, cursor=cursor, limit=100, collection=collection)
    console.say(f"{images} images in {count} groups, as of revision {page.revision}")


def _first_page(client: BlockingGatewayClient, collection: str, min_score: float, decided: bool) -> DuplicateList:
    """Wait until there is a report of all that is stored now."""
    revision = client.stats().search.revision
    with progress.shown(console.messages(), "Comparing") as on_progress:
        while True:
            page = client.duplicates(
                min_score=min_score, decided=decided, min_revision=revision, limit=100, collection=collection
            )
            if page.ready:
                return page
            on_progress(round(100 * page.progress), 100)
            time.sleep(_PAUSE_SECONDS)


def _print(number: int, group: Duplicates, *, as_json: bool) -> None:
    if as_json:
        typer.echo(group.model_dump_json())
        return
    for image in group.images:
        source = printable(str(image.metadata.get("source", "")))
        fields = (f"{image.score:.4f}", printable(image.label or ""), f"{image.width}x{image.height}", image.id, source)
        typer.echo("\t".join((str(number), *fields)))
