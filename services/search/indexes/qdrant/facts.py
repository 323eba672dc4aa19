"""What is said of an image, in a form in which Qdrant can compare it exactly as the index in memory does.

Qdrant compares numbers as float64 and orders no texts. So a value becomes a *token*, which is equal where the values
are, and, where it has an order, a sequence of *digits* that float64 holds exactly: of two values the smaller one is
that with the smaller digit at the first place where they differ. Nearly always the first digit tells; it is indexed.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from shared.contracts.filters import MAX_TEXT
from shared.contracts.metadata import MetadataValue

TOKENS = "facts"
FIRST = "orders"
FURTHER = "finer"
PREFIX, DIGIT = "p", "c"

_EXACT = 2**53
"""Up to here float64 holds every integer."""
_BYTES_A_DIGIT = 6
_BASE = 257
"""A byte, or the end."""


def payload(metadata: Mapping[str, MetadataValue]) -> dict[str, object]:
    """Write the facts of an image that a filter can ask for."""
    comparable = {key: value for key, value in metadata.items() if not isinstance(value, str) or len(value) <= MAX_TEXT}
    first: list[dict[str, object]] = []
    further: list[dict[str, object]] = []
    for key, value in comparable.items():
        for place, digit in enumerate(digits(value)):
            (further if place else first).append({PREFIX: prefix(key, value, place), DIGIT: digit})
    return {TOKENS: [token(key, value) for key, value in comparable.items()], FIRST: first, FURTHER: further}


def token(key: str, value: MetadataValue) -> str:
    """Name a fact; 2004 and 2004.0 are the same, true and 1 are not."""
    match value:
        case bool() | None | str():
            return _digest([key, value])
        case _:
            return _digest([key, "number", str(int(value)) if value == int(value) else repr(value)])


def prefix(key: str, value: MetadataValue, place: int) -> str:
    """Name all that comes before the digit at this place: the same in all values that a digit there tells apart."""
    kind = "text" if isinstance(value, str) else "number"
    return _digest([key, kind, place, list(digits(value)[:place])])


def digits(value: MetadataValue) -> Sequence[float]:
    """Write a number or a text as digits; none of what has no order."""
    match value:
        case bool() | None:
            return ()
        case str():
            data = value.encode()
            starts = range(0, len(data) + 1, _BYTES_A_DIGIT)
            return [float(_number(data[start : start + _BYTES_A_DIGIT])) for start in starts]
        case _:
            nearest = float(value)
            if abs(nearest) < _EXACT:
                return [nearest]
            return [nearest, float(int(value) - int(nearest))]


def _number(data: bytes) -> int:
    number = 0
    for place in range(_BYTES_A_DIGIT):
        number = number * _BASE + (data[place] + 1 if place < len(data) else 0)
    return number


def _digest(of: Sequence[object]) -> str:
    return blake2b(json.dumps(of).encode(), digest_size=12).hexdigest()
