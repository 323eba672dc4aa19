"""A stored file as HTTP gives it out: whole, a part of it, or word that the client has it already (RFC 9110)."""

import re
from dataclasses import dataclass

from fastapi import Request, Response

from services.search.ports import StoredBytes
from shared.errors import RangeNotSatisfiable
from shared.problems import problem_response

_ONE_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)
_TAGS = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a file without reading it."""

    sha256: str
    content_type: str
    size: int

    @classmethod
    def of(cls, stored: StoredBytes) -> "FileFacts":
        """Describe a file that was read."""
        return cls(stored.sha256, stored.content_type, len(stored.data))

    @property
    def etag(self) -> str:
        """A strong entity tag: the same for the same bytes, and for no others."""
        return f'"{self.sha256}"'


def asks_for_less(request: Request) -> bool:
    """Tell whether the answer may do without the file's bytes, or most of them."""
    return request.method == "HEAD" or "if-none-match" in request.headers


def without_bytes(request: Request, facts: FileFacts) -> Response | None:
    """Answer a request for which the bytes need not be read; None where they are."""
    if is_known(request, facts):
        return Response(status_code=304, headers=_headers(facts))
    if request.method == "HEAD":
        length = {"content-length": str(facts.size)}
        return Response(headers=_headers(facts) | length, media_type=facts.content_type)
    return None


def is_known(request: Request, facts: FileFacts) -> bool:
    """Tell whether the client names these bytes as ones that it has."""
    named = ",".join(request.headers.getlist("if-none-match"))
    return named.strip() == "*" or facts.etag in _TAGS.findall(named)


def respond(request: Request, stored: StoredBytes) -> Response:
    """Answer with a file that was read: a single range of it where that is asked for, several of them as the whole."""
    facts = FileFacts.of(stored)
    if (answer := without_bytes(request, facts)) is not None:
        return answer
    wanted = _range(request, facts)
    if wanted is None:
        return Response(stored.data, headers=_headers(facts), media_type=facts.content_type)
    if not wanted:
        refused = problem_response(RangeNotSatisfiable(f"The file has {facts.size} bytes."))
        refused.headers["content-range"] = f"bytes */{facts.size}"
        return refused
    part = {"content-range": f"bytes {wanted.start}-{wanted.stop - 1}/{facts.size}"}
    data = stored.data[wanted.start : wanted.stop]
    return Response(data, 206, _headers(facts) | part, facts.content_type)


def _range(request: Request, facts: FileFacts) -> range | None:
    """Give the bytes that are asked for, none where the file has none of them; None: the whole file is meant."""
    asked = _ONE_RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or request.headers.get("if-range", facts.etag) != facts.etag:
        return None
    first, last = asked.groups()
    if not first:
        return range(max(0, facts.size - int(last)), facts.size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, facts.size) if last else facts.size)


def _headers(facts: FileFacts) -> dict[str, str]:
    # The type was found in the bytes; a browser must not guess another one from them.
    return {"etag": facts.etag, "accept-ranges": "bytes", "x-content-type-options": "nosniff"}
