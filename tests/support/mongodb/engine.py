"""MongoDB's own engine as a process on loopback, which tests may stop, freeze and kill."""

import socket
from pathlib import Path

from pymongo import MongoClient

from tests.support.daemon import Daemon
from tests.support.lookalike import free_ports
from tests.support.mongodb.provision import Runner


class Engine(Daemon):
    """One engine with its data; it keeps its port when it is started again.

    Args:
        runner: How it is started.
        data: The folder of its files.
        durable: What it has acknowledged with `j: true` is on the disk, as with a real server. That is slower.
    """

    def __init__(self, runner: Runner, data: Path, *, durable: bool = False) -> None:
        super().__init__()
        data.mkdir(parents=True, exist_ok=True)
        [port] = free_ports(1)
        self._runner = runner
        self._data = data
        self._durable = durable
        self._port = port

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self._port}/lookalike"

    def client(self) -> "MongoClient[dict[str, object]]":
        return MongoClient(self.url, serverSelectionTimeoutMS=10_000)

    def start(self) -> None:
        command = self._runner.command(self._data, self._port, durable=self._durable)
        self._run(command, self._data.parent / "engine.log", self._listens)
        with self.client() as client:
            client.admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig="cache_size=256M")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0
