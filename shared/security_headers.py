"""Headers by which browsers do no more with an answer than they should."""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""For data and stored files: opened by itself, none of them can run a script, load anything or be framed."""
PAGE_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'; "
    "img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'"
)
"""For the documentation: it talks to this service alone. Its own script is named by digest."""
SHOWN = frozenset(
    {
        "application/json",
        "application/problem+json",
        "image/avif",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "image/webp",
        "text/css",
        "text/html",
        "text/javascript",
        "text/plain",
    }
)
"""Media types that a browser may show; anything else is for keeping only."""

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


class SecurityHeaders:
    """Adds them to every answer; one that names a policy of its own keeps it.

    Args:
        app: Whose answers they are.
        pages: Paths of pages of our own, whose scripts may run.
    """

    def __init__(self, app: ASGIApp, pages: frozenset[str]) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in self._pages:
            await self._app(scope, receive, _Page(send).send)
        else:
            await self._app(scope, receive, _with_headers(send))


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = _protect(message, DATA_POLICY)
            media_type = headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
            if media_type not in SHOWN:
                headers.setdefault("content-disposition", "attachment")
        await send(message)

    return send_with_headers


class _Page:
    """Holds a page's head back until its scripts are known: they differ with where the service is mounted."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._head: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = message
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            digests = "".join(f" '{_digest(script)}'" for script in _INLINE_SCRIPT.findall(self._body))
            _protect(self._head, PAGE_POLICY + digests)
            await self._send(self._head)
            await self._send({"type": "http.response.body", "body": self._body})


def _digest(script: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script).digest()).decode()


def _protect(message: Message, policy: str) -> MutableHeaders:
    headers = MutableHeaders(scope=message)
    headers.setdefault("content-security-policy", policy)
    headers["x-content-type-options"] = "nosniff"
    headers["x-frame-options"] = "DENY"
    headers["referrer-policy"] = "no-referrer"
    return headers
