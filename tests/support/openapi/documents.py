"""The descriptions of the services that are part of the repository, in `openapi/`.

`python -m tests.support.openapi.documents` writes them anew as the services are; `make openapi` does that.
With `--release` it renews `openapi/v1.json`, too: what has been promised to whoever uses the gateway.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.embedder.app import create_app as create_embedder
from services.embedder.settings import EmbedderSettings
from services.gateway.app import create_app as create_gateway
from services.gateway.settings import GatewaySettings
from services.search.app import create_app as create_search
from services.search.settings import SearchSettings
from tests.support.openapi.breaks import breaks

FOLDER = Path(__file__).parents[3] / "openapi"
PROMISED = FOLDER / "v1.json"
"""The gateway's description as it was released last."""

Document = dict[str, Any]


def documents() -> Iterator[tuple[Path, str]]:
    """Give the file of each service's description, and what it has to hold."""
    # What the environment says of keys would show in the gateway's.
    apps: dict[str, FastAPI] = {
        "gateway": create_gateway(GatewaySettings(api_keys_file=None)),
        "embedder": create_embedder(EmbedderSettings()),
        "search": create_search(SearchSettings()),
    }
    for name, app in apps.items():
        yield FOLDER / f"{name}.json", written(app.openapi())


def written(document: Document) -> str:
    """Write a description so that a change of one thing changes few lines."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> Document:
    document: Document = json.loads(path.read_text())
    return document


def main(*options: str) -> None:
    """Write all descriptions."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in documents():
        path.write_text(text)
    if "--release" in options:
        current = read(FOLDER / "gateway.json")
        if PROMISED.exists() and (broken := breaks(read(PROMISED), current)):
            sys.exit("v1 is promised, and this would break it:\n" + "\n".join(broken))
        PROMISED.write_text(written(current))


if __name__ == "__main__":
    main(*sys.argv[1:])
