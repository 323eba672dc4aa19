"""Bodies that the handlers read themselves: files, and contracts in either of their two forms."""

from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from shared import wire
from shared.errors import BodyTooLarge, InvalidRequest, LookalikeError

MAX_DOCUMENT_BYTES = 8 * 2**20
"""A commit of 51,200 dimensions in JSON takes about one."""

Model = TypeVar("Model", bound=BaseModel)


async def read_bounded(request: Request, limit: int, refusal: LookalikeError) -> bytes:
    """Read a body of at most `limit` bytes into memory; a longer one raises `refusal`, at once where it is announced.

    Raises:
        InvalidRequest: The client went away in the middle.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise refusal
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise refusal
    except ClientDisconnect:
        raise InvalidRequest("The body ended early.") from None
    return bytes(body)


async def read_document(request: Request, model: type[Model]) -> Model:
    """Read a contract from JSON or MessagePack.

    Raises:
        BodyTooLarge, UnsupportedMediaType, InvalidRequest: Why it is refused.
    """
    refusal = BodyTooLarge(f"At most {MAX_DOCUMENT_BYTES} bytes are read.")
    body = await read_bounded(request, MAX_DOCUMENT_BYTES, refusal)
    return await run_in_threadpool(wire.decode, model, body, request.headers.get("content-type", ""))


def document(model: type[BaseModel]) -> dict[str, Any]:
    """Describe in OpenAPI the body that `read_document` reads."""
    schema = model.model_json_schema()
    whole = _without_references(schema, schema.pop("$defs", {}))
    content = {media_type: {"schema": whole} for media_type in (wire.JSON, wire.MSGPACK)}
    return {"requestBody": {"required": True, "content": content}}


def file() -> dict[str, Any]:
    """Describe in OpenAPI a body of raw bytes."""
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": content}}


def _without_references(schema: Any, definitions: dict[str, Any]) -> Any:
    # An operation's schema cannot refer to definitions of its own: those of the document are FastAPI's.
    match schema:
        case {"$ref": str(reference), **rest}:
            return {**_without_references(definitions[reference.rpartition("/")[2]], definitions), **rest}
        case dict():
            return {key: _without_references(value, definitions) for key, value in schema.items()}
        case list():
            return [_without_references(value, definitions) for value in schema]
        case _:
            return schema
