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
            fields = _fields(document, form)
            form["encoding"] = {name: {"contentType": IMAGES} for name in fields if _is_file(fields[name])}
            for field in fields.values():
                _as_sent(field)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as in shared.openapi


def _forms(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        for operation in path.values():
            if form := operation.get("requestBody", {}).get("content", {}).get(_FORM):
                yield form


def _fields(document: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    schema = form["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    fields: dict[str, Any] = schema["properties"]
    return fields


def _is_file(field: dict[str, Any]) -> bool:
    kind: dict[str, Any] = field.get("items", field)
    return kind.get("contentMediaType") == "application/octet-stream"


def _as_sent(field: dict[str, Any]) -> None:
    """Say how a field of a form is not given: left out, or empty, but never null."""
    match field.get("anyOf"):
        case [dict(kind), {"type": "null"}]:
            del field["anyOf"]
            field.update({word: value for word, value in kind.items() if word != "minLength"})
