"""Qdrant as a process on loopback, alone or as a node of a cluster, which tests may freeze and kill."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.support.daemon import Daemon
from tests.support.lookalike import free_ports


class Server(Daemon):
    """One server with its data; it keeps its ports when it is started again.

    Args:
        program: Is run.
        folder: Of its files.
        cluster: Whether it is a node of a cluster.
        joins: A node of the cluster that it becomes part of; None: it is the first one.
        settings: Further ones, by their names in its environment without `QDRANT__`.
    """

    def __init__(
        self,
        program: Path,
        folder: Path,
        *,
        cluster: bool = False,
        joins: "Server | None" = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True)
        self._program = program
        self._folder = folder
        self._cluster = cluster
        self._joins = joins
        self._settings = settings or {}
        self._http, self.port, self._peers = free_ports(3)

    @property
    def url(self) -> str:
        return f"qdrant://127.0.0.1:{self.port}"

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._peers}"

    def start(self) -> None:
        options = {
            "SERVICE__HOST": "127.0.0.1",
            "SERVICE__HTTP_PORT": self._http,
            "SERVICE__GRPC_PORT": self.port,
            "SERVICE__ENABLE_STATIC_CONTENT": "false",
            "CLUSTER__ENABLED": str(self._cluster).lower(),
            "CLUSTER__P2P__PORT": self._peers,
            "STORAGE__PERFORMANCE__MAX_SEARCH_THREADS": 2,
            "TELEMETRY_DISABLED": "true",
            "LOG_LEVEL": "WARN",
            **self._settings,
        }
        environment = {f"QDRANT__{name}": str(value) for name, value in options.items()}
        command = [str(self._program), *(["--uri", self.uri] if self._cluster else [])]
        if self._joins is not None:
            command += ["--bootstrap", self._joins.uri]
        self._run(command, self._folder / "server.log", self._is_ready, folder=self._folder, environment=environment)

    def forget(self) -> None:
        """Lose all data, as with a disk; it does not run."""
        shutil.rmtree(self._folder / "storage")

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self._http}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False
