"""Where Qdrant is, as one URL."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Self
from urllib.parse import parse_qs, urlsplit

SCHEME = "qdrant"
_GRPC_PORT = 6334


@dataclass(frozen=True, slots=True)
class Address:
    """The nodes of a cluster, any of which answers for all, and how to talk to them.

    Attributes:
        nodes: Hosts with their ports for gRPC.
        tls: Whether what is said is encrypted.
        key: API key; None: none is shown.
    """

    nodes: tuple[tuple[str, int], ...]
    tls: bool = False
    key: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, key: str | None = None) -> Self:
        """Read a URL of the form `qdrant://HOST[:PORT][,HOST[:PORT]...][?tls=true]`.

        Raises:
            ValueError: It has another form; the message is safe to show.
        """
        parts = urlsplit(url)
        hosts = parts.netloc
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        plain = parts.path in ("", "/") and not parts.fragment and options.keys() <= {"tls"}
        if (
            parts.scheme != SCHEME
            or not hosts
            or "@" in hosts
            or not plain
            or options.get("tls", ["true"]) not in (["true"], ["false"])
        ):
            raise ValueError("the URL of the index has the form qdrant://HOST[:PORT][,HOST[:PORT]...][?tls=true]")
        nodes = tuple(_node(host) for host in hosts.split(","))
        return cls(nodes, options.get("tls") == ["true"], key)


def check_url(url: str) -> None:
    """Refuse a URL that no index can be reached by.

    Raises:
        ValueError: Says why.
    """
    Address.parse(url)
    if find_spec("qdrant_client") is None:
        raise ValueError("an index in Qdrant needs what the extra `qdrant` installs")


def _node(host: str) -> tuple[str, int]:
    parts = urlsplit(f"//{host}")
    if not parts.hostname:
        raise ValueError("a host is missing in the URL of the index")
    return parts.hostname, parts.port or _GRPC_PORT
