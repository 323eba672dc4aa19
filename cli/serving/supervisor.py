"""Runs services as child processes: all of them, or none."""

import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

import anyio
from anyio.abc import Process

from cli.serving.child import GRACE_SECONDS

Signals = AsyncIterator[signal.Signals]
Work = Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Service:
    """A module that serves until SIGTERM, and the environment it runs in."""

    name: str
    module: str
    environment: Mapping[str, str]


def command(module: str, *arguments: str) -> list[str]:
    """Give the command line of a child that ends with its parent; its standard input has to be a pipe."""
    # -P: a folder named like one of our packages, where the user happens to be, must not be taken for it.
    return [sys.executable, "-P", "-m", "cli.serving.child", module, *arguments]


class Supervisor:
    """Starts services in the order given and ends them in the opposite one.

    Each child is in a session of its own, so that a terminal's Ctrl-C reaches the supervisor alone. A child ends by
    itself when the supervisor is killed.

    Args:
        services: What to run.
        say: Told what happens, in sentences.
        grace_seconds: How long a service may take to end before it is killed.
    """

    def __init__(
        self, services: Sequence[Service], say: Callable[[str], None], grace_seconds: float = GRACE_SECONDS
    ) -> None:
        self._services = services
        self._say = say
        self._grace_seconds = grace_seconds
        self._children: list[tuple[Service, Process]] = []

    async def run(self, work: Work) -> int:
        """Run the services, and `work` beside them, until SIGINT, SIGTERM or the end of one of them.

        A second signal kills all at once.

        Returns:
            The exit status: 0 after a signal, 1 where a service ended by itself.
        """
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            try:
                for service in self._services:
                    self._children.append((service, await self._start(service)))
                return await self._until_the_end(signals, work)
            finally:
                with anyio.CancelScope(shield=True):
                    await self._stop(signals)

    async def _start(self, service: Service) -> Process:
        return await anyio.open_process(
            command(service.module),
            stdin=subprocess.PIPE,
            stdout=None,
            stderr=None,
            env=service.environment,
            start_new_session=True,
        )

    async def _until_the_end(self, signals: Signals, work: Work) -> int:
        status = 0
        async with anyio.create_task_group() as group:

            async def watch(service: Service, process: Process) -> None:
                nonlocal status
                ending = _ending(await process.wait())
                self._say(f"The {service.name} ended by itself, {ending}. Everything stops.")
                status = 1
                group.cancel_scope.cancel()

            async def listen() -> None:
                await anext(signals)
                self._say("Stopping. A second Ctrl-C stops at once.")
                group.cancel_scope.cancel()

            group.start_soon(listen)
            for service, process in self._children:
                group.start_soon(watch, service, process)
            group.start_soon(work)
        return status

    async def _stop(self, signals: Signals) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._kill_on_signal, signals)
            for service, process in reversed(self._children):
                await self._end(service, process)
            group.cancel_scope.cancel()

    async def _end(self, service: Service, process: Process) -> None:
        if process.returncode is None:
            process.terminate()
            with anyio.move_on_after(self._grace_seconds):
                await process.wait()
        if process.returncode is None:
            self._say(f"The {service.name} does not end; it is killed.")
            process.kill()
        await process.aclose()

    async def _kill_on_signal(self, signals: Signals) -> None:
        await anext(signals)
        for _, process in self._children:
            if process.returncode is None:
                process.kill()


def _ending(returncode: int) -> str:
    if returncode >= 0:
        return f"with exit status {returncode}"
    return f"killed by {signal.Signals(-returncode).name}"
