"""What all contracts share."""

import base64
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from shared.contracts import float32


class Contract(BaseModel):
    """A wire format: immutable, and strict about fields that nobody declared.

    Bytes are raw in the binary form (MessagePack) and base64 in JSON.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64", use_attribute_docstrings=True
    )


CollectionName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""Lower case letters, digits, `-` and `_`, at most 63 characters: safe in a URL and as a name in every store."""

DEFAULT_COLLECTION = "default"
"""The collection that is meant where none is named; it always exists."""

ImageId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
"""Chosen by the client, or the first 32 hexadecimal digits of the image's SHA-256."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _number(value: object) -> object:
    if isinstance(value, str | bytes | bool):
        raise ValueError("a number, not text and not a truth value")
    return value


Numeric = BeforeValidator(_number)
"""Lets numbers through alone, where pydantic reads text as well; 5.0 is the integer 5, as JSON Schema has it."""

Vector = Annotated[
    bytes,
    BeforeValidator(float32.pack),
    PlainSerializer(float32.unpack, when_used="json"),
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 1}),
]
"""A vector as little-endian float32: raw bytes in the binary form, a list of numbers in JSON."""


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


Base64 = Annotated[
    bytes,
    PlainSerializer(_base64, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
"""Bytes for people: in JSON in the alphabet that a `data:` address takes; pydantic's own is that of file names."""
