"""How the store talks to MongoDB."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MongoOptions:
    """Sizes and deadlines; moments in seconds.

    Args:
        max_connections: Connections to each server at most.
        min_connections: Connections to each server that are kept open.
        connect_timeout: For a connection to be made.
        selection_timeout: For a server to be found that takes writes.
        timeout: For one call of the store, with all the commands that it takes.
        lease: How long an intent of another writer may stay open before it is resolved.
    """

    max_connections: int = 20
    min_connections: int = 0
    connect_timeout: float = 3
    selection_timeout: float = 3
    timeout: float = 8
    lease: float = 3
