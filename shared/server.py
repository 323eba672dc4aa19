"""Runs one service in this process, on an address that is safe to listen on."""

import ipaddress
import sys
import threading
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from shared.asgi import STOPPING
from shared.protocol import MAX_HEAD_BYTES, ProblemProtocol
from shared.settings import ServiceSettings


class Server(uvicorn.Server):
    """Serves until a signal; then takes requests for some time still, and says that it is not ready.

    A second signal ends that time at once.

    Args:
        config: How to serve; nothing is wrapped around the service's own app.
        drain_seconds: How long.
    """

    def __init__(self, config: uvicorn.Config, drain_seconds: float) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._draining = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        setattr(self.config.loaded_app.state, STOPPING, True)
        if self._draining or not self._drain_seconds:
            super().handle_exit(sig, frame)
            return
        self._draining = True
        timer = threading.Timer(self._drain_seconds, super().handle_exit, (sig, frame))
        timer.daemon = True
        timer.start()


def run(factory: str, settings_class: type[ServiceSettings]) -> None:
    """Serve the app that `factory` names ("module:function") until a signal stops it.

    Exits with status 2 and one line a fault where the settings are wrong or unsafe.
    """
    try:
        settings = settings_class()
    except ValidationError as error:
        for fault in error.errors():
            print(f"setting {'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    if not (settings.asks_for_credentials or settings.allow_anonymous or is_loopback(settings.host)):
        sys.exit(
            f"Refusing to listen on {settings.host}: other machines reach it and nobody has to log in. Set "
            f"{settings.credentials_setting}, or ALLOW_ANONYMOUS=true if that is what you want."
        )
    config = configured(
        factory,
        factory=True,
        host=settings.host,
        port=settings.port,
        timeout_graceful_shutdown=settings.shutdown_grace_seconds,
    )
    server = Server(config, settings.drain_seconds)
    try:
        server.run()
    except KeyboardInterrupt:
        return  # uvicorn raises the signal again once it has stopped
    if not server.started:
        sys.exit(3)


def configured(app: FastAPI | str, **options: Any) -> uvicorn.Config:
    """Say how every service is served; `options` are those of uvicorn that differ."""
    return uvicorn.Config(
        app,
        http=ProblemProtocol,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        access_log=False,  # shared.middleware writes it, with request ids
        log_config=None,  # shared.logging configures it
        server_header=False,
        proxy_headers=False,  # the gateway believes those that it is told to
        **options,
    )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches `host`; a name other than `localhost` may mean anything."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
