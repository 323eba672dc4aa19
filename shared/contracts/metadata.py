"""What users may say of an image, and how much of it."""

import json
from typing import Annotated

from pydantic import AfterValidator, Field, FiniteFloat, StringConstraints

MAX_KEYS = 64
MAX_JSON_BYTES = 16_384

MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
MetadataValue = str | bool | _Int64 | FiniteFloat | None


def _bounded(metadata: dict[str, MetadataValue]) -> dict[str, MetadataValue]:
    if len(metadata) > MAX_KEYS:
        raise ValueError(f"at most {MAX_KEYS} keys")
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > MAX_JSON_BYTES:
        raise ValueError(f"at most {MAX_JSON_BYTES} bytes as JSON")
    return metadata


Metadata = Annotated[dict[MetadataKey, MetadataValue], AfterValidator(_bounded)]
"""Flat facts about an image. The store keeps them, results show them; their meaning is the user's."""
