"""The original system's error body, for the endpoint that its own clients call."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.gateway import PredictError
from shared.contracts.problem import MEDIA_TYPE, Problem


class OriginalErrors:
    """Turns the problem documents of one endpoint, whoever answers them, into `{"error": ...}`.

    Args:
        app: What is around the endpoint and refuses requests to it, and the endpoint.
        path: The endpoint's.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"] == self._path
        await self._app(scope, receive, _Translation(send).send if ours else send)


class _Translation:
    def __init__(self, send: Send) -> None:
        self._send = send
        self._head: Message | None = None
        self._problem = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and MutableHeaders(scope=message).get("content-type") == MEDIA_TYPE:
            self._head = message
        elif self._head is None:
            await self._send(message)
        else:
            self._problem += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_translated(self._head)

    async def _send_translated(self, head: Message) -> None:
        error = PredictError(error=Problem.model_validate_json(self._problem).detail)
        body = error.model_dump_json().encode()
        headers = MutableHeaders(scope=head)
        headers["content-type"] = "application/json"
        headers["content-length"] = str(len(body))
        await self._send(head)
        await self._send({"type": "http.response.body", "body": body})
