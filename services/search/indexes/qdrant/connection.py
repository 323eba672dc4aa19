"""Calls to Qdrant: each with a deadline, to the next node where one is gone, and its errors in our words."""

import logging
import warnings
from collections.abc import Callable
from typing import TypeVar

import grpc
from qdrant_client import QdrantClient

from services.search.indexes.qdrant.address import Address
from shared.errors import TryAgain, UpstreamTimeout, UpstreamUnavailable

_CHANNEL = {
    # gRPC would wait for up to two minutes before it looks for a node again that was gone.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2000,
    # Answers as they are: Qdrant compresses for all who admit it, and takes ten times as long over vectors for it.
    "grpc.compression_enabled_algorithms_bitset": 1,
}

_AT_ONCE = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL, grpc.StatusCode.ABORTED})
"""A node that answers so is gone, or missed another one that is: the next one may know better."""
_FOR_ANOTHER_NODE = _AT_ONCE | {grpc.StatusCode.DEADLINE_EXCEEDED}

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class Missing(TryAgain):
    """A collection of Qdrant is not there, or not any more: an index was put in its place a moment ago."""


class Taken(TryAgain):
    """There is a collection of Qdrant of that name already."""


class Connection:
    """Whoever has a node asks it until it is gone or slow, and the next one from then on.

    Everything that is asked may be asked twice: no write goes back behind a later one.

    Args:
        address: Of the nodes.
        timeout: Deadline of one call to one node, in seconds.
    """

    def __init__(self, address: Address, timeout: int) -> None:
        with warnings.catch_warnings():
            # In a private network, as that of docker-compose.yml, a key without encryption is meant so.
            warnings.filterwarnings("ignore", "Api key is used with an insecure connection", UserWarning)
            self._clients = [_client(address, host, port, timeout) for host, port in address.nodes]
        self.timeout = timeout
        self._turn = 0

    def ask(self, question: Callable[[QdrantClient], Answer]) -> Answer:
        """Put a question to the first node that takes it.

        Raises:
            UpstreamUnavailable: No node does.
            UpstreamTimeout: The one that took it did not answer in time; another one is asked next time.
            Missing: What it is about is not there.
            Taken: What it would make is there.
            TryAgain: Qdrant could not do it at the moment.
        """
        failure: Exception = UpstreamUnavailable()
        for _ in self._clients:
            turn = self._turn
            try:
                return question(self._clients[turn % len(self._clients)])
            except grpc.RpcError as error:
                if not isinstance(error, grpc.Call):
                    raise
                failure = _translated(error)
                if error.code() in _FOR_ANOTHER_NODE:
                    self._turn = turn + 1
                if error.code() not in _AT_ONCE:
                    raise failure from error
        raise failure

    def close(self) -> None:
        """Let go of all nodes."""
        for client in self._clients:
            client.close()


def _client(address: Address, host: str, port: int, timeout: int) -> QdrantClient:
    return QdrantClient(
        host=host,
        grpc_port=port,
        prefer_grpc=True,
        https=address.tls,
        api_key=address.key,
        timeout=timeout,
        grpc_options=dict(_CHANNEL),
        check_compatibility=False,
    )


def _translated(error: grpc.Call) -> Exception:
    match error.code():
        case grpc.StatusCode.UNAVAILABLE:
            return UpstreamUnavailable("The server of the index cannot be reached.")
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return UpstreamTimeout("The server of the index did not answer in time.")
        case grpc.StatusCode.NOT_FOUND:
            return Missing("The index is being changed over.")
        case grpc.StatusCode.ALREADY_EXISTS:
            return Taken("Another service is making the index.")
        case grpc.StatusCode.INVALID_ARGUMENT | grpc.StatusCode.UNAUTHENTICATED | grpc.StatusCode.PERMISSION_DENIED:
            return RuntimeError(f"Qdrant refuses what it was asked: {error.details()}")
        case _:
            _log.warning("Qdrant: %s", error.details())
            return TryAgain("The server of the index could not do it at the moment.")
