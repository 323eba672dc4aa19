"""Liveness and readiness of a service."""

from typing import Literal

from shared.contracts.base import Contract


class Health(Contract):
    """The process lives and its event loop turns."""

    status: Literal["ok"] = "ok"


class Readiness(Contract):
    """Whether the service can do its work now, and what it waits for if not."""

    ready: bool
    waiting_for: tuple[str, ...] = ()
