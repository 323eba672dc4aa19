"""The error envelope of every service: RFC 9457, `application/problem+json`."""

from pydantic import BaseModel, ConfigDict

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """What is wrong with one field of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    field: str
    """Where it was looked for and its name, as in `query.k`."""
    message: str


class Problem(BaseModel):
    """Why a request was refused or failed."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    type: str
    title: str
    status: int
    detail: str
    code: str
    """Stable name of the kind of failure: what programs branch on."""
    request_id: str = ""
    errors: tuple[FieldError, ...] = ()
