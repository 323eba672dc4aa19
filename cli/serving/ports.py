"""Whether the ports that the services listen on are free."""

import socket
from collections.abc import Mapping

from cli.failures import CommandFailed

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Tell whether a service could listen on this port of the loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the services do: a port just left is free
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def require_free(ports: Mapping[str, int]) -> None:
    """Refuse where a service's port is taken, or two services have the same.

    Raises:
        CommandFailed: Says which port of which service.
    """
    for name, port in ports.items():
        if list(ports.values()).count(port) > 1:
            raise CommandFailed(f"Port {port} is given to more than one service.", "Each needs one of its own.")
        if not is_free(port):
            raise CommandFailed(
                f"Port {port}, for the {name}, is taken by another program.",
                "Does Lookalike run already? Else stop that program, or choose another port: "
                f"{name.upper()}_PORT={port + 10} lookalike serve",
            )
