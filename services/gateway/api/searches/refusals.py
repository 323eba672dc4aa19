"""Which code a search is refused with: the fields at fault say it."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from shared.contracts.problem import FieldError
from shared.contracts.search import MAX_K
from shared.errors import InvalidFilter, InvalidRegion, InvalidRequest, KOutOfRange
from shared.validation import field_errors


def refusal(faults: Sequence[FieldError]) -> InvalidRequest:
    """Choose the error that says what is the matter with these fields."""
    # A list with a bad item is said to be too short as well; that would only mislead.
    found = tuple(fault for fault in faults if not any(other.field.startswith(f"{fault.field}.") for other in faults))
    paths = [fault.field.split(".") for fault in found]
    if all(path[:2] == ["body", "k"] for path in paths):
        return KOutOfRange(f"Ask for 1 to {MAX_K} results.", found)
    if all(path[:2] == ["body", "filter"] for path in paths):
        return InvalidFilter(errors=found)
    if all("region" in path for path in paths):
        return InvalidRegion(errors=found)
    return InvalidRequest("Some fields are missing or wrong.", found)


class SearchRoute(APIRoute):
    """Gives searches in JSON the same codes as those whose options are in the address."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def with_codes(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                raise refusal(field_errors(error.errors())) from None

        return with_codes
