"""The recipes of `docs/recipes.md`, read out of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "recipes.md"
LANGUAGES = ("bash", "python", "js")

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One thing to do: its title, the program in each language, and what it prints."""

    title: str
    programs: Mapping[str, str]
    prints: str


def recipes() -> Iterator[Recipe]:
    """Give the recipes in the order of the document, each of which has a program in every language.

    Raises:
        ValueError: A recipe has not, or is without what it prints.
    """
    for section in DOCUMENT.read_text().split("\n## ")[1:]:
        title = section.partition("\n")[0]
        blocks = _BLOCK.findall(section)
        if [language for language, _ in blocks] != [*LANGUAGES, "text"]:
            raise ValueError(
                f"the recipe {title!r} needs a block of each of {', '.join(LANGUAGES)}, text in this order"
            )
        programs = dict(blocks)
        yield Recipe(title, programs, programs.pop("text"))
