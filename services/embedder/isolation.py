"""Calls a function in processes of its own: what hangs, crashes or devours memory there costs one answer."""

import logging
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar

import anyio
import anyio.to_thread

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class TookTooLong(Exception):
    """The call did not end in time, and its process was ended instead."""


class Crashed(Exception):
    """The process ended during the call: by a fault in it, or killed for want of memory."""


class Isolated(Generic[Parameters, Result]):
    """A function that runs in a bounded number of processes, each kept for many calls.

    What they take of the memory is bounded by their number. As a context manager it works between entry and exit.

    Args:
        function: Importable by name; its arguments and results are pickled.
        count: Calls at the same time; more wait in line.
        seconds: How long a call may take.
        memory: Bytes that a process may take beyond what it has at its start; more raises MemoryError in it.
    """

    def __init__(self, function: Callable[Parameters, Result], count: int, seconds: float, memory: int) -> None:
        self._function = function
        self._count = count
        self._seconds = seconds
        self._memory = memory
        self._threads = anyio.CapacityLimiter(count)
        self._idle: list[_Process] = []

    async def __aenter__(self) -> Self:
        self._idle = [await anyio.to_thread.run_sync(self._start) for _ in range(self._count)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            for process in self._idle:
                await anyio.to_thread.run_sync(process.end)

    async def __call__(self, *arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        """Call the function; what it raises is raised here.

        Raises:
            TookTooLong, Crashed: There is no answer.
        """
        return await anyio.to_thread.run_sync(lambda: self._call(arguments, named), limiter=self._threads)

    def _call(self, arguments: Any, named: Any) -> Result:
        process = self._idle.pop()
        try:
            if not process.take((arguments, named)):  # killed by somebody while it waited: no fault of this call's
                process = self._instead_of(process)
                if not process.take((arguments, named)):
                    raise RuntimeError("a new process for decoding does not take work")
            try:
                answered, outcome = process.answer()
            except (EOFError, OSError):
                code = process.end()
                process = self._start()
                _log.warning("an image ended its process: %s", signal.Signals(-code).name if code < 0 else code)
                raise (TookTooLong if code == -signal.SIGALRM else Crashed)() from None
        finally:
            self._idle.append(process)
        if not answered:
            raise outcome
        result: Result = outcome
        return result

    def _instead_of(self, process: "_Process") -> "_Process":
        process.end()
        return self._start()

    def _start(self) -> "_Process":
        return _Process(self._function, self._seconds, self._memory)


class _Process:
    def __init__(self, function: Callable[..., Any], seconds: float, memory: int) -> None:
        spawning = multiprocessing.get_context("spawn")  # a fork of a process with threads is not safe
        self._connection, theirs = spawning.Pipe()
        self._process = spawning.Process(target=_serve, args=(theirs, function, seconds, memory), daemon=True)
        self._process.start()
        theirs.close()

    def take(self, arguments: Any) -> bool:
        """Hand work over; whether it has arrived."""
        try:
            self._connection.send(arguments)
            return bool(self._connection.recv())
        except (EOFError, OSError):
            return False

    def answer(self) -> tuple[bool, Any]:
        """Wait for the end of the work: whether it has a result, and that or its exception."""
        answer: tuple[bool, Any] = self._connection.recv()
        return answer

    def end(self) -> int:
        """End the process, however it is; its exit code."""
        self._connection.close()
        self._process.join(timeout=0.1)  # one that is ending has a code of its own
        self._process.kill()
        self._process.join()
        code = self._process.exitcode
        self._process.close()
        assert code is not None, "it has ended"
        return code


def _serve(connection: Connection, function: Callable[..., Any], seconds: float, memory: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends this process in time
    # What libraries print of hostile bytes would fill the service's log; what is raised goes back to it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + memory, size + memory))
    while True:
        try:
            arguments, named = connection.recv()
        except EOFError:
            return
        connection.send(True)  # noqa: FBT003 - it has arrived
        # The alarm ends the process, in whatever code it is, and also when the service itself is gone.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            answer: tuple[bool, Any] = (True, function(*arguments, **named))
        except Exception as error:
            answer = (False, error)
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.send(answer)
