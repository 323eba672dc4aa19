"""Failures that end a command, told in one line and what to do next."""

import httpx
from rich.text import Text

from cli import console
from shared.errors import LookalikeError, TryAgain, Unauthorized


class CommandFailed(Exception):
    """A command cannot do what it was asked for; its exit status is 1.

    Args:
        message: What is the matter, in one sentence.
        advice: What the user can do about it.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


def of_gateway(error: LookalikeError, url: str) -> CommandFailed:
    """Tell what a call of the gateway ended in."""
    if isinstance(error, Unauthorized):
        return CommandFailed(error.detail, "Set LOOKALIKE_API_KEY, or give a key by --api-key.")
    return unreachable(url) if isinstance(error.__cause__, httpx.TransportError) else _answered(error)


def of_search(error: LookalikeError) -> CommandFailed:
    """Tell what a call of a search service ended in."""
    return _of_service(error, "search service", 8002, "--search")


def of_embedder(error: LookalikeError) -> CommandFailed:
    """Tell what a call of an embedder ended in."""
    return _of_service(error, "embedder", 8001, "--embedder")


def _of_service(error: LookalikeError, name: str, port: int, option: str) -> CommandFailed:
    if isinstance(error, Unauthorized):
        advice = "Set SERVICE_TOKEN, or name by --data the folder of the `lookalike serve` that runs the service."
        return CommandFailed(error.detail, advice)
    cause = error.__cause__
    if not isinstance(cause, httpx.TransportError):
        return _answered(error)
    address = cause.request.url  # there may be several services
    return CommandFailed(
        f"The {name} cannot be reached at {address.scheme}://{address.netloc.decode()}.",
        f"Is it running? It listens on port {port} of its own machine by default; "
        f"another address is given by {option}.",
    )


def _answered(error: LookalikeError) -> CommandFailed:
    if isinstance(error, TryAgain):
        return CommandFailed(error.detail, "Try again a little later; `lookalike doctor` shows what is the matter.")
    fields = "".join(f" {fault.field}: {fault.message}." for fault in error.errors)
    return CommandFailed(error.detail + fields)


def unreachable(url: str) -> CommandFailed:
    """Tell that nobody answers at `url`."""
    return CommandFailed(
        f"Lookalike cannot be reached at {url}.",
        "Is it running? Start it with `make run` or `lookalike serve`; another address is given by --url.",
    )


def show(failure: CommandFailed) -> None:
    """Print a failure to standard error."""
    messages = console.messages()
    messages.print(Text(f"Error: {failure.message}", style="bold red"))
    if failure.advice:
        messages.print(Text(failure.advice))
