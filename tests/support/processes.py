"""The services as processes."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import httpx

from tests.support.lookalike import free_ports

Service = Literal["embedder", "gateway", "search"]
Process = subprocess.Popen[str]


def start(service: Service, **settings: str) -> Process:
    environment = {**os.environ, "LOG_LEVEL": "warning", **settings}
    command = [sys.executable, "-m", f"services.{service}"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@asynccontextmanager
async def listening(service: Service, **settings: str) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    """Start a service that listens, on a free port where `PORT` is not set, whether it becomes ready or not."""
    settings = {"PORT": str(free_ports(1)[0]), **settings}
    process = start(service, **settings)
    try:
        host = settings.get("HOST", "127.0.0.1")
        async with httpx.AsyncClient(base_url=f"http://{host}:{settings['PORT']}", timeout=60) as http:
            await _wait_until_listening(process, http)
            yield process, http
    finally:
        process.terminate()
        process.communicate(timeout=60)


async def _wait_until_listening(process: Process, http: httpx.AsyncClient) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        try:
            await http.get("/healthz")
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
