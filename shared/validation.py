"""Validation failures in the words of the problem answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.problem import FieldError

MAX_FIELD_ERRORS = 20


def field_errors(errors: Iterable[Mapping[str, Any]], prefix: str = "") -> tuple[FieldError, ...]:
    """Reduce pydantic's errors to field and message: the input is never repeated to the caller.

    At most `MAX_FIELD_ERRORS` are kept, so that a long list of bad values does not make a long answer.
    """
    found = []
    for error in errors:
        location = (*((prefix,) if prefix else ()), *map(str, error["loc"]))
        found.append(FieldError(field=".".join(location), message=error["msg"]))
        if len(found) == MAX_FIELD_ERRORS:
            break
    return tuple(found)
