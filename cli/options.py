"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from shared.contracts.base import CollectionName


def _checked_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter("an address starts with http:// or https://")
    return url.rstrip("/")


def _checked_urls(urls: list[str]) -> list[str]:
    return [_checked_url(url) for url in urls]


def checked_collection(name: str | None) -> str | None:
    """Refuse what cannot be the name of a collection."""
    if name is None:
        return None
    try:
        return TypeAdapter(CollectionName).validate_python(name)
    except ValidationError:
        raise typer.BadParameter("lower case letters, digits, - and _, at most 63 characters") from None


Url = Annotated[str, typer.Option(envvar="LOOKALIKE_URL", help="Where Lookalike runs.", callback=_checked_url)]
SearchUrl = Annotated[
    str,
    typer.Option("--search", envvar="LOOKALIKE_SEARCH_URL", help="Where the search service is.", callback=_checked_url),
]
SearchUrls = Annotated[
    list[str],
    typer.Option(
        "--search",
        envvar="LOOKALIKE_SEARCH_URL",
        help="Where the search service is; of several replicas, each (in the variable, with spaces between).",
        callback=_checked_urls,
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(envvar="LOOKALIKE_API_KEY", help="The key to show; in the variable no list of processes shows it."),
]
ServiceToken = Annotated[
    str | None,
    typer.Option(envvar="SERVICE_TOKEN", help="What services show each other; by default that of `lookalike serve`."),
]
Data = Annotated[
    Path, typer.Option("--data", envvar="LOOKALIKE_DATA", file_okay=False, help="Folder that `lookalike serve` keeps.")
]
DEFAULT_DATA = Path("data")
Jobs = Annotated[int, typer.Option(min=1, max=256, help="How many images are worked on at once.")]
Collection = Annotated[str, typer.Option(help="Which collection of images.", callback=checked_collection)]


def optional_collection(help_text: str) -> typer.models.OptionInfo:
    """Make the option `--collection` of a command that has no default for it."""
    option: typer.models.OptionInfo = typer.Option(help=help_text, callback=checked_collection)
    return option


def optional_url(name: str, help_text: str) -> typer.models.OptionInfo:
    """Make an option for an address of a service that need not run."""
    option: typer.models.OptionInfo = typer.Option(name, help=help_text, callback=_checked_optional_url)
    return option


def _checked_optional_url(url: str | None) -> str | None:
    return None if url is None else _checked_url(url)
