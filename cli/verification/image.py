"""Checks of one image: what was read back against what its record says."""

import hashlib
from collections.abc import Iterator
from io import BytesIO

from PIL import Image

from shared.clients.search import StoredFile
from shared.contracts.embedding import THUMBNAIL_SIDE
from shared.contracts.search import ImageRecord


def faults_of_bytes(record: ImageRecord, file: StoredFile) -> Iterator[str]:
    """Compare a stored file with its record: length, digest, media type."""
    if len(file.data) != record.size:
        yield f"The file has {len(file.data)} bytes, its record says {record.size}."
    if (sha256 := hashlib.sha256(file.data).hexdigest()) != record.sha256:
        yield f"The file has the SHA-256 {sha256}, its record says {record.sha256}."
    if file.content_type != record.content_type:
        yield f"The file is served as {file.content_type}, its record says {record.content_type}."


def faults_of_thumbnail(record: ImageRecord, file: StoredFile) -> Iterator[str]:
    """Check that a thumbnail is a whole JPEG of the record's aspect ratio and of a thumbnail's size."""
    if file.etag.strip('"') != hashlib.sha256(file.data).hexdigest():
        yield "The thumbnail does not have the digest that it is stored under."
    try:
        with Image.open(BytesIO(file.data), formats=("JPEG",)) as image:
            image.load()
            width, height = image.size
    except Exception:  # codecs answer damaged bytes with exceptions of any class
        yield "The thumbnail is no JPEG that can be decoded."
        return
    scale = min(1, THUMBNAIL_SIDE / max(record.width, record.height))
    expected = tuple(max(1, round(side * scale)) for side in (record.width, record.height))
    if abs(width - expected[0]) > 1 or abs(height - expected[1]) > 1:
        yield (
            f"The thumbnail is {width} x {height}, that of an image of {record.width} x {record.height} "
            f"is {expected[0]} x {expected[1]}."
        )
