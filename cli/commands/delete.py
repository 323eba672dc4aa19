"""`lookalike delete --filter ...`: remove the images that a filter admits."""

from typing import Annotated

import typer
from pydantic import ValidationError

from cli import connection, console
from cli.connection import Server
from cli.failures import CommandFailed
from cli.options import ApiKey, Collection, Url
from shared.clients.blocking import BlockingGatewayClient
from shared.clients.gateway import DEFAULT_URL
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.filters import Filter
from shared.contracts.gateway import RemovalRequest


def _filter(text: str) -> Filter:
    try:
        return Filter.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the filter"
        raise typer.BadParameter(f"{where}: {first['msg']}") from None


def delete(
    wanted: Annotated[
        Filter,
        typer.Option("--filter", parser=_filter, metavar="JSON", help='Which images, as in \'{"labels": ["draft"]}\'.'),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be removed, and remove nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> None:
    """Remove the images that a filter admits, after showing how many they are."""
    with connection.blocking_gateway(Server(url, api_key)) as client:
        found = client.delete_matching(RemovalRequest(filter=wanted), collection=collection)
        ids = ", ".join(found.ids) + (", …" if found.matching > len(found.ids) else "")
        typer.echo(f"{found.matching} images" + (f": {ids}" if ids else ""))
        if dry_run or not found.matching:
            return
        if not yes:
            typer.confirm(f"Remove them from the collection {collection}?", abort=True, err=True)
        removed = _remove_all(client, collection, RemovalRequest(filter=wanted, dry_run=False, count=found.matching))
    typer.echo(f"{removed} removed")


def _remove_all(client: BlockingGatewayClient, collection: str, request: RemovalRequest) -> int:
    """Ask again until none is left: of very many images one answer is about some."""
    removed, wanted = 0, request
    while True:
        answer = client.delete_matching(wanted, collection=collection)
        removed += answer.removed
        if not answer.remaining:
            return removed
        if not answer.removed:
            raise CommandFailed(f"{removed} images were removed; {answer.remaining} are being written again.")
        console.say(f"{removed} removed, {answer.remaining} left")
        wanted = request.model_copy(update={"count": answer.remaining})
