"""HAProxy with the configuration that is deployed, before replicas on loopback addresses."""

import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingUDPServer
from threading import Thread

import httpx

from tests.support.lookalike import free_ports

CONFIGURATION = Path(__file__).parents[2] / "deploy/haproxy/haproxy.cfg"
A_RECORD = b"\x00\x01\x00\x01"


@dataclass
class Names(ThreadingUDPServer):
    """A name server to which every name has the same addresses, those of the moment."""

    addresses: Sequence[str] = ()
    daemon_threads: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)

    @contextmanager
    def serving(self) -> Iterator[str]:
        thread = Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{self.server_address[1]}"
        self.shutdown()
        self.server_close()
        thread.join(timeout=10)


class _Answer(BaseRequestHandler):
    def handle(self) -> None:
        query, socket = self.request
        assert isinstance(self.server, Names)
        end = query.index(b"\x00", 12) + 5
        question = query[12:end]
        found = self.server.addresses if question.endswith(A_RECORD) else ()
        counts = b"\x00\x01" + len(found).to_bytes(2, "big") + bytes(4)
        records = (
            # The name as in the question, a second to live, four bytes.
            b"\xc0\x0c" + A_RECORD + b"\x00\x00\x00\x01\x00\x04" + bytes(map(int, address.split(".")))
            for address in found
        )
        socket.sendto(query[:2] + b"\x81\x80" + counts + question + b"".join(records), self.client_address)


@dataclass(frozen=True)
class Balancer:
    embedder: str
    search: str
    operations: str

    def wait_for(self, replicas: int) -> None:
        """Wait until so many replicas of the embedder take requests."""
        end = time.monotonic() + 30
        while self.ready() != replicas:
            assert time.monotonic() < end, httpx.get(f"{self.operations}/;csv").text
            time.sleep(0.1)

    def ready(self) -> int:
        rows = httpx.get(f"{self.operations}/;csv").text.splitlines()
        return sum(row.startswith("embedder,replica") and ",UP," in row for row in rows)


@contextmanager
def balancing(program: str, names: str, port: int, folder: Path) -> Iterator[Balancer]:
    """Run the configuration on free ports, with `names` to ask for the replicas, which listen on `port`."""
    ports = {f":{known}": f"127.0.0.1:{free}" for known, free in zip((8001, 8002, 8404), free_ports(3), strict=True)}
    text = CONFIGURATION.read_text().replace("parse-resolv-conf", f"nameserver test {names}")
    text = re.sub(r"(?<=bind )\S+", lambda bound: ports[bound.group()], text)
    file = folder / "haproxy.cfg"
    file.write_text(text)
    where = {"EMBEDDER": f"embedder:{port}", "SEARCH": f"search:{port}"}
    process = subprocess.Popen([program, "-db", "-f", str(file)], env=where)
    try:
        urls = [f"http://{address}" for address in ports.values()]
        end = time.monotonic() + 10
        while not _listens(urls[2]):
            assert process.poll() is None, "HAProxy did not start"
            assert time.monotonic() < end, "HAProxy did not start in time"
            time.sleep(0.05)
        yield Balancer(*urls)
    finally:
        process.kill()
        process.wait()


def _listens(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False
