"""What the clients share: deadlines, retries, request ids, and answers turned into contracts or exceptions."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from shared import deadline as deadlines
from shared import tracing, wire
from shared.contracts.health import Readiness
from shared.contracts.problem import Problem
from shared.errors import LimitReached, LookalikeError, TryAgain, UpstreamTimeout, UpstreamUnavailable, from_problem
from shared.logging import REQUEST_ID_HEADER, request_id

Model = TypeVar("Model", bound=BaseModel)

_PAUSES = (0.05, 0.2)
"""Seconds before a call is made again, each spread by half at random."""
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
_BROKEN_OFF = (httpx.NetworkError, httpx.RemoteProtocolError)


class ServiceClient:
    """Calls one service through an `httpx.AsyncClient` that its owner opens, limits and closes.

    Args:
        name: The service's name, for error messages.
        http: Knows the service's base URL.
        deadline: Seconds that one call may take from its first byte to its last; httpx' own limits are for each
            read and write, so that a slow trickle would never meet them. Of a request that is being served, what is
            left of its own deadline counts where that is less. The service is told.
        token: Shown to the service with every call, as `Authorization: Bearer`.

    A call that never reached the service is made again, and so is one that only reads and was broken off, as far as the
    deadline allows. A write that may have been applied is not.

    Every method may raise, beside what it names itself:
        UpstreamUnavailable: The service cannot be reached, or failed.
        UpstreamTimeout: It did not answer within the client's deadline.
        TryAgain: It is starting or overloaded.
    """

    unknown_fields: Literal["forbid", "ignore"] = "forbid"
    """What is done about fields of answers that the contract does not have: services of one version have none."""

    def __init__(self, name: str, http: httpx.AsyncClient, deadline: float = 30, token: str | None = None) -> None:
        self.name = name
        self._http = http
        self._deadline = deadline
        self._credentials = {} if token is None else {"authorization": f"Bearer {token}"}

    async def ready(self) -> Readiness:
        """Ask whether the service can do its work; a service that cannot be reached is not ready."""
        try:
            answer = await self._request("GET", "/readyz", admit=(503,))
            return wire.decode(Readiness, answer.content, wire.JSON, unknown_fields=self.unknown_fields)
        except LookalikeError as error:
            return Readiness(ready=False, waiting_for=(error.detail,))

    async def _call(
        self, method: str, path: str, answer: type[Model], headers: Mapping[str, str] | None = None, **request: Any
    ) -> Model:
        accept = {"accept": f"{wire.MSGPACK}, {wire.JSON}", **(headers or {})}
        response = await self._request(method, path, headers=accept, **request)
        try:
            media_type = response.headers.get("content-type", "")
            return wire.decode(answer, response.content, media_type, unknown_fields=self.unknown_fields)
        except LookalikeError as error:
            raise UpstreamUnavailable(f"The {self.name} service gave an answer of another version.") from error

    async def _request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        admit: tuple[int, ...] = (),
        reads: bool | None = None,
        **request: Any,
    ) -> httpx.Response:
        """Make a call; `reads` says whether it changes nothing, which goes without saying for GET."""
        left = deadlines.remaining()
        seconds = self._deadline if left is None else min(self._deadline, left)
        if seconds <= 0:
            raise deadlines.passed()
        end = asyncio.get_running_loop().time() + seconds
        again = _NEVER_SENT + (_BROKEN_OFF if reads or method == "GET" else ())
        context = {REQUEST_ID_HEADER: current} if (current := request_id.get()) else {}
        sent = {**self._credentials, **context, **(headers or {})}
        try:
            async with asyncio.timeout_at(end):
                with tracing.span(f"call {self.name}", calls=True):
                    response = await self._sent(end, again, method=method, url=path, headers=sent, **request)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise UpstreamTimeout(f"The {self.name} service did not answer in time.") from error
        except httpx.TransportError as error:
            raise UpstreamUnavailable(f"The {self.name} service cannot be reached.") from error
        if response.is_success or response.status_code in admit:
            return response
        raise self._failure(response)

    async def _sent(
        self, end: float, again: tuple[type[httpx.TransportError], ...], headers: dict[str, str], **request: Any
    ) -> httpx.Response:
        for pause in _PAUSES:
            try:
                return await self._http.request(headers=headers | _told(end) | tracing.headers(), **request)
            except again:
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - nothing secret
        return await self._http.request(headers=headers | _told(end) | tracing.headers(), **request)

    def _failure(self, response: httpx.Response) -> LookalikeError:
        try:
            error = from_problem(Problem.model_validate_json(response.content, extra=self.unknown_fields))
        except ValidationError:
            error = LookalikeError()
        if (seconds := response.headers.get("retry-after", "")).isdecimal():
            error.retry_after = int(seconds)
        if error.status < 500 or isinstance(error, TryAgain | LimitReached):
            return error
        return UpstreamUnavailable(f"The {self.name} service failed.")


def _told(end: float) -> dict[str, str]:
    """Say how many milliseconds are left until a moment on the loop's clock."""
    return {deadlines.HEADER: str(max(1, int(1000 * (end - asyncio.get_running_loop().time()))))}


def packed(model: BaseModel) -> dict[str, Any]:
    """Give the arguments of a request that carries `model` in the binary form."""
    return {"content": wire.encode(model), "headers": {"content-type": wire.MSGPACK}}
