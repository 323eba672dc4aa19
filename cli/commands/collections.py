"""`lookalike collections`: list, make, delete, and give other names."""

from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.table import Table
from rich.text import Text

from cli import connection, console
from cli.connection import Server
from cli.console import printable
from cli.options import ApiKey, Url, checked_collection
from shared.clients.gateway import DEFAULT_URL
from shared.contracts.collections import Collection, Description, ProjectionKind

_HEADINGS = ("collection", "images", "recipe", "space", "projection", "aliases", "description")


def _checked_description(description: str | None) -> str | None:
    try:
        return description if description is None else TypeAdapter(Description).validate_python(description)
    except ValidationError:
        raise typer.BadParameter("at most 1,000 characters") from None


Name = Annotated[str, typer.Argument(help="Name of the collection.", callback=checked_collection)]

collections = typer.Typer(help="List, make, delete and alias collections.", no_args_is_help=True)


@collections.command("list")
def list_collections(
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """List all collections."""
    with connection.blocking_gateway(Server(url, api_key)) as client:
        held = client.collections()
    if as_json:
        typer.echo(held.model_dump_json(indent=2))
        return
    output = console.results()
    rows = list(map(_row, held.collections))
    if not output.is_terminal:
        for row in (_HEADINGS, *rows):
            typer.echo("\t".join(row))
        return
    table = Table()
    for heading in _HEADINGS:
        table.add_column(heading, justify="right" if heading == "images" else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    output.print(table, soft_wrap=False)


@collections.command("create")
def create(
    name: Name,
    recipe: Annotated[
        str | None, typer.Option(help="How its images become vectors; see the recipes.", callback=checked_collection)
    ] = None,
    projection: Annotated[
        ProjectionKind | None, typer.Option(help="What its index does to vectors before it compares them.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.", callback=_checked_description)] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Make an empty collection. Done again it changes nothing."""
    with connection.blocking_gateway(Server(url, api_key)) as client:
        stored = client.create_collection(name, recipe=recipe, projection=projection, description=description)
    console.say(f"The collection {name} is made." if stored.created else f"There is a collection {name} already.")


@collections.command("delete")
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Remove a collection with all its images and aliases."""
    with connection.blocking_gateway(Server(url, api_key)) as client:
        if not yes:
            held = client.collection(name)
            typer.confirm(f"Remove the collection {held.name} with its {held.images} images?", abort=True, err=True)
        client.delete_collection(name)
    console.say(f"The collection {name} is removed.")


@collections.command("alias")
def alias(
    alias: Annotated[str, typer.Argument(help="The other name.", callback=checked_collection)],
    collection: Annotated[
        str | None, typer.Argument(help="What it is to stand for.", callback=checked_collection)
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the alias.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Let ALIAS stand for COLLECTION from now on, whatever it stood for; or remove it."""
    if remove == (collection is not None):
        raise typer.BadParameter("name a collection, or --remove the alias")
    with connection.blocking_gateway(Server(url, api_key)) as client:
        if collection is None:
            client.delete_alias(alias)
            console.say(f"The alias {alias} is removed.")
        else:
            stored = client.put_alias(alias, collection)
            console.say(f"{alias} stands for the collection {stored.collection}.")


def _row(held: Collection) -> tuple[str, ...]:
    space = "" if held.space is None else held.space.fingerprint
    facts = held.recipe or "", space, held.projection or "", " ".join(held.aliases), printable(held.description)
    return held.name, str(held.images), *facts
