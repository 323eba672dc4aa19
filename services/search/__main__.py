"""Runs the search service: `python -m services.search`."""

from services.search.settings import SearchSettings
from shared.server import run

if __name__ == "__main__":
    run("services.search.app:create_app", SearchSettings)
