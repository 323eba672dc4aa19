"""Damage that a file can take, drawn by a given random generator."""

import random
import struct
from collections.abc import Callable, Sequence

_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_LONGEST = 4_096
_MOST_TIMES = 64

Damage = Callable[[bytes, int, random.Random], bytes]


def mutated(files: Sequence[bytes], chance: random.Random) -> bytes:
    """Take one of the files and damage it, one to six times, or put it before the end of another."""
    data = chance.choice(files)
    for _ in range(chance.randint(1, 6)):
        if data:
            data = chance.choice(_DAMAGES)(data, chance.randrange(len(data)), chance)
    if chance.randrange(8) == 0:
        other = chance.choice(files)
        data += other[chance.randint(0, len(other)) :]
    return data


def _flip_a_bit(data: bytes, at: int, chance: random.Random) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _put_a_number(data: bytes, at: int, chance: random.Random) -> bytes:
    number = struct.pack(chance.choice(("<I", ">I")), chance.choice(_NUMBERS))
    number = chance.choice((number, number[:2], number[2:], number[:1]))
    return data[:at] + number + data[at + len(number) :]


def _remove(data: bytes, at: int, chance: random.Random) -> bytes:
    return data[:at] + data[at + chance.randint(1, _LONGEST) :]


def _repeat(data: bytes, at: int, chance: random.Random) -> bytes:
    end = at + chance.randint(1, _LONGEST)
    return data[:at] + data[at:end] * chance.randint(2, _MOST_TIMES) + data[end:]


def _scramble(data: bytes, at: int, chance: random.Random) -> bytes:
    length = min(chance.randint(1, _LONGEST), len(data) - at)
    return data[:at] + chance.randbytes(length) + data[at + length :]


def _cut(data: bytes, at: int, chance: random.Random) -> bytes:
    return data[:at]


_DAMAGES: tuple[Damage, ...] = (
    _flip_a_bit,
    _flip_a_bit,
    _put_a_number,
    _put_a_number,
    _remove,
    _repeat,
    _scramble,
    _cut,
)
