from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from services.embedder.settings import EmbedderSettings
from services.gateway.settings import GatewaySettings
from services.search.settings import SearchSettings
from shared.settings import CacheSettings, ServiceSettings

README = (Path(__file__).parents[2] / "README.md").read_text()


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
    missing = [row for row in rows(settings) if row not in README]
    assert not missing, "rows to add to README.md:\n" + "\n".join(missing)


def test_the_table_of_settings_names_nothing_that_is_gone() -> None:
    known = {name.upper() for settings in EVERY for name in settings.model_fields}
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    named = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert named
    assert named <= known
