"""Where Qdrant is, as one URL."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

SCHEME = "qdrant"
_GRPC_PORT = 6334


@dataclass(frozen=True, slots=True)
class Address:
    """The nodes of a cluster, any of which answers for all, and how to talk to them.

    Attributes:
        nodes: Hosts with their ports for gRPC.
        key: API key; None: none is shown.
        tls: Whether what is said is encrypted.
    """

    nodes: tuple[tuple[str, int], ...]
    key: str | None = None
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL of the form `qdrant://[:KEY@]HOST[:PORT][,HOST[:PORT]...][?tls=true]`.

        Raises:
            ValueError: It has another form; the message is safe to show.
        """
        parts = urlsplit(url)
        login, _, hosts = parts.netloc.rpartition("@")
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        plain = parts.path in ("", "/") and not parts.fragment and options.keys() <= {"tls"}
        if (
            parts.scheme != SCHEME
            or not hosts
            or not plain
            or options.get("tls", ["true"]) not in (["true"], ["false"])
        ):
            raise ValueError(
                "the URL of the index has the form qdrant://[:KEY@]HOST[:PORT][,HOST[:PORT]...][?tls=true]"
            )
        nodes = tuple(_node(host) for host in hosts.split(","))
        return cls(nodes, unquote(login.partition(":")[2]) or None, options.get("tls") == ["true"])


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
