"""Members of a tar file as bytes: plain headers of regular files, and nothing else that tar may have."""

import tarfile
from dataclasses import dataclass
from typing import Protocol

BLOCK = tarfile.BLOCKSIZE
_LATEST = 8**11 - 1
"""Seconds that a plain header can count to, in the year 2242."""


class Readable(Protocol):
    """An open file."""

    def read(self, size: int, /) -> bytes: ...


class Foreign(Exception):
    """A file that is no archive of Lookalike's; says in a sentence why."""


class Torn(Exception):
    """A file that ends in the middle of a member."""


@dataclass(frozen=True, slots=True)
class Header:
    """Name and length of a member."""

    name: str
    size: int


def encode(name: str, data: bytes, moment: int) -> bytes:
    """Write a member whole: header, data, padding. `moment` is in seconds since 1970."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mtime = min(max(0, moment), _LATEST)
    info.mode = 0o644
    header = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
    assert len(header) == BLOCK, "a short name and whole numbers need no extended header"
    return header + data + bytes(_padding(len(data)))


def end(size: int) -> bytes:
    """Give what closes a tar file that is `size` bytes long: two empty blocks, and as many as fill a record."""
    return bytes(2 * BLOCK + -(size + 2 * BLOCK) % tarfile.RECORDSIZE)


def read_header(file: Readable) -> Header | None:
    """Read the next header; None where the tar file is closed.

    Raises:
        Torn: The file ends here, or in the middle of a header.
        Foreign: The next block is no header of a regular file.
    """
    block = file.read(BLOCK)
    if len(block) < BLOCK:
        raise Torn
    if not any(block):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, ValueError) as error:
        raise Foreign("It has a damaged header.") from error
    if info.type != tarfile.REGTYPE or info.size < 0:
        raise Foreign("It holds something else than plain files.")
    return Header(info.name, info.size)


def read_data(file: Readable, header: Header, limit: int) -> bytes:
    """Read a member's data and the padding behind it.

    Raises:
        Torn: The file ends before the member does.
        Foreign: The member is longer than `limit`, or its padding is not empty.
    """
    if header.size > limit:
        raise Foreign(f"Its member {header.name} is longer than {limit} bytes.")
    data = file.read(header.size)
    padding = file.read(_padding(header.size))
    if len(data) < header.size or len(padding) < _padding(header.size):
        raise Torn
    if any(padding):
        raise Foreign(f"Its member {header.name} has no proper end.")
    return data


def _padding(size: int) -> int:
    return -size % BLOCK
