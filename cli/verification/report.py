"""Runs a verification for a person or for a program, and tells what came of it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

import anyio
import typer

from cli import connection, console, progress
from cli.connection import Server
from cli.failures import CommandFailed
from cli.ingest.npz import NpzFile
from cli.ingest.scan import Folder
from cli.ingest.source import Source
from cli.verification.findings import Findings
from cli.verification.originals import Comparison, Origins
from cli.verification.verifier import Verifier
from shared.clients.search import SearchClient
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.search import CollectionStats, SearchStats
from shared.errors import NotFound


def run_verification(
    servers: Sequence[Server], collection: str | None, source: Path | None, jobs: int, *, as_json: bool
) -> None:
    """Verify as a command does: it ends with the exit status 1 where anything does not match."""
    originals = None if source is None else open_source(source)
    if originals is not None:
        collection = collection or DEFAULT_COLLECTION
    findings = anyio.run(_verify, servers, collection, originals, jobs)
    if as_json:
        typer.echo(as_document(findings))
    else:
        output = console.results()
        for fault in findings.faults:
            output.print(fault.line(), markup=False)
        output.print(summary(findings), markup=False)
    raise typer.Exit(1 if findings.faults else 0)


def open_source(path: Path) -> Source:
    """Take a folder or an .npz file as what images are compared with.

    Raises:
        CommandFailed: It is neither.
    """
    return Folder(path) if path.is_dir() else NpzFile.open(path)


def as_document(findings: Findings) -> str:
    """Give counts and faults as JSON."""
    counts = {"images": findings.images, "sources": findings.sources, "duplicates": findings.duplicates}
    return json.dumps({**counts, "faults": [asdict(fault) for fault in findings.faults]}, indent=2)


def summary(findings: Findings) -> str:
    """Say the counts in one line."""
    parts = [f"{findings.images} images verified"]
    if findings.compared:
        parts.append(f"{findings.sources} compared with their source")
    if findings.duplicates:
        parts.append(f"{findings.duplicates} duplicates")
    parts.append(f"{len(findings.faults)} faults")
    return ", ".join(parts)


async def _verify(servers: Sequence[Server], collection: str | None, originals: Source | None, jobs: int) -> Findings:
    async with AsyncExitStack() as opened:
        replicas = {
            server.url: await opened.enter_async_context(connection.search(server, 2 * jobs + 1)) for server in servers
        }
        stats = await _same_everywhere(replicas)
        if collection is not None:
            collection = await _real_name(replicas[servers[0].url], collection)
        collections = _wanted(stats, collection)
        findings = Findings(total=sum(held.images for held in collections), compared=originals is not None)
        origins = Origins()
        with _shown("Verifying") as told:
            verifier = Verifier(
                replicas, findings, jobs=jobs, on_change=lambda: told(findings.images, findings.total, findings)
            )
            for held in collections:
                await verifier.run(held.name, origins.add if originals else None)
        if originals is not None and collection is not None:
            comparison = Comparison(replicas[servers[0].url], collection, origins, findings, jobs)
            total = sum(map(len, origins.by_source.values()))
            with _shown("Comparing") as told:
                await comparison.run(originals, lambda: told(findings.sources, total, findings))
    return findings


async def _same_everywhere(replicas: dict[str, SearchClient]) -> SearchStats:
    """Read what the replicas hold; where that is not one and the same store, one of them would go unverified."""
    first, *others = [await client.stats() for client in replicas.values()]
    spaces = [{held.name: held.space for held in stats.collections} for stats in (first, *others)]
    if others and (first.store == "sqlite" or any(held != spaces[0] for held in spaces)):
        raise CommandFailed(
            "These search services do not share one store.", "Verify each of them by a command of its own."
        )
    return first


async def _real_name(client: SearchClient, collection: str) -> str:
    """Give the name of the collection that may be named by an alias."""
    try:
        return (await client.collection(collection)).name
    except NotFound:
        return collection


def _wanted(stats: SearchStats, collection: str | None) -> list[CollectionStats]:
    wanted = [held for held in stats.collections if collection in (None, held.name)]
    if not wanted:
        there = ", ".join(held.name for held in stats.collections)
        raise CommandFailed(f"There is no collection {collection}.", f"There are: {there}.")
    return wanted


@contextmanager
def _shown(doing: str) -> Iterator[Callable[[int, int, Findings], None]]:
    with progress.shown(console.messages(), doing) as on_progress:
        yield lambda done, total, findings: on_progress(done, total, f"{len(findings.faults)} faults")
