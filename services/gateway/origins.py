"""The guard against other sites' pages: a browser lets any page post a form to this machine."""

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import Forbidden
from shared.problems import problem_response

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginGuard:
    """Refuses to do for a foreign web page what CORS only hides the answer of.

    Browsers name the page's origin in every request that may write; programs name none and are let through.

    Args:
        app: What is guarded.
        admitted: Pattern of the origins that may write.
    """

    def __init__(self, app: ASGIApp, admitted: str) -> None:
        self._app = app
        self._admitted = re.compile(admitted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _READING:
            origin = Request(scope).headers.get("origin")
            if origin is not None and not self._admitted.fullmatch(origin):
                refusal = Forbidden("Pages of this origin may not write here; CORS_ORIGIN_REGEX says which may.")
                await problem_response(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)
