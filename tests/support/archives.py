"""Archives of drawn pictures, made without a service."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cli.archive.image import ArchivedImage
from cli.archive.manifest import Manifest
from cli.archive.members import encode
from cli.archive.reading import MANIFEST as MANIFEST_NAME
from cli.archive.writing import ArchiveWriter, unfinished
from shared.contracts.search import ImageRecord
from tests.support.collections import Drawing
from tests.support.vectors import space

MANIFEST = Manifest(collection="default", space=space())
ADDED = datetime(2015, 5, 17, 8, 30, 15, 123456, tzinfo=UTC)


def archived(seed: int) -> ArchivedImage:
    """An image whose id is its number."""
    drawing = Drawing.of(seed)
    commit = drawing.commit({"source": f"{seed}.png"})
    record = ImageRecord(
        collection="default",
        id=f"{seed:04}",
        size=len(drawing.data),
        revision=seed + 1,
        created_at=ADDED,
        updated_at=ADDED,
        **commit.model_dump(include={"sha256", "content_type", "width", "height", "label", "metadata"}),
    )
    return ArchivedImage.of(record, drawing.data, commit.thumbnail.data, commit.vector)


def write(path: Path, images: Sequence[ArchivedImage]) -> Path:
    with ArchiveWriter.opened(path, MANIFEST) as writer:
        writer.append(images)
        writer.complete()
    return path


def write_with(path: Path, manifest: str, images: Sequence[ArchivedImage]) -> None:
    """Write an archive with this manifest, as an earlier version might have done."""
    unfinished(path).write_bytes(encode(MANIFEST_NAME, manifest.encode(), 0))
    write(path, images)
