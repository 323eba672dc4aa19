"""The service token of `lookalike serve`, kept in its data folder for the commands that talk to its search service."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from cli.connection import Server
from cli.failures import CommandFailed

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def written(data: Path) -> str:
    """Give the token of the environment, or a new one, and write it where the owner of the folder alone can read it.

    Raises:
        CommandFailed: The folder cannot be written to.
    """
    token = os.environ.get("SERVICE_TOKEN") or secrets.token_urlsafe(32)
    file = _file(data)
    try:
        file.unlink(missing_ok=True)  # an older one may be readable for others
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(token)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}.", "Name another folder by --data.") from error
    return token


def server(url: str, token: str | None, data: Path) -> Server:
    """Say what is shown to a search service: the token that was given, or on this machine that of `data`, if any."""
    if token is None and urlsplit(url).hostname in _LOOPBACK:
        try:
            token = _file(data).read_text().strip() or None
        except OSError:
            token = None  # there may be no need of any; otherwise the service says so
    return Server(url, token)


def _file(data: Path) -> Path:
    return data / "service-token"
