"""The OpenAPI document, as true as the answers are."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from shared.contracts.problem import MEDIA_TYPE, Problem
from shared.errors import (
    BadRequest,
    BodyTooLarge,
    HeadTooLarge,
    InvalidRequest,
    LookalikeError,
    RequestTimeout,
    TryAgain,
    UpstreamTimeout,
)

Responses = dict[int | str, dict[str, Any]]

PROBLEM_RESPONSE: Responses = {
    "default": {"description": "Refused or failed.", "model": Problem, "content": {MEDIA_TYPE: {}}}
}

_ANYWHERE = (BadRequest, HeadTooLarge, InvalidRequest, LookalikeError, UpstreamTimeout)
"""How every endpoint may refuse or fail: by its `X-Request-Deadline` alone in two of these ways."""
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds after which it makes sense to try again.", "schema": {"type": "integer"}}
}
_WITH_BODY = (BodyTooLarge, RequestTimeout)


def operation_id(route: APIRoute) -> str:
    """Name an operation as its handler is named: generated clients show it to their users."""
    return route.name


def refusals(*errors: type[LookalikeError]) -> Responses:
    """Describe how an endpoint may refuse: its answers by status, each with the codes that it may have.

    What such an answer looks like, the document takes from the endpoint's `default`.
    """
    answers: Responses = {}
    for error in sorted(errors, key=lambda error: error.status):
        known = answers.get(error.status, {"description": ""})["description"]
        answers[error.status] = {"description": _with(known, error)}
    return answers


def add_refusals(operation: dict[str, Any], errors: Iterable[type[LookalikeError]]) -> None:
    """Say in an operation of the document how else it may refuse; what it says already stays."""
    answers = operation["responses"]
    for error in errors:
        answer = answers.setdefault(str(error.status), {"description": ""})
        if issubclass(error, TryAgain):
            answer["headers"] = _RETRY_AFTER
        answer["description"] = _with(answer["description"], error)
        if "content" not in answer:
            answer["content"] = answers["default"]["content"]
    operation["responses"] = dict(sorted(answers.items()))


def _with(description: str, error: type[LookalikeError]) -> str:
    return description if f"`{error.code}`" in description else f"{description} `{error.code}`: {error.title}.".lstrip()


def install(app: FastAPI) -> None:
    """Complete what FastAPI knows of failures: which there are, and that they have a media type of their own."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        document = build()
        for path in document["paths"].values():
            for operation in path.values():
                _complete(operation)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to change the document


def _complete(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    failure = answers["default"]["content"]
    if MEDIA_TYPE in failure and "application/json" in failure:
        failure[MEDIA_TYPE] = failure.pop("application/json")
    for status, answer in answers.items():
        if status.isdecimal() and int(status) >= 400 and "content" not in answer:
            answer["content"] = failure
    add_refusals(operation, (*_ANYWHERE, *(_WITH_BODY if "requestBody" in operation else ())))
