"""ASGI middleware of every service: request ids, the access log, the last line of defence, deadlines, the body cap."""

import asyncio
import logging
import re
import time
import uuid

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import deadline
from shared.errors import BodyTooLarge, InvalidRequest, LookalikeError, RequestTimeout
from shared.logging import REQUEST_ID_HEADER, request_id
from shared.problems import problem_response
from shared.telemetry import Metrics

_CLIENT_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_READING = frozenset({"GET", "HEAD"})
_MILLISECONDS = re.compile(r"0*[1-9][0-9]{0,7}")
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})

_access = logging.getLogger("access")
_failure = logging.getLogger("failure")


class RequestContext:
    """Gives each request an id, answers 500 where nobody else caught the exception, and counts and logs the answer.

    A client may name its own id in `X-Request-ID`; one that would garble a log line is replaced.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        offered = Request(scope).headers.get(REQUEST_ID_HEADER, "")
        identifier = offered if _CLIENT_REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        # Never reset: each request is a task of its own, and failures are logged after this frame is gone.
        request_id.set(identifier)
        began = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID_HEADER.encode(), identifier.encode())]
            await send(message)

        try:
            with self._metrics.in_flight.track_inprogress():
                await self._app(scope, receive, send_with_id)
        except LookalikeError as refusal:
            if status:
                raise
            await problem_response(refusal)(scope, receive, send_with_id)
        except Exception:
            _failure.exception("unhandled exception")
            if status:  # The answer has begun: cutting the connection is the only way to say that it is not whole.
                raise
            await problem_response(LookalikeError())(scope, receive, send_with_id)
        finally:
            self._observe(scope, status, time.perf_counter() - began)

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        # A made-up method or path must not make a new time series.
        route = getattr(scope.get("route"), "path", "(none)")
        method = scope["method"] if scope["method"] in _KNOWN_METHODS else "(other)"
        self._metrics.observe_request(method, route, status, seconds, scope.get("problem"))
        path = scope["path"].encode("unicode_escape").decode()
        # Probes come every few seconds for ever: at the usual level they would hide everything else.
        level = logging.DEBUG if route in _PROBES else logging.INFO
        _access.log(level, "%s %s %d %.1f ms", method, path, status, seconds * 1000)


class Deadlines:
    """Reads how long the caller waits, in milliseconds, and gives up reading for it when that time is over.

    What is written is not given up in the middle: its parts look at the deadline before they begin.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = Request(scope).headers.get(deadline.HEADER) if scope["type"] == "http" else None
        if said is None:
            await self._app(scope, receive, send)
            return
        if not _MILLISECONDS.fullmatch(said):
            refusal = InvalidRequest("X-Request-Deadline is a number of milliseconds, from 1 to 99999999.")
            await problem_response(refusal)(scope, receive, send)
            return
        deadline.start(int(said) / 1000)
        if scope["method"] in _READING:
            async with deadline.enforced():
                await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class BodyCap:
    """Refuses bodies that are too long, at once where their length is announced, or take too long to arrive.

    Args:
        app: Reads the bodies.
        limit: Longest body, in bytes.
        seconds: How long one may take, from the head of its request on.
    """

    def __init__(self, app: ASGIApp, limit: int, seconds: float) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Request(scope).headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._limit:
            await problem_response(self._refusal())(scope, receive, send)
            return
        taken = 0
        whole = False
        end = asyncio.get_running_loop().time() + self._seconds

        async def counting_receive() -> Message:
            nonlocal taken, whole
            try:
                async with asyncio.timeout_at(None if whole else end):
                    message = await receive()
            except TimeoutError:
                raise RequestTimeout(f"The body did not arrive within {self._seconds:g} seconds.") from None
            taken += len(message.get("body", b""))
            if taken > self._limit:
                raise self._refusal()
            whole = not message.get("more_body", False)
            return message

        await self._app(scope, counting_receive, send)

    def _refusal(self) -> BodyTooLarge:
        return BodyTooLarge(f"At most {self._limit} bytes are read.")
