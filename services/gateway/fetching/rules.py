"""What of the web is fetched, and how much of it."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""Where hosts of the public internet have their IPv6 addresses; all others map, translate or stay inside."""

_SPECIAL: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # behind a carrier's translation
            "127.0.0.0/8",
            "168.63.129.16/32",  # public by its number, but it answers to Azure's own machines alone
            "169.254.0.0/16",  # link-local, and where clouds keep their secrets
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001::/23",  # among them Teredo, which carries IPv4 addresses
            "2001:db8::/32",
            "2002::/16",  # 6to4, likewise
            "3fff::/20",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class FetchRules:
    """Bounds on what is fetched.

    Attributes:
        ports: That are connected to.
        networks: That are connected to although they are not public.
        seconds: That one fetch may take, with its redirects and its wait for a place.
        at_once: Fetches under way.
        max_bytes: Of one image.
        max_bytes_together: Of all images of one request.
        redirects: That are followed.
        refusal_seconds: After which an address is refused, at the least: how soon its name was found tells something.
    """

    ports: frozenset[int] = frozenset({80, 443})
    networks: tuple[Network, ...] = ()
    seconds: float = 10
    at_once: int = 16
    max_bytes: int = 40 * 2**20
    max_bytes_together: int = 64 * 2**20
    redirects: int = 3
    refusal_seconds: float = 0.25

    def admit(self, address: Address) -> bool:
        """Tell whether an address may be connected to."""
        return any(address in network for network in self.networks) or is_public(address)


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to a host of the public internet."""
    if isinstance(address, IPv6Address) and (address not in _GLOBAL_UNICAST or address.scope_id is not None):
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in _SPECIAL)
