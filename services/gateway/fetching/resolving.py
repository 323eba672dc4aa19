"""Names to addresses."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from anyio import CapacityLimiter, to_thread

from services.gateway.fetching.rules import Address

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Gives the addresses of a host; raises OSError where there are none."""

_LOOKUPS = 32


def system_resolver() -> Resolve:
    """Ask as the machine is set up to; a look-up that nobody waits for any more keeps its thread until it ends."""
    threads = CapacityLimiter(_LOOKUPS)

    async def resolve(host: str, port: int) -> Sequence[Address]:
        found = await to_thread.run_sync(
            lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), abandon_on_cancel=True, limiter=threads
        )
        return [ip_address(entry[4][0]) for entry in found]

    return resolve
