"""The embedder as a process, and the memory that it takes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.lookalike import free_ports


@contextmanager
def running(ready_within: float = 120, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run `python -m services.embedder` until the block ends, without weights unless told otherwise."""
    [port] = free_ports(1)
    environment = {"EXTRACTOR": "deterministic", "LOG_LEVEL": "error"} | settings
    command = [sys.executable, "-m", "services.embedder"]
    process = subprocess.Popen(command, env={**os.environ, **environment, "PORT": str(port)})
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + ready_within
        while not _is_ready(url):
            assert process.poll() is None, "the embedder did not start"
            assert time.monotonic() < deadline, "the embedder did not become ready in time"
            time.sleep(0.05)
        yield process, url
    finally:
        process.terminate()
        process.wait(timeout=60)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def resident_bytes(process: int, *, with_children: bool = True) -> int:
    """Memory that a process and all those below it hold, in bytes; what they share counts for each."""
    folder = Path(f"/proc/{process}")
    try:
        own = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        if not with_children:
            return own
        children = [child for task in (folder / "task").iterdir() for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # it has ended since it was listed
        return 0
    return own + sum(resident_bytes(int(child)) for child in children)
