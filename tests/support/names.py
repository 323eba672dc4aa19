"""Names that stand for what the tests say, and for something else the next time if they say so."""

import socket
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from services.gateway.fetching.rules import Address


class Names:
    """Implements `Resolve`. A name's answers are given one after the other, the last one again and again."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        known = self._answers.get(host)
        if known is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        given = known[min(self.asked.count(host), len(known) - 1)]
        self.asked.append(host)
        return [ip_address(address) for address in given]
