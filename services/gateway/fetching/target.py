"""An address that a stranger names, read in one way only."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

import httpcore
import httpx

from services.gateway.fetching.rules import Address
from shared.errors import UrlForbidden

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\.?")
"""A host's name. Its last label begins with a letter: `127.1`, `0x7f.1` and `2130706433` are none."""
_LONGEST_NAME = 253
_LONGEST_URL = 2048


def refusal() -> UrlForbidden:
    """Refuse an address, in the same words whatever is the matter with it."""
    return UrlForbidden(
        "This address is not fetched. It has to be http or https, without credentials, on an admitted port of a host "
        "on the public internet."
    )


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes.

    Attributes:
        url: As it is sent; its host is in ASCII.
        host: A name, or an address as it is written in full.
        address: The address, where the host is one.
        port: Given, or the scheme's own.
    """

    url: httpx.URL
    host: str
    address: Address | None
    port: int

    @classmethod
    def read(cls, text: str, base: httpx.URL | None = None) -> Self:
        """Read an address, which a redirect may give relative to its own.

        Raises:
            UrlForbidden: It is none of http or https, has credentials, or a host that is written in another way than
                as a name, four decimal numbers, or IPv6 in brackets.
        """
        if len(text) > _LONGEST_URL or "\\" in text or any(character <= " " for character in text):
            raise refusal()
        try:
            url = httpx.URL(text)
            if base is not None and not url.scheme:
                url = base.join(url)
            port = _DEFAULT_PORTS[url.scheme] if url.port is None else url.port
        except (httpx.InvalidURL, KeyError, ValueError):
            raise refusal() from None
        host = url.raw_host.decode("ascii")
        if url.userinfo or "@" in url.netloc.decode("ascii") or not host:
            raise refusal()
        return cls(url, host, _address(host), port)

    @property
    def sent(self) -> httpcore.URL:
        """The same, part by part: nobody reads the text a second time."""
        return httpcore.URL(scheme=self.url.raw_scheme, host=self.host, port=self.port, target=self.url.raw_path)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What tells the server which of its hosts is meant."""
        return (("Host", self.url.netloc.decode("ascii")),)


def _address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        if len(host) > _LONGEST_NAME or not _NAME.fullmatch(host):
            raise refusal() from None
        return None
