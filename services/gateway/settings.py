"""The gateway's settings."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import ClassVar

import limits
from limits import RateLimitItem
from pydantic import Field, field_validator

from services.gateway.fetching.rules import FetchRules
from shared.settings import ServiceSettings

LOOPBACK_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


class GatewaySettings(ServiceSettings):
    """What the gateway is told by its environment."""

    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    embedder_url: str = Field("http://127.0.0.1:8001", description="Where the embedder is.")
    search_url: str = Field("http://127.0.0.1:8002", description="Where the search service is.")
    embedder_timeout_seconds: float = Field(30, gt=0, description="Deadline of one call to the embedder.")
    search_timeout_seconds: float = Field(10, gt=0, description="Deadline of one call to the search service.")
    max_embedder_calls: int = Field(
        64, ge=1, description="Calls to the embedder under way at once; what needs more is answered with 503."
    )
    max_search_calls: int = Field(128, ge=1, description="The same for the search service.")
    max_image_bytes: int = Field(
        40 * 2**20, ge=1024, description="Longest image file that is taken; longer ones are answered with 413."
    )
    max_batch_images: int = Field(
        64, ge=1, le=1000, description="Most images in one batch; the embedder's MAX_IMAGES_PER_REQUEST bounds it, too."
    )
    max_batch_bytes: int = Field(
        40 * 2**20,
        ge=1024,
        description="Most bytes of images in one batch, as much as one image may have; larger ones are answered with "
        "413.",
    )
    max_uploads_in_flight: int = Field(
        32,
        ge=1,
        description="Requests with a file worked on at once; more are answered with 503. Of searches fewer, as many as "
        "stay quick.",
    )
    max_included_bytes: int = Field(
        16 * 2**20, ge=0, description="Most bytes of thumbnails, images and vectors inline in the answer to a search."
    )
    url_fetch: bool = Field(
        default=False, description="Fetch images from addresses that clients name; off, such requests get 403."
    )
    url_fetch_ports: str = Field("80,443", description="Ports that images are fetched from, with commas between.")
    url_fetch_allowed_networks: str | None = Field(
        None,
        description="Networks that images may be fetched from although they are not public, as in `10.1.2.0/24`, with "
        "commas between. Unset: none.",
    )
    url_fetch_timeout_seconds: float = Field(10, gt=0, description="Deadline of one fetch, with all of its redirects.")
    max_url_fetches: int = Field(16, ge=1, description="Images that are fetched at once; more wait in line.")
    cors_origin_regex: str = Field(
        LOOPBACK_ORIGIN, description="Web pages that may call the API from a browser: their origins, as a pattern."
    )
    api_keys_file: Path | None = Field(
        default=None,
        description="File of the API keys, as `lookalike keys` writes it. Unset: nobody has to log in.",
    )
    allowed_hosts: str = Field(
        "localhost,127.0.0.1,[::1]",
        description="Names under which the gateway is reached, with commas between; `*.example.org` stands for all "
        "below, `*` for any. Requests for others are refused.",
    )
    trusted_proxies: str | None = Field(
        default=None,
        description="Addresses or networks, with commas between, of proxies whose `X-Forwarded-For` is believed.",
    )
    key_rate_limit: str | None = Field(
        default=None,
        description="How often a key may call, as `600/minute`; more is answered with 429. Unset: no limit.",
    )
    address_rate_limit: str | None = Field(
        default=None, description="The same for each address that shows no key, or a wrong one."
    )
    web_folder: Path | None = Field(
        None,
        description="Folder of the built page, which is served under `/`. Unset: `web/out` beside the program's "
        "sources. Without a page `/` leads to the API's documentation.",
    )

    credentials_setting: ClassVar[str] = "API_KEYS_FILE"

    @property
    def asks_for_credentials(self) -> bool:
        """Whether there are keys to show."""
        return self.api_keys_file is not None

    @field_validator("key_rate_limit", "address_rate_limit")
    @classmethod
    def _is_a_rate(cls, rate: str | None) -> str | None:
        rate_of(rate)
        return rate

    @field_validator("url_fetch_ports")
    @classmethod
    def _of_ports(cls, text: str) -> str:
        if not all(1 <= port <= 65535 for port in _ports(text)):
            raise ValueError("a port is a number from 1 to 65535")
        return text

    @field_validator("url_fetch_allowed_networks")
    @classmethod
    def _of_networks(cls, text: str | None) -> str | None:
        _networks(text)
        return text

    @property
    def fetch_rules(self) -> FetchRules:
        """What of the web is fetched, and how much."""
        return FetchRules(
            ports=_ports(self.url_fetch_ports),
            networks=_networks(self.url_fetch_allowed_networks),
            seconds=self.url_fetch_timeout_seconds,
            at_once=self.max_url_fetches,
            max_bytes=self.max_image_bytes,
            max_bytes_together=self.max_body_bytes,
        )


def rate_of(text: str | None) -> RateLimitItem | None:
    """Read a limit such as `600/minute`.

    Raises:
        ValueError: It is none.
    """
    if text is None:
        return None
    try:
        return limits.parse(text)
    except ValueError:
        raise ValueError("a limit is written as 600/minute") from None


def _ports(text: str) -> frozenset[int]:
    return frozenset(int(port) for port in text.split(","))


def _networks(text: str | None) -> tuple[IPv4Network | IPv6Network, ...]:
    return () if text is None else tuple(ip_network(network.strip()) for network in text.split(","))
