"""Runs a module as `python -m` does, and ends it when the process that started it is gone.

Standard input is a pipe whose other end the parent holds and never writes to. The operating system closes it when the
parent ends, however that happens, and the read below returns: no polling, and no way to miss it.
"""

import os
import runpy
import signal
import sys
import threading

GRACE_SECONDS = 25.0


def _end_with_parent() -> None:
    os.read(0, 1)  # not sys.stdin: its lock, held by a thread, would disturb the interpreter's end
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run the module that the first argument names, with the other arguments."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
