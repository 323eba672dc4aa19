"""What the OpenAPI document says beyond what the endpoints say themselves."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from shared.errors import (
    Forbidden,
    MisdirectedRequest,
    NotReady,
    Overloaded,
    RateLimited,
    Unauthorized,
    UpstreamUnavailable,
)
from shared.openapi import add_refusals

IMAGES = "image/jpeg, image/png, image/webp, image/gif, image/bmp, image/tiff, image/avif"
"""Media types of the files that are taken."""

_GUARDS = (Unauthorized, Forbidden, MisdirectedRequest, RateLimited)
"""How an endpoint may be refused before it is asked."""
_BEHIND = (NotReady, Overloaded, UpstreamUnavailable)
"""What may be the matter with the services that an endpoint needs."""
_FORM = "multipart/form-data"


def install(app: FastAPI) -> None:
    """Name the refusals that all guarded endpoints share, and say which kinds of files forms take."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        document = build()
        for path in document["paths"].values():
            for operation in path.values():
                if "security" in operation:
                    add_refusals(operation, (*_GUARDS, *_BEHIND))
        for form in _forms(document):
            form["encoding"] = {field: {"contentType": IMAGES} for field in _files(document, form)}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as in shared.openapi


def _forms(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        for operation in path.values():
            if form := operation.get("requestBody", {}).get("content", {}).get(_FORM):
                yield form


def _files(document: dict[str, Any], form: dict[str, Any]) -> Iterator[str]:
    schema = form["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, field in schema["properties"].items():
        if {"format", "contentMediaType"} & field.get("items", field).keys():
            yield name
