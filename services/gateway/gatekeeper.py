"""Who may call, and how often: decided by the head of a request, before its body is read."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.caller import ANYONE, Caller
from services.gateway.keyring import Keyring
from services.gateway.rates import Allowance, RateLimits
from shared.errors import LookalikeError, RateLimited, Unauthorized
from shared.problems import problem_response

OPEN = frozenset({"/", "/healthz", "/readyz", "/docs", "/docs/oauth2-redirect", "/openapi.json"})
"""What strangers may ask for: whether it works, and the documentation, which says nothing of what is stored.

`/metrics` is not among them: it tells what an installation is used for.
"""
_OPEN_FOLDER = "/static-offline-docs/"
_BEARER = "bearer "


class Gatekeeper:
    """Says who calls, in `request.state.caller`, and turns away strangers and those who call too often.

    Args:
        app: What is guarded. What a caller may do there, it decides itself.
        limits: How often somebody may call.
        keyring: The keys that open the gate; None where nobody has to log in.
    """

    def __init__(self, app: ASGIApp, limits: RateLimits, keyring: Keyring | None) -> None:
        self._app = app
        self._limits = limits
        self._keyring = keyring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN or scope["path"].startswith(_OPEN_FOLDER):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal: LookalikeError | None = None
        try:
            caller = self._caller(request)
        except Unauthorized as error:
            caller, refusal = ANYONE, error
        allowance = self._allowance(request, caller)
        if allowance is not None and allowance.exceeded:
            refusal = RateLimited(f"At most {allowance.limit} requests in {allowance.window} seconds are answered.")
            refusal.retry_after = allowance.reset
        if refusal is not None:
            await problem_response(refusal)(scope, receive, _announcing(allowance, send))
            return
        request.state.caller = caller
        await self._app(scope, receive, _announcing(allowance, send))

    def _caller(self, request: Request) -> Caller:
        if self._keyring is None:
            return ANYONE
        token = _shown(request)
        if token is None:
            raise Unauthorized("Show an API key, as `Authorization: Bearer KEY` or as `X-API-Key: KEY`.")
        return Caller(self._keyring.key_of(token))

    def _allowance(self, request: Request, caller: Caller) -> Allowance | None:
        if caller.key is not None:
            return self._limits.take_for_key(caller.key.id)
        return self._limits.take_for_address(request.client.host if request.client else "")


def _shown(request: Request) -> str | None:
    authorization = request.headers.get("authorization", "")
    if authorization.lower().startswith(_BEARER):
        return authorization[len(_BEARER) :].strip()
    return request.headers.get("x-api-key")


def _announcing(allowance: Allowance | None, send: Send) -> Send:
    if allowance is None:
        return send
    headers = allowance.headers()

    async def send_with_allowance(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *headers]
        await send(message)

    return send_with_allowance
