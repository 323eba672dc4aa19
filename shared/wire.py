"""The two forms of a contract on the wire: JSON for people, MessagePack between services.

Both carry the same fields. MessagePack keeps bytes raw, so a vector of 2,048 float32 takes 8 kB where JSON takes 40.
"""

from collections.abc import Mapping
from typing import Literal, TypeVar

import msgpack
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import InvalidRequest, UnsupportedMediaType
from shared.validation import field_errors

JSON = "application/json"
MSGPACK = "application/msgpack"

Model = TypeVar("Model", bound=BaseModel)


def encode(model: BaseModel, media_type: str = MSGPACK) -> bytes:
    """Write a contract in one of the two forms."""
    if media_type == MSGPACK:
        return msgpack.packb(model.model_dump(), datetime=True)
    return model.model_dump_json().encode()


def decode(
    model: type[Model], body: bytes, media_type: str, *, unknown_fields: Literal["forbid", "ignore"] = "forbid"
) -> Model:
    """Read a contract from one of the two forms.

    Raises:
        UnsupportedMediaType: `media_type` is neither.
        InvalidRequest: The body is not of that form, or not this contract.
    """
    form = media_type.partition(";")[0].strip().lower()
    try:
        if form == MSGPACK:
            # Timestamps come back as datetimes; strings that are not UTF-8 are refused, as in JSON.
            return model.model_validate(msgpack.unpackb(body, timestamp=3), extra=unknown_fields)
        if form == JSON:
            return model.model_validate_json(body, extra=unknown_fields)
    except ValidationError as error:
        raise InvalidRequest(
            "The body does not have the expected fields.", field_errors(error.errors(), "body")
        ) from None
    except (ValueError, msgpack.UnpackException):
        raise InvalidRequest(f"The body is not valid {form}.") from None
    raise UnsupportedMediaType(f"Send the body as {JSON} or {MSGPACK}.")


def respond(
    request: Request, model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with MessagePack where the client accepts it by name, else with JSON."""
    media_type = MSGPACK if MSGPACK in request.headers.get("accept", "") else JSON
    return Response(encode(model, media_type), status, headers, media_type)
