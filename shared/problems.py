"""Failures as answers: the exception handlers that make every error body a problem document."""

from collections.abc import Iterable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import Receive, Scope, Send

from shared.contracts.problem import MEDIA_TYPE
from shared.departure import ClientLeft
from shared.errors import InvalidRequest, LookalikeError, MethodNotAllowed, NotFound, Unauthorized
from shared.logging import request_id
from shared.validation import field_errors

_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class ProblemResponse(Response):
    """A problem document; leaves its code in the scope, for the metrics."""

    media_type = MEDIA_TYPE

    def __init__(self, error: LookalikeError, headers: dict[str, str]) -> None:
        super().__init__(error.problem(request_id.get()).model_dump_json(), error.status, headers)
        self._code = error.code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["problem"] = self._code
        await super().__call__(scope, receive, send)


def problem_response(error: LookalikeError) -> Response:
    """Answer with the problem document of `error`, and with the header that says what to do about it."""
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    if isinstance(error, Unauthorized):
        headers["www-authenticate"] = 'Bearer realm="lookalike"'
    return ProblemResponse(error, headers)


def method_not_allowed(allowed: Iterable[str]) -> Response:
    """Answer that an address exists, but not for the request's method; these are the ones that it has."""
    response = problem_response(MethodNotAllowed())
    response.headers["allow"] = ", ".join(allowed)
    return response


def install(app: FastAPI) -> None:
    """Answer every exception of the tree, of the framework and of validation with a problem document."""
    app.add_exception_handler(LookalikeError, _on_own_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(ClientLeft, _on_client_left)


async def _on_own_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, LookalikeError)
    return problem_response(error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, LookalikeError):
        # FastAPI wraps whatever is raised while it reads a body; the body cap's refusal is inside.
        return problem_response(error.__cause__)
    match error.status_code:
        case 404:
            return problem_response(NotFound("There is no such address."))
        case 405:
            return method_not_allowed(_allowed(request) or [(error.headers or {}).get("Allow", "")])
        case _:
            return problem_response(InvalidRequest("The body could not be read as what its content type says."))


def _allowed(request: Request) -> list[str]:
    """Ask all routes which methods they take: the framework names those of the first one at an address alone."""
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    return [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


async def _on_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(InvalidRequest("Some fields are missing or wrong.", field_errors(error.errors())))


async def _on_client_left(_: Request, __: Exception) -> Response:
    # Nobody reads this; the status is for the log and the metrics, where it has become usual for what it says.
    return Response(status_code=499)
