"""The command line as a user runs it: real processes, real ports, the real network."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

SERVICES = ("gateway", "embedder", "search")


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for free in sockets:
            free.bind(("127.0.0.1", 0))
        return [free.getsockname()[1] for free in sockets]
    finally:
        for free in sockets:
            free.close()


@dataclass
class Installation:
    """A data folder and three ports of its own; `lookalike` commands run against it."""

    folder: Path
    ports: dict[str, int]
    runtime: str
    """What computes the network."""

    @classmethod
    def at(cls, folder: Path, runtime: str = "openvino") -> "Installation":
        """Put one into a folder; OpenVINO starts sooner than TensorFlow, which users have by default."""
        return cls(folder, dict(zip(SERVICES, free_ports(3), strict=True)), runtime)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def environment(self) -> dict[str, str]:
        ports = {f"{service.upper()}_PORT": str(port) for service, port in self.ports.items()}
        own = {"LOOKALIKE_URL": self.url, "LOOKALIKE_DATA": str(self.folder / "data"), "RUNTIME": self.runtime}
        return {**os.environ, **ports, **own}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "cli.main", *arguments]

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, timeout=300, check=check
        )

    @contextmanager
    def serving(self, *options: str, ready_within: float = 120) -> Iterator[subprocess.Popen[bytes]]:
        """Run `lookalike serve` until the block ends, by the same signal as Ctrl-C."""
        log = (self.folder / "serve.log").open("ab")
        with log:
            arguments = self.command("serve", "--data", str(self.folder / "data"), *options)
            process = subprocess.Popen(
                arguments,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            self.wait_until_ready(process, ready_within)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(timeout=60)

    def wait_until_ready(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._ready():
            assert process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def log(self) -> str:
        return (self.folder / "serve.log").read_text()

    def images(self) -> int:
        """Images in the default collection."""
        stats = httpx.get(f"{self.url}/v1/stats", timeout=30).json()
        return sum(held["images"] for held in stats["search"]["collections"] if held["name"] == "default")

    def wait_for_images(self, count: int, seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while self.images() < count:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.2)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False
