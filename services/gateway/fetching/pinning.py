"""Connections to addresses that were checked, whatever the name stands for by now."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address

import httpcore

from services.gateway.fetching.rules import Address


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Connects to given addresses instead of looking the name up again; the name still is in `Host` and in TLS.

    Args:
        network: Makes connections.
        addresses: Are tried in their order.
    """

    def __init__(self, network: httpcore.AsyncNetworkBackend, addresses: Sequence[Address]) -> None:
        self._network = network
        self._addresses = addresses

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - it is the name that was looked up
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                stream = await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                peer = stream.get_extra_info("server_addr")
                assert peer is None or ip_address(peer[0]) == address, "the connection goes where it was sent"
                return stream
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)
