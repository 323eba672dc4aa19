"""Services of the benchmark as processes, and the load on them."""

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

from shared import wire

_BOUNDARY = "boundary-of-the-benchmark"


@dataclass(frozen=True)
class Load:
    """A number of clients, each of which sends its next image when the last is answered; times in milliseconds."""

    clients: int
    images_a_second: float
    median: float
    p95: float


@dataclass(frozen=True)
class Served:
    """A service through HTTP."""

    name: str
    seconds_to_ready: float
    """From the start of the process to the first good answer of /readyz."""
    loads: tuple[Load, ...]
    of_what_decoding_and_network_allow: float | None = None
    """Images a second with 16 clients, as a share of what the bare network's best rate and decoding leave."""
    p95_in_full_batches: float | None = None
    """The 95th percentile with 16 clients, in times that the bare network takes for a batch of 16."""


def serve(
    name: str,
    module: Sequence[str],
    settings: Mapping[str, str],
    files: Sequence[bytes],
    clients: Sequence[int],
    seconds: float,
) -> Served:
    """Start a service and load it."""
    with _running(module, settings) as (port, to_ready):
        _load(port, files, max(clients), seconds / 3)  # warm: every batch size has been met
        loads = tuple(_load(port, files, count, seconds) for count in clients)
    return Served(name, to_ready, loads)


@contextmanager
def _running(module: Sequence[str], settings: Mapping[str, str]) -> Iterator[tuple[int, float]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, **settings} | {"PORT": str(port), "LOG_LEVEL": "warning"}
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *module, str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _is_ready(port):
            if process.poll() is not None:
                sys.exit(f"{' '.join(module)} did not start.")
            time.sleep(0.05)
        yield port, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _load(port: int, files: Sequence[bytes], clients: int, seconds: float) -> Load:
    bodies = [_multipart(file) for file in files]
    headers = {"content-type": f"multipart/form-data; boundary={_BOUNDARY}", "accept": wire.MSGPACK}
    times: list[float] = []
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=300)
        while (began := time.perf_counter()) < end:
            number += clients
            connection.request("POST", "/v1/embed", bodies[number % len(bodies)], headers)
            response = connection.getresponse()
            if not response.read() or response.status != 200:
                raise RuntimeError(f"the service answered {response.status}")
            times.append(time.perf_counter() - began)

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    percentiles = statistics.quantiles(times, n=20, method="inclusive")
    return Load(clients, len(times) / elapsed, 1000 * percentiles[9], 1000 * percentiles[18])


def _multipart(file: bytes) -> bytes:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="images"; filename="picture"\r\n\r\n'
    return head.encode() + file + f"\r\n--{_BOUNDARY}--\r\n".encode()
