"""Runs a re-embedding for a person: checks what was asked, shows how far it is, and tells what came of it."""

import anyio
import typer

from cli import connection, console, progress
from cli.connection import Server
from cli.console import printable
from cli.failures import CommandFailed
from cli.reembedding.reembedder import Carried, Reembedder
from shared.clients.gateway import GatewayClient
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.collections import Collection
from shared.errors import NotFound

_RESUME = "Run the same command again to go on: what is level is not embedded twice."


def run_reembed(
    server: Server, source: str, target: str, recipe: str | None, alias: str | None, settle_seconds: float, jobs: int
) -> None:
    """Re-embed as a command does: it ends with the exit status 1 where an image was refused, and does not switch."""
    try:
        tally = anyio.run(_reembed, server, source, target, recipe, alias, settle_seconds, jobs)
    except KeyboardInterrupt:
        console.say(f"Stopped. {_RESUME}")
        raise
    raise typer.Exit(1 if tally.refused else 0)


async def _reembed(
    server: Server, source: str, target: str, recipe: str | None, alias: str | None, settle_seconds: float, jobs: int
) -> Carried:
    async with connection.gateway(server, jobs + 1) as client:
        held = await client.collection(source)
        switched = alias is not None and await _stands_for(client, alias, (held.name, target)) == target
        made = await _target(client, held, target, recipe)
        in_service = bool(made.aliases) or made.name == DEFAULT_COLLECTION
        reembedder = Reembedder(client, held.name, made.name, in_service=in_service, jobs=jobs)
        try:
            with progress.shown(console.messages(), "Embedding") as told:
                await reembedder.level(lambda: told(reembedder.tally.done, held.images))
            if alias is not None and not reembedder.tally.refused:
                if not switched:
                    await reembedder.switch(alias)
                    console.say(f"{alias} stands for {made.name}; bringing over what was under way meanwhile.")
                await reembedder.settle(settle_seconds)
        finally:
            _tell(reembedder.tally)
    return reembedder.tally


async def _stands_for(client: GatewayClient, alias: str, expected: tuple[str, str]) -> str | None:
    """Say what an alias stands for; None where there is none yet.

    Raises:
        CommandFailed: It is the name of a collection, or stands for one that is not expected.
    """
    try:
        name = (await client.collection(alias)).name
    except NotFound:
        return None
    if name == alias:
        raise CommandFailed(
            f"{alias} is the name of a collection, and cannot be switched.",
            f"Let clients use another name for it first, as by `lookalike collections alias NAME {alias}`.",
        )
    if name not in expected:
        raise CommandFailed(f"{alias} stands for {name}, which is neither of the two collections.")
    return name


async def _target(client: GatewayClient, source: Collection, target: str, recipe: str | None) -> Collection:
    """Make the collection that is to be filled, if it is not there.

    Raises:
        CommandFailed: It is an alias, or the source itself.
        Conflict: It has another recipe.
    """
    try:
        if (held := await client.collection(target)).name != target:
            raise CommandFailed(f"{target} is an alias; name the collection that is to be filled.")
    except NotFound:
        facts = {"projection": source.projection, "description": source.description or None}
        held = (await client.create_collection(target, recipe=recipe, **facts)).collection  # type: ignore[arg-type]
    if held.name == source.name:
        raise CommandFailed(f"Source and target are both {target}.")
    if recipe is not None and held.recipe != recipe:
        raise CommandFailed(f"There is a collection {target} already, of the recipe {held.recipe or 'by default'}.")
    return held


def _tell(tally: Carried) -> None:
    for image_id, reason in tally.refused.items():
        console.say(printable(f"{image_id}: {reason}"))
    parts = [
        f"{tally.embedded} embedded",
        f"{tally.amended} amended",
        f"{tally.removed} removed",
        f"{tally.already_there} already there",
        f"{len(tally.refused)} refused",
    ]
    console.results().print(", ".join(parts), markup=False)
