import pytest
from pydantic import ValidationError

from services.search.settings import SearchSettings
from services.search.stores.mongo.options import MongoOptions


def test_defaults_keep_everything_in_one_file_below_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORE_URL", raising=False)
    settings = SearchSettings()
    assert (settings.port, settings.store_url) == (8002, "sqlite:///data/lookalike.db")


def test_mongodb_gets_the_sizes_and_deadlines_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_URL", "mongodb://user:secret@127.0.0.1/pictures")
    monkeypatch.setenv("MONGODB_MAX_CONNECTIONS", "7")
    monkeypatch.setenv("MONGODB_TIMEOUT_SECONDS", "1.5")
    assert SearchSettings().mongo == MongoOptions(max_connections=7, timeout=1.5)


def test_a_store_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_URL", "floppy:///a")
    with pytest.raises(ValidationError, match="sqlite://"):
        SearchSettings()
