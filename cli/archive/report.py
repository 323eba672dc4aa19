"""Runs an export or an import for a person: shows how far it is, and tells what came of it."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import anyio
import typer
from anyio import to_thread

from cli import connection, console, progress
from cli.archive.exporter import Exporter
from cli.archive.importer import Imported, Importer
from cli.archive.manifest import Manifest
from cli.archive.members import Foreign, Torn
from cli.archive.reading import ArchiveReader
from cli.archive.writing import ArchiveWriter, unfinished
from cli.connection import Server
from cli.console import printable
from cli.failures import CommandFailed
from shared.clients.search import SearchClient
from shared.contracts.collections import Collection
from shared.errors import NotFound

_NOTHING = "Nothing was imported."


def run_export(file: Path, server: Server, collection: str, jobs: int) -> None:
    """Export as a command does."""
    resume = f"Run the same command again to go on with {unfinished(file)}."
    _run(resume, lambda: _export(file, server, collection, jobs))


def run_import(file: Path, server: Server, collection: str | None, jobs: int) -> None:
    """Import as a command does: it ends with the exit status 1 where an image was refused."""
    resume = "Run the same command again to go on: what is there already is not sent twice."
    _run(resume, lambda: _import(file, server, collection, jobs))


def _run(resume: str, work: Callable[[], Awaitable[None]]) -> None:
    try:
        anyio.run(work)
    except KeyboardInterrupt:
        console.say(f"Stopped. {resume}")
        raise


async def _export(path: Path, server: Server, collection: str, jobs: int) -> None:
    async with connection.search(server, jobs) as client:
        held = await _collection(client, collection)
        if held is None or held.space is None:
            raise CommandFailed(f"There are no images in a collection {collection} at {server.url}.")
        manifest = Manifest.of(held, held.space)
        with progress.shown(console.messages(), "Exporting") as told, ExitStack() as opened:
            total = held.images
            opening = ArchiveWriter.opened(path, manifest, lambda images: told(images, total))
            writer = await to_thread.run_sync(opened.enter_context, opening)
            await Exporter(client, jobs=jobs).run(held.name, writer, lambda: told(writer.images, total))
            await to_thread.run_sync(writer.complete)
    earlier = f", {writer.found} of them by an earlier run" if writer.found else ""
    console.results().print(f"{writer.images} images exported{earlier}", markup=False)


async def _import(path: Path, server: Server, collection: str | None, jobs: int) -> None:
    try:
        with path.open("rb") as file:
            checked = await to_thread.run_sync(_check, file, path)
            await _send(file, checked, server, collection or checked.manifest.collection, jobs)
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}.") from error


def _check(file: BinaryIO, path: Path) -> ArchiveReader:
    """Read an archive to its end before anything of it is believed.

    Raises:
        CommandFailed: It is foreign, damaged or incomplete.
    """
    try:
        with progress.shown(console.messages(), "Checking") as told:
            reader = ArchiveReader(file)
            for _ in reader:
                told(reader.images, None)
    except Torn:
        raise CommandFailed(f"{path} is not complete: it ends in the middle. {_NOTHING}") from None
    except Foreign as error:
        raise CommandFailed(f"{path} is no sound archive of Lookalike's. {error} {_NOTHING}") from error
    return reader


async def _send(file: BinaryIO, checked: ArchiveReader, server: Server, collection: str, jobs: int) -> None:
    space = checked.manifest.space
    async with connection.search(server, jobs) as client:
        held = await _collection(client, collection)
        if held and held.recipe and checked.manifest.recipe and held.recipe != checked.manifest.recipe:
            raise CommandFailed(
                f"The archive's vectors are of the recipe {checked.manifest.recipe}, "
                f"those of the collection {collection} of {held.recipe}. {_NOTHING}",
                "Name another collection with --collection.",
            )
        if held and held.space and held.space != space:
            raise CommandFailed(
                f"The archive's vectors are of the embedding space {space.fingerprint}, "
                f"those of the collection {collection} of {held.space.fingerprint}. {_NOTHING}",
                "Name another collection with --collection.",
            )
        if held is None:
            await _make(client, collection, checked.manifest)
        importer = Importer(client, collection, space, jobs=jobs)
        file.seek(0)
        try:
            with progress.shown(console.messages(), "Importing") as told:
                await importer.run(iter(ArchiveReader(file)), lambda: told(importer.tally.done, checked.images))
        except (Torn, Foreign) as error:
            raise CommandFailed("The archive was changed while it was read.") from error
        finally:
            _tell(importer.tally)
    if importer.tally.refused:
        raise typer.Exit(1)


async def _collection(client: SearchClient, name: str) -> Collection | None:
    """Read what is known of a collection; None where nothing was ever written to it."""
    try:
        held = await client.collection(name)
    except NotFound:
        return None
    return None if held.created_at is None else held


async def _make(client: SearchClient, name: str, manifest: Manifest) -> None:
    """Make a collection as the archive's is."""
    await client.create_collection(
        name, recipe=manifest.recipe, projection=manifest.projection, description=manifest.description or None
    )


def _tell(tally: Imported) -> None:
    for image_id, reason in tally.refused.items():
        console.say(printable(f"{image_id}: {reason}"))
    parts = [f"{tally.added} imported", f"{tally.already_there} already there", f"{len(tally.refused)} refused"]
    if tally.replaced:
        parts.insert(1, f"{tally.replaced} replaced")
    console.results().print(", ".join(parts), markup=False)
