"""Overload, noticed by the head of a request: what could not be answered in time is not read either."""

import re
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.adaptive import AdaptiveLimit
from services.gateway.admission import Admission
from shared.errors import Overloaded
from shared.problems import problem_response

SEARCHES_AT_LEAST = 3
"""Searches by upload that are let in however slow they are: one person at the page has so many under way."""

_LIGHT_BYTES = 2**16
_READING = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_SEARCH = re.compile(r"/v1/search(/.*)?|/v1/images/[^/]+/similar|/api/predict")
_FETCHING = "/by-url"
"""So ends the path of a request whose files are fetched: few bytes come in, but many are held."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is under way in the gateway.

    Args:
        bodies: Requests with a file, or as long as one, from their head on: each may hold it in memory.
        searches: Searches by upload, from the moment on when their body is there; they are to stay quick.
        others: Writes and heat maps, likewise; they take the time that they take.
    """

    bodies: Admission
    searches: Admission
    others: Admission

    @classmethod
    def up_to(cls, limit: int) -> "Work":
        """Admit so many at once."""
        return cls(Admission(limit), Admission(AdaptiveLimit(SEARCHES_AT_LEAST, limit)), Admission(limit))

    def of(self, path: str) -> Admission:
        """Tell where work on an address is admitted."""
        return self.searches if _SEARCH.fullmatch(path) else self.others

    def gate(self, path: str, kind: str) -> "Gate":
        """Give the gate for a request; `kind` is the template of its path."""
        return Gate(self.of(path), kind)


@dataclass(frozen=True, slots=True)
class Gate:
    """Where a handler takes a place before it begins to work."""

    admission: Admission
    kind: str

    def slot(self) -> AbstractContextManager[None]:
        """Hold a place while the block runs.

        Raises:
            Overloaded: All places are taken.
        """
        return self.admission.slot(self.kind)


class OverloadGuard:
    """Turns requests with a file away while there is no place for them.

    Args:
        app: What is guarded. Its handlers take a place themselves once they begin to work.
        work: What is under way.
    """

    def __init__(self, app: ASGIApp, work: Work) -> None:
        self._app = app
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READING or not _is_heavy(scope):
            await self._app(scope, receive, send)
            return
        with ExitStack() as held:
            try:
                self._work.of(scope["path"]).check()
                held.enter_context(self._work.bodies.slot())
            except Overloaded as refusal:
                await problem_response(refusal)(scope, receive, send)
                return
            await self._app(scope, receive, send)


def _is_heavy(scope: Scope) -> bool:
    headers = Request(scope).headers
    announced = headers.get("content-length", "")
    multipart = headers.get("content-type", "").lower().startswith("multipart/")
    fetching = scope["path"].endswith(_FETCHING)
    return multipart or fetching or not announced.isdecimal() or int(announced) > _LIGHT_BYTES
