"""What a function can do to the process that it runs in."""

import os
import signal
import time

from shared.errors import UndecodableImage


def behave(how: str) -> int:
    """Do as told, and otherwise give the process' id."""
    match how:
        case "hang":
            while True:
                time.sleep(0.01)
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "be killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "refuse":
            raise UndecodableImage("It is damaged.")
        case "devour memory":
            bytearray(2**40)
        case "devour memory in pieces":
            _ = [bytearray(2**24) for _ in range(2**20)]
    return os.getpid()
