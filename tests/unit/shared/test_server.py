import pytest

from services.gateway.settings import GatewaySettings
from shared import server
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    port: int = 0


def test_only_this_machine_reaches_loopback() -> None:
    assert all(map(server.is_loopback, ("127.0.0.1", "127.8.9.1", "::1", "localhost")))
    assert not any(map(server.is_loopback, ("0.0.0.0", "::", "192.168.1.5", "example.org", "")))


def test_a_public_address_is_refused_while_nobody_has_to_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    with pytest.raises(SystemExit, match=r"Refusing to listen on 0\.0\.0\.0"):
        server.run("nowhere:at_all", Settings)


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PORT", "many")
    with pytest.raises(SystemExit) as stopped:
        server.run("nowhere:at_all", Settings)
    assert stopped.value.code == 2
    assert "setting PORT" in capsys.readouterr().err


def test_a_service_that_asks_for_credentials_may_listen_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.setenv("SERVICE_TOKEN", "secret")
    with pytest.raises(SystemExit) as stopped:  # it goes on as far as looking for the service
        server.run("nowhere:at_all", Settings)
    assert stopped.value.code == 3


def test_the_refusal_names_the_setting_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    for settings, setting in ((Settings, "SERVICE_TOKEN"), (GatewaySettings, "API_KEYS_FILE")):
        with pytest.raises(SystemExit, match=setting):
            server.run("nowhere:at_all", settings)
    monkeypatch.setenv("SERVICE_TOKEN", "opens the services behind, not the gateway")
    with pytest.raises(SystemExit, match="API_KEYS_FILE"):
        server.run("nowhere:at_all", GatewaySettings)
