"""Runs the gateway: `python -m services.gateway`."""

from services.gateway.settings import GatewaySettings
from shared.server import run

if __name__ == "__main__":
    run("services.gateway.app:create_app", GatewaySettings)
