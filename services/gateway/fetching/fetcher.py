"""Fetches images from the web, and from nowhere else."""

import asyncio
import time
from collections.abc import Sequence

import httpcore
import httpx

from services.gateway.fetching.pinning import PinnedBackend
from services.gateway.fetching.resolving import Resolve, system_resolver
from services.gateway.fetching.rules import Address, FetchRules
from services.gateway.fetching.sniffing import ENOUGH, may_be_image
from services.gateway.fetching.target import Target, refusal
from shared.contracts.problem import FieldError
from shared.errors import EmptyUpload, FetchFailed, ImageTooLarge, LookalikeError, UnsupportedMediaType

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = (
    ("Accept", "image/*"),
    ("Accept-Encoding", "identity"),  # what nobody unpacks cannot blow up
    ("Connection", "close"),
    ("User-Agent", "Lookalike"),
)
_TIMEOUTS = {"timeout": {"connect": 3.0}}
"""Of one address, so that the next one has its turn; all the rest is in the deadline of the whole."""
_LOOKUP_SECONDS = 3
"""After that a name counts as one that stands for nothing."""


class _Allowance:
    """Bytes that the images of one request may still have together."""

    def __init__(self, left: int) -> None:
        self.left = left


class UrlFetcher:
    """Fetches images for clients that may be up to no good.

    A name is looked up once, all of its addresses are checked, and the connection goes to one of these, not to the
    name: what the name stands for a moment later does not matter. Each redirect is checked anew. There are no cookies,
    no credentials, no referrer and no proxy; what is compressed is not unpacked; and what a client is told of a
    refused address is the same whatever there is at it.

    Args:
        rules: Which addresses, and how much.
        resolve: Looks names up.
        network: Makes connections.
    """

    def __init__(
        self,
        rules: FetchRules,
        resolve: Resolve | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._rules = rules
        self._resolve = resolve or system_resolver()
        self._network = network or httpcore.AnyIOBackend()
        self._places = asyncio.Semaphore(rules.at_once)
        self._tls = httpx.create_ssl_context()

    async def fetch(self, url: str) -> bytes:
        """Fetch one image.

        Raises:
            UrlForbidden: The address, or one that it redirects to, is not one that is fetched.
            FetchFailed: There is nothing to be had, or not in time.
            UnsupportedMediaType, ImageTooLarge, EmptyUpload: What there is cannot be an image that is taken.
        """
        return await self._fetch(url, _Allowance(self._rules.max_bytes_together))

    async def fetch_all(self, urls: Sequence[str]) -> list[bytes]:
        """Fetch images at once; the first failure ends the others, and names its address by its number.

        Raises:
            LookalikeError: As `fetch`.
        """
        allowance = _Allowance(self._rules.max_bytes_together)
        tasks = [asyncio.create_task(self._fetch(url, allowance)) for url in urls]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for number, task in enumerate(tasks):
                if task.done() and (error := task.exception()):
                    raise _numbered(error, number)
            return [task.result() for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, url: str, allowance: _Allowance) -> bytes:
        try:
            async with asyncio.timeout(self._rules.seconds), self._places:
                return await self._follow(url, allowance)
        except (TimeoutError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
            raise _nothing() from None

    async def _follow(self, url: str, allowance: _Allowance) -> bytes:
        at: httpx.URL | None = None
        for _ in range(1 + self._rules.redirects):
            target, addresses = await self._admitted(url, at)
            backend = PinnedBackend(self._network, addresses)
            async with (
                httpcore.AsyncConnectionPool(ssl_context=self._tls, network_backend=backend) as pool,
                pool.stream("GET", target.sent, headers=[*target.headers, *_HEADERS], extensions=_TIMEOUTS) as response,
            ):
                headers = httpx.Headers(response.headers)
                if response.status in _REDIRECTS and "location" in headers:
                    url, at = headers["location"], target.url
                    continue
                if response.status != httpx.codes.OK:
                    raise _nothing()
                return await self._read(response, headers, allowance)
        raise _nothing()

    async def _admitted(self, url: str, base: httpx.URL | None) -> tuple[Target, Sequence[Address]]:
        """Read an address, look its name up and check what comes; all refusals take the same time at the least."""
        answer_at = time.monotonic() + self._rules.refusal_seconds
        target = addresses = None
        try:
            target = Target.read(url, base)
            if target.port in self._rules.ports:
                async with asyncio.timeout(_LOOKUP_SECONDS):
                    addresses = [target.address] if target.address else await self._resolve(target.host, target.port)
        except (OSError, UnicodeError, LookalikeError):
            addresses = None
        if target is None or not addresses or not all(map(self._rules.admit, addresses)):
            await asyncio.sleep(answer_at - time.monotonic())
            raise refusal()
        return target, tuple(dict.fromkeys(addresses))

    async def _read(self, response: httpcore.Response, headers: httpx.Headers, allowance: _Allowance) -> bytes:
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise _nothing()
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._rules.max_bytes:
            raise _too_large(self._rules.max_bytes)
        data, known = bytearray(), False
        async for chunk in response.aiter_stream():
            data += chunk
            allowance.left -= len(chunk)
            if len(data) > self._rules.max_bytes:
                raise _too_large(self._rules.max_bytes)
            if allowance.left < 0:
                raise ImageTooLarge(f"The images of one request have at most {self._rules.max_bytes_together} bytes.")
            if not known and len(data) >= ENOUGH:
                _check_image(data)
                known = True
        if not data:
            raise EmptyUpload("The file at the address has no bytes.")
        _check_image(data)
        return bytes(data)


def _numbered(error: BaseException, number: int) -> BaseException:
    if not isinstance(error, LookalikeError):
        return error
    return type(error)(error.detail, (FieldError(field=f"body.examples.{number}.url", message=error.detail),))


def _check_image(data: bytearray) -> None:
    if not may_be_image(bytes(data[:ENOUGH])):
        raise UnsupportedMediaType("What is at the address is not a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF image.")


def _nothing() -> FetchFailed:
    return FetchFailed("There is no image to be had at this address, or not in time.")


def _too_large(limit: int) -> ImageTooLarge:
    return ImageTooLarge(f"At most {limit} bytes are taken for an image.")
