"""MongoDB's own engine as a process on loopback, which tests may stop, freeze and kill."""

import signal
import socket
import subprocess
import time
from pathlib import Path

from pymongo import MongoClient

from tests.support.lookalike import free_ports
from tests.support.mongodb.provision import Runner

_START_SECONDS = 60


class Engine:
    """One engine with its data; it keeps its port when it is started again.

    Args:
        runner: How it is started.
        data: The folder of its files.
        durable: What it has acknowledged with `j: true` is on the disk, as with a real server. That is slower.
    """

    def __init__(self, runner: Runner, data: Path, *, durable: bool = False) -> None:
        data.mkdir(parents=True, exist_ok=True)
        [port] = free_ports(1)
        self._runner = runner
        self._data = data
        self._durable = durable
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self._port}/lookalike"

    def client(self) -> "MongoClient[dict[str, object]]":
        return MongoClient(self.url, serverSelectionTimeoutMS=10_000)

    def start(self) -> None:
        log = (self._data.parent / "engine.log").open("ab")
        with log:
            command = self._runner.command(self._data, self._port, durable=self._durable)
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_SECONDS
        while not self._listens():
            assert self._process.poll() is None, (self._data.parent / "engine.log").read_text()
            assert time.monotonic() < deadline, (self._data.parent / "engine.log").read_text()
            time.sleep(0.02)
        with self.client() as client:
            client.admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig="cache_size=256M")

    def stop(self) -> None:
        """Let it finish, if it runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Take everything from it that is not on the disk yet."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it keep its connections and answer nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.send_signal(signal.SIGCONT)
        self._process.communicate(timeout=60)
        self._process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0
