"""What `lookalike evaluate` was asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.connection import Server

Divided = Literal["original", "leave-one-out", "copies"]
Through = Literal["library", "services"]


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command.

    Attributes:
        source: A folder, `gallery`, or the name of a data set; None where a collection or two files are evaluated.
        protocol: How pictures are divided; None: as is usual for the source.
        lists: Files that list the gallery and the queries.
        groups: File that lists near-duplicates.
        collection: Of the search service at `search`.
        setup: What is evaluated.
        compare: Two setups, or two files of evaluations.
        through: What ranks the gallery.
        embedder: Where an embedder runs; None: one is started.
        max_queries: Of more queries, so many are drawn.
        report: Folder for the report.
        against: File of the evaluation that this one must not fall behind.
        as_json: Whether standard output is for a machine.
    """

    source: str | None
    protocol: Divided | None
    lists: tuple[Path, Path] | None
    groups: Path | None
    collection: str | None
    search: Server
    setup: str
    compare: tuple[str, str] | None
    through: Through
    embedder: Server | None
    max_queries: int
    report: Path | None
    against: Path | None
    as_json: bool
