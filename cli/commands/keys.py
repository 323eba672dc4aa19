"""`lookalike keys`: the API keys of a gateway."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, get_args

import typer
from pydantic import TypeAdapter, ValidationError
from rich.table import Table
from rich.text import Text

from cli import console
from cli.failures import CommandFailed
from shared.contracts.access import ApiKey, Scope
from shared.contracts.base import CollectionName
from shared.keys import token as tokens
from shared.keys.file import KeyFile, KeyFileDamaged

_HEADINGS = ("id", "name", "scopes", "collections", "created", "expires")

app = typer.Typer(help="Create, list and revoke the API keys of a gateway.", no_args_is_help=True)


def _checked_scopes(scopes: list[str]) -> list[str]:
    for scope in scopes:
        if scope not in get_args(Scope):
            raise typer.BadParameter(f"the scopes are {', '.join(get_args(Scope))}")
    return scopes


def _checked_collections(names: list[str]) -> list[str]:
    try:
        return TypeAdapter(list[CollectionName]).validate_python(names)
    except ValidationError:
        raise typer.BadParameter("lower case letters, digits, - and _, at most 63 characters") from None


File = Annotated[
    Path,
    typer.Option("--file", envvar="API_KEYS_FILE", dir_okay=False, help="The file of keys that the gateway reads."),
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what is going to use the key.")],
    file: File,
    scope: Annotated[
        list[str],
        typer.Option(
            help="search: read and search; write: add, change and remove images; admin: everything. May be repeated.",
            callback=_checked_scopes,
        ),
    ] = ["search"],  # noqa: B006 - typer copies it
    collection: Annotated[
        list[str],
        typer.Option(help="The key opens this collection alone. May be repeated.", callback=_checked_collections),
    ] = [],  # noqa: B006
    days: Annotated[int | None, typer.Option(min=1, max=36_500, help="After so many days it opens nothing.")] = None,
) -> None:
    """Make a key. It is printed once and kept nowhere; only its digest goes into the file."""
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    scopes = TypeAdapter(list[Scope]).validate_python(list(dict.fromkeys(scope)))
    try:
        key, token = tokens.create(name, scopes, list(dict.fromkeys(collection)) or None, expires_at)
    except ValidationError:
        raise typer.BadParameter("a name has 1 to 100 characters") from None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        KeyFile(file).add(key)
    except (OSError, KeyFileDamaged) as error:
        raise _failed(file, error) from error
    typer.echo(token)
    console.say(f"This is the key {key.id}. Keep it now: it is not shown again.")


@app.command("list")
def list_keys(file: File) -> None:
    """List the keys, without what they open."""
    try:
        keys = KeyFile(file).read()
    except (OSError, KeyFileDamaged) as error:
        raise _failed(file, error) from error
    output = console.results()
    if not output.is_terminal:
        for row in (_HEADINGS, *map(_row, keys)):
            typer.echo("\t".join(row))
        return
    table = Table(*_HEADINGS)
    for key in keys:
        table.add_row(*map(Text, _row(key)))
    output.print(table, soft_wrap=False)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")], file: File) -> None:
    """Take a key back. A gateway that runs notices within a second or two."""
    try:
        removed = KeyFile(file).remove(key_id)
    except (OSError, KeyFileDamaged) as error:
        raise _failed(file, error) from error
    if removed is None:
        raise CommandFailed(f"There is no key {key_id} in {file}.", "`lookalike keys list` shows those that there are.")
    console.say(f"The key {key_id} ({console.printable(removed.name)}) opens nothing any more.")


def _row(key: ApiKey) -> tuple[str, ...]:
    expires = "never" if key.expires_at is None else f"{key.expires_at:%Y-%m-%d %H:%M}"
    if key.expired(datetime.now(UTC)):
        expires += " (over)"
    collections = "all" if key.collections is None else ", ".join(key.collections)
    created = f"{key.created_at:%Y-%m-%d %H:%M}"
    return key.id, console.printable(key.name), ", ".join(key.scopes), collections, created, expires


def _failed(file: Path, error: OSError | KeyFileDamaged) -> CommandFailed:
    reason = error.strerror if isinstance(error, OSError) else "it does not hold API keys"
    return CommandFailed(f"The keys in {file} cannot be read or written: {reason}.")
