"""A program that tests start, stop, freeze and kill."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_START_SECONDS = 60


class Daemon:
    """Runs a program that keeps its data, and its addresses, from one start to the next."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

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

    def _run(
        self,
        command: Sequence[str],
        log: Path,
        is_up: Callable[[], bool],
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        with log.open("ab") as written:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=written, stderr=written
            )
        deadline = time.monotonic() + _START_SECONDS
        while not is_up():
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)

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
