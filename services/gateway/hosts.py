"""The guard against names that were made to lead here."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import MisdirectedRequest
from shared.problems import problem_response
from shared.service_token import PROBES


class HostGuard:
    """Answers only for its own names.

    A page's own host name can be made to lead to this machine while the page is open (DNS rebinding). To the browser
    that is the page's own server then, which it may read and write: only the name in the request tells. Probes call by
    whatever address they have, and learn nothing.

    Args:
        app: What is guarded.
        names: Host names and addresses without ports; `*.example.org` stands for all below, `*` for any.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["path"] not in PROBES
            and not self._is_ours(Request(scope).headers.get("host", ""))
        ):
            refusal = MisdirectedRequest("This service does not answer for that host; ALLOWED_HOSTS says for which.")
            await problem_response(refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        name = _without_port(host.lower())
        above = {f"*.{name.split('.', cut)[cut]}" for cut in range(1, name.count(".") + 1)}
        return "*" in self._names or not self._names.isdisjoint({name, *above})


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
