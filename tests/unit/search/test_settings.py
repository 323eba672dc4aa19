import pytest
from pydantic import ValidationError

from services.search.settings import SearchSettings


def test_defaults_keep_everything_in_one_file_below_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORE_URL", raising=False)
    settings = SearchSettings()
    assert (settings.port, settings.store_url) == (8002, "sqlite:///data/lookalike.db")


def test_a_store_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_URL", "floppy:///a")
    with pytest.raises(ValidationError, match="sqlite://"):
        SearchSettings()
