"""Services that run for an evaluation alone, each in a process of its own, on a free port of the loopback."""

import socket
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio
import httpx
from anyio.abc import Process

from cli.connection import Server
from cli.failures import CommandFailed
from cli.serving.child import GRACE_SECONDS
from cli.serving.ports import HOST
from cli.serving.supervisor import command

_READY_WITHIN_SECONDS = 300
_LOOK_EVERY_SECONDS = 0.1


@asynccontextmanager
async def running(name: str, environment: Mapping[str, str]) -> AsyncIterator[Server]:
    """Run a service, with a `SERVICE_TOKEN`, until the body ends, and yield where it is once it is ready.

    Raises:
        CommandFailed: It ended, or is not ready after five minutes.
    """
    port = _free_port()
    process = await anyio.open_process(
        command(f"services.{name}"),
        stdin=subprocess.PIPE,
        stdout=None,
        stderr=None,
        env={**environment, "HOST": HOST, "PORT": str(port)},
        start_new_session=True,
    )
    try:
        url = f"http://{HOST}:{port}"
        await _until_ready(name, process, url)
        yield Server(url, environment["SERVICE_TOKEN"] or None)
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)


async def answer_of(module: str, environment: Mapping[str, str], *arguments: str) -> bytes:
    """Run a module to its end, and give what it writes to standard output.

    Raises:
        CommandFailed: It failed; it has said why.
    """
    process = await anyio.open_process(
        command(module, *arguments), stdin=subprocess.PIPE, stderr=None, env=environment, start_new_session=True
    )
    try:
        assert process.stdout is not None, "it is a pipe by default"
        said = b"".join([part async for part in process.stdout])
        if await process.wait() != 0:
            raise CommandFailed("The evaluation cannot go on.", "The reason is above.")
        return said
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)


async def _until_ready(name: str, process: Process, url: str) -> None:
    with anyio.move_on_after(_READY_WITHIN_SECONDS):
        async with httpx.AsyncClient(base_url=url, timeout=5, trust_env=False) as http:
            while process.returncode is None:
                try:
                    if (await http.get("/readyz")).is_success:
                        return
                except httpx.TransportError:
                    pass
                await anyio.sleep(_LOOK_EVERY_SECONDS)
    raise CommandFailed(f"The {name} service did not start.", "`lookalike doctor` shows what is the matter.")


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        with anyio.move_on_after(GRACE_SECONDS):
            await process.wait()
    if process.returncode is None:
        process.kill()
    await process.aclose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
