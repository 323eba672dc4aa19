"""The token between the services: what the gateway shows to the services behind it."""

import hmac

from pydantic import SecretStr
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import Unauthorized
from shared.problems import problem_response

PROBES = frozenset({"/healthz", "/readyz"})
"""What those who look after a service ask it without a token; they learn nothing but whether it works."""


class ServiceTokenGuard:
    """Turns everybody away who does not show the token, before anything of the request is read.

    Args:
        app: What is guarded.
        token: What is asked for; None lets everybody in.
    """

    def __init__(self, app: ASGIApp, token: SecretStr | None) -> None:
        self._app = app
        self._expected = None if token is None else f"Bearer {token.get_secret_value()}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._expected is not None and scope["path"] not in PROBES:
            shown = Request(scope).headers.get("authorization", "").encode()
            if not hmac.compare_digest(shown, self._expected):
                refusal = Unauthorized("This service answers only to the service token, SERVICE_TOKEN.")
                await problem_response(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)
