import pytest

from cli.evaluation.setup import parse
from cli.failures import CommandFailed


def test_a_recipe_and_settings() -> None:
    setup = parse("classic, INDEX_PROJECTION=none")
    assert setup.settings == {"RECIPE": "classic", "INDEX_PROJECTION": "none"}
    assert setup.environment()["RECIPE"] == "classic"


def test_quality_is_what_searches_ask_for_and_no_setting() -> None:
    setup = parse("thorough,quality=high")
    assert (setup.quality, setup.settings) == ("high", {"RECIPE": "thorough"})
    assert parse("quality=standard").quality == parse("").quality == "standard"
    assert not parse("quality=high").embeds_otherwise


def test_nothing_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECIPE", "pooled")
    assert parse("").environment()["RECIPE"] == "pooled"
    assert not parse("").settings


def test_settings_of_the_index_need_no_other_embedder() -> None:
    assert not parse("INDEX_DIMENSIONS=64").embeds_otherwise
    assert parse("pooled").embeds_otherwise


@pytest.mark.parametrize("text", ["Not A Recipe", "index_projection=none", "=3", "quality=best"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CommandFailed, match="neither a recipe nor a setting"):
        parse(text)
