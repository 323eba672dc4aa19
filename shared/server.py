"""Runs one service in this process, on an address that is safe to listen on."""

import ipaddress
import sys

import uvicorn
from pydantic import ValidationError

from shared.settings import ServiceSettings


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
    uvicorn.run(
        factory,
        factory=True,
        host=settings.host,
        port=settings.port,
        access_log=False,  # shared.middleware writes it, with request ids
        log_config=None,  # shared.logging configures it
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_grace_seconds,
    )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches `host`; a name other than `localhost` may mean anything."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
