"""Vectors as bytes: little-endian float32, without NumPy, which the gateway does not need otherwise."""

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
