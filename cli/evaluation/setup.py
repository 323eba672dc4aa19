"""What is evaluated: a recipe, settings of the embedder and of the index, and the quality that searches ask for."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.failures import CommandFailed
from shared.contracts.search import Quality

_SETTING = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
_QUALITIES: Mapping[str, Quality] = {"quality=standard": "standard", "quality=high": "high"}
_RECIPE = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Setup:
    """A way to embed and to search, as changes to the environment that the services are started with.

    Attributes:
        name: As the user wrote it.
        settings: By the names of the services' settings, as in docs/settings.md.
        quality: That each search asks for.
        token: What the services that are started for it show each other.
    """

    name: str = "as set"
    settings: Mapping[str, str] = field(default_factory=dict)
    quality: Quality = "standard"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False, compare=False)

    def environment(self) -> dict[str, str]:
        """Give the environment of a service."""
        return {**os.environ, "LOG_LEVEL": "warning", "SERVICE_TOKEN": self.token, **self.settings}

    @property
    def embeds_otherwise(self) -> bool:
        """Whether another embedder is needed than one that runs already."""
        return any(not name.startswith("INDEX_") for name in self.settings)


def parse(text: str) -> Setup:
    """Read `RECIPE,SETTING=VALUE,quality=high`, in any order and each or none of them, as in `thorough,quality=high`.

    Raises:
        CommandFailed: A part is neither a recipe's name nor a setting.
    """
    settings = {}
    quality: Quality = "standard"
    for part in filter(None, (part.strip() for part in text.split(","))):
        if setting := _SETTING.fullmatch(part):
            settings[setting[1]] = setting[2]
        elif part in _QUALITIES:
            quality = _QUALITIES[part]
        elif _RECIPE.fullmatch(part):
            settings["RECIPE"] = part
        else:
            raise CommandFailed(
                f"{part} is neither a recipe nor a setting.",
                "Write them as in: thorough,quality=high,INDEX_DIMENSIONS=256",
            )
    return Setup(text or Setup().name, settings, quality)
