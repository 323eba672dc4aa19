"""Where the next page begins, in a form that clients hand back unread."""

import base64
from typing import Annotated

from fastapi import Query
from pydantic import StringConstraints, TypeAdapter

from shared.contracts.base import ImageId
from shared.contracts.duplicates import DecisionId
from shared.contracts.filters import Label
from shared.errors import InvalidRequest

Cursor = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=1200)] | None,
    Query(description="`next_cursor` of the page before."),
]

IMAGE: TypeAdapter[str] = TypeAdapter(ImageId)
LABEL: TypeAdapter[str] = TypeAdapter(Label)
DECISION: TypeAdapter[str] = TypeAdapter(DecisionId)


def encoded(place: str | None) -> str | None:
    """Give the cursor of a place; None on the last page."""
    return None if place is None else base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decoded(cursor: str | None, kind: TypeAdapter[str]) -> str | None:
    """Give the place of a cursor, which is of this kind.

    Raises:
        InvalidRequest: It is none.
    """
    if cursor is None:
        return None
    try:
        place = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        return kind.validate_python(place)
    except ValueError:
        raise InvalidRequest("The cursor is not one that this service gave.") from None
