"""What `lookalike search` is asked to look for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import typer
from pydantic import ValidationError

from cli.failures import CommandFailed
from shared.clients.searches import UploadedExample
from shared.contracts.examples import MAX_EXAMPLES
from shared.contracts.region import Region
from shared.contracts.searches import StoredExample, UrlExample

UNLIKE = -0.5
"""The weight of what is to be avoided: enough to rank it last, and what is liked still counts more."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Examples of one search, by where they come from. There are none at addresses beside others."""

    uploaded: Sequence[UploadedExample] = ()
    stored: Sequence[StoredExample] = ()
    at_urls: Sequence[UrlExample] = ()

    @classmethod
    def of(
        cls,
        files: Sequence[Path],
        urls: Sequence[str],
        weights: Sequence[float],
        region: Region | None,
        like: Sequence[str],
        unlike: Sequence[str],
    ) -> Self:
        """Put together what the options say.

        Raises:
            typer.BadParameter: They do not go together.
            CommandFailed: A file cannot be read.
        """
        if not (files or urls or like or unlike):
            raise typer.BadParameter("name a FILE, or something by --like or --from-url")
        if urls and (files or like or unlike):
            raise typer.BadParameter("--from-url stands alone: it takes no FILE, --like or --unlike beside it")
        if len(files) + len(urls) + len(like) + len(unlike) > MAX_EXAMPLES:
            raise typer.BadParameter(f"at most {MAX_EXAMPLES} pictures make a search")
        given = weights or [1.0] * (len(files) + len(urls))
        if len(given) != len(files) + len(urls):
            raise typer.BadParameter("give --weight once for each picture, in their order, or not at all")
        try:
            return cls(
                [UploadedExample(_read(file), each, region) for file, each in zip(files, given, strict=False)],
                [StoredExample(id=image_id) for image_id in like]
                + [StoredExample(id=image_id, weight=UNLIKE) for image_id in unlike],
                [UrlExample(url=url, weight=each, region=region) for url, each in zip(urls, given, strict=False)],
            )
        except ValidationError:
            raise typer.BadParameter("an id has letters, digits, `.`, `_` and `-`; an address is not empty") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from error
