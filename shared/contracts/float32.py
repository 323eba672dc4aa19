"""Vectors as bytes: little-endian float32, without NumPy, which the gateway does not need otherwise."""

import base64
import binascii
import struct
from collections.abc import Sequence


def pack(values: bytes | Sequence[float]) -> bytes:
    """Encode numbers as little-endian float32; bytes of whole values pass as they are.

    Raises:
        ValueError: There is no value, half a value, or one that float32 cannot hold.
    """
    if isinstance(values, bytes):
        if not values or len(values) % 4:
            raise ValueError("a vector is a whole number of float32 values, at least one")
        return values
    try:
        packed = struct.pack(f"<{len(values)}f", *values)
    except (struct.error, OverflowError, TypeError) as error:
        raise ValueError("a vector is a list of numbers that float32 can hold") from error
    return pack(packed)


def unpack(packed: bytes) -> list[float]:
    """Decode little-endian float32 bytes to numbers."""
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


def read(values: bytes | str | Sequence[float]) -> bytes:
    """Encode numbers as `pack` does; text is base64 of the bytes that it would give.

    Raises:
        ValueError: As `pack`, or the text is not base64.
    """
    if not isinstance(values, str):
        return pack(values)
    try:
        return pack(base64.b64decode(values, validate=True))
    except binascii.Error as error:
        raise ValueError("a vector as text is base64 of little-endian float32 values") from error
