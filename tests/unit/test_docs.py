import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from services.embedder.settings import EmbedderSettings
from services.gateway.settings import GatewaySettings
from services.search.settings import SearchSettings
from shared.settings import CacheSettings, ServiceSettings

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
SETTINGS = (ROOT / "docs/settings.md").read_text()
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")

COMMON = frozenset(ServiceSettings.model_fields) - {"port"}
Settings = type[ServiceSettings] | type[CacheSettings]
EVERY: tuple[Settings, ...] = (ServiceSettings, CacheSettings, EmbedderSettings, SearchSettings, GatewaySettings)


def shown(value: object) -> str:
    match value:
        case None:
            return "unset"
        case bool():
            return f"`{str(value).lower()}`"
        case Path():
            return f"`{str(value).replace(str(Path.home()), '~')}`"
        case _:
            return "`" + str(value).replace("|", r"\|") + "`"


def rows(settings: Settings) -> list[str]:
    shared = COMMON if settings is not ServiceSettings else frozenset[str]()
    return [
        f"| `{name.upper()}` | {shown(field.default)} | {field.description} |"
        for name, field in settings.model_fields.items()
        if name not in shared and field.default is not PydanticUndefined
    ]


@pytest.mark.parametrize("settings", EVERY)
def test_the_table_of_settings_says_what_the_code_does(settings: Settings) -> None:
    missing = [row for row in rows(settings) if row not in SETTINGS]
    assert not missing, "rows to add to docs/settings.md:\n" + "\n".join(missing)


def test_the_table_of_settings_names_nothing_that_is_gone() -> None:
    known = {name.upper() for settings in EVERY for name in settings.model_fields}
    table = SETTINGS.partition("\n## ")[0]
    named = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert named
    assert named <= known


def headings(document: Path) -> set[str]:
    """Give the names under which a document's headings are linked to."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for place, heading in LINK.findall(document.read_text()):
        target = (document.parent / place) if place else document
        assert target.exists(), place
        assert not heading or heading in headings(target), f"{place}#{heading}"
