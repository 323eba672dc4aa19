"""The program `lookalike`.

Its exit status is 0 where all went well, 1 where something failed, 2 where it was called wrongly.
"""

from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli import failures
from cli.commands import keys
from cli.commands.collections import collections
from cli.commands.delete import delete
from cli.commands.doctor import doctor
from cli.commands.duplicates import duplicates
from cli.commands.evaluate import evaluate
from cli.commands.export import export
from cli.commands.import_archive import import_archive
from cli.commands.import_npz import import_npz
from cli.commands.ingest import ingest
from cli.commands.quantise import quantise
from cli.commands.reembed import reembed
from cli.commands.search import search
from cli.commands.serve import serve
from cli.commands.verify import verify
from cli.failures import CommandFailed


class _Commands(TyperGroup):
    """Turns a command's failure into a message and the exit status 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandFailed as failure:
            failures.show(failure)
            raise typer.Exit(1) from failure


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lookalike {version('lookalike')}")
        raise typer.Exit


app = typer.Typer(
    cls=_Commands,
    help="Find the images of a collection that look like a given one.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def _lookalike(
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


app.command()(serve)
app.command()(ingest)
app.command("import-npz")(import_npz)
app.command()(search)
app.command()(duplicates)
app.command()(delete)
app.add_typer(collections, name="collections")
app.command()(reembed)
app.command()(export)
app.command("import")(import_archive)
app.command()(verify)
app.add_typer(keys.app, name="keys")
app.command()(evaluate)
app.command()(quantise)
app.command()(doctor)

if __name__ == "__main__":
    app()
