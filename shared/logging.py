"""One line an event, with the id of the request that it belongs to."""

import logging
from contextvars import ContextVar

REQUEST_ID_HEADER = "x-request-id"

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the request that this task serves, empty outside of one; the clients pass it on to the next service."""


class _WithRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get() or "-"
        return True


def configure(service: str, level: str) -> None:
    """Send the log of this process to standard error, marked with the service's name."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        logging.Formatter(f"%(asctime)s %(levelname)-7s {service} [%(request_id)s] %(name)s: %(message)s")
    )
    handler.addFilter(_WithRequestId())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # httpx logs each call between services at INFO: that is the access log of the service called, once more.
    logging.getLogger("httpx").setLevel(logging.WARNING)
