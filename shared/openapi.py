"""The OpenAPI document, as true as the answers are."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from shared.contracts.problem import MEDIA_TYPE, Problem

PROBLEM_RESPONSE: dict[int | str, dict[str, Any]] = {
    "default": {"description": "Refused or failed.", "model": Problem, "content": {MEDIA_TYPE: {}}}
}


def operation_id(route: APIRoute) -> str:
    """Name an operation as its handler is named: generated clients show it to their users."""
    return route.name


def install(app: FastAPI) -> None:
    """Show problems under their own media type, where FastAPI knows no other than that of good answers."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        document = build()
        for path in document["paths"].values():
            for operation in path.values():
                failure = operation["responses"]["default"]["content"]
                if MEDIA_TYPE in failure and "application/json" in failure:
                    failure[MEDIA_TYPE] = failure.pop("application/json")
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to change the document
