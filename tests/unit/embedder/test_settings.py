import pytest
from pydantic import ValidationError

from services.embedder.settings import EmbedderSettings


def test_the_defaults_suit_a_laptop() -> None:
    settings = EmbedderSettings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8001)
    assert (settings.extractor, settings.recipe, settings.weights) == ("inception", "centred", None)
    assert settings.max_image_bytes == 40 * 2**20
    assert settings.max_image_pixels == 64_000_000


def test_they_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECIPE", "classic")
    monkeypatch.setenv("WEIGHTS", "")
    settings = EmbedderSettings()
    assert settings.recipe == "classic"
    assert settings.weights is None


def test_a_request_that_is_allowed_can_be_admitted() -> None:
    with pytest.raises(ValidationError, match="MAX_IMAGES_IN_FLIGHT"):
        EmbedderSettings(max_images_per_request=10, max_images_in_flight=9)
    with pytest.raises(ValidationError, match="MAX_BYTES_IN_FLIGHT"):
        EmbedderSettings(max_body_bytes=10_000, max_bytes_in_flight=9_999)


def test_nothing_beyond_pillows_own_limit_can_be_set() -> None:
    with pytest.raises(ValidationError):
        EmbedderSettings(max_image_pixels=200_000_000)


def test_other_recipes_that_are_loaded_at_the_start_have_to_be_some() -> None:
    assert EmbedderSettings(recipes="pooled, classic").recipes_at_start == ("pooled", "classic")
    assert EmbedderSettings().recipes_at_start == ()
    with pytest.raises(ValidationError, match="RECIPES names blurred"):
        EmbedderSettings(recipes="pooled,blurred")
