"""What docker-compose.yml must keep to; whether it runs only a container engine can tell."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from services.embedder.settings import EmbedderSettings
from services.gateway.settings import GatewaySettings
from services.search.settings import SearchSettings
from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "gateway": GatewaySettings,
    "embedder": EmbedderSettings,
    "search": SearchSettings,
}
VARIABLE = re.compile(r"\$\{(\w+):([?-])([^}]*)\}")


def is_secret(name: str) -> bool:
    return name.endswith(("_PASSWORD", "_TOKEN"))


def test_no_password_is_written_down_and_nothing_starts_without_one() -> None:
    secrets = {name: value for one in SERVICES.values() for name, value in one["environment"].items()}
    assert VARIABLE.fullmatch(secrets["SERVICE_TOKEN"])
    assert VARIABLE.fullmatch(secrets["MONGO_INITDB_ROOT_PASSWORD"])
    assert VARIABLE.fullmatch(secrets["LOOKALIKE_PASSWORD"])
    assert re.fullmatch(rf"mongodb://lookalike:{VARIABLE.pattern}@mongodb/lookalike", secrets["STORE_URL"])
    for name, mark, _ in VARIABLE.findall(TEXT):
        assert mark == ("?" if is_secret(name) else "-")
    assert "$" not in VARIABLE.sub("", TEXT).replace("$$", "")


def test_the_example_of_the_environment_names_every_variable_and_no_password() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = dict(line.lstrip("#").split("=") for line in lines if re.match(r"#?[A-Z_]+=", line))
    assert named.keys() == {name for name, _, _ in VARIABLE.findall(TEXT)}
    assert {value for name, value in named.items() if is_secret(name)} == {""}
    assert "/.env" in (ROOT / ".gitignore").read_text().split()


def test_the_gateway_alone_is_published_and_to_this_machine_alone() -> None:
    assert {name for name, one in SERVICES.items() if "ports" in one} == {"gateway"}
    [port] = SERVICES["gateway"]["ports"]
    assert VARIABLE.sub(r"\3", port) == "127.0.0.1:8000:8000"


def test_the_other_services_are_in_a_network_without_a_way_out() -> None:
    assert COMPOSE["networks"]["private"] == {"internal": True}
    assert {name for name, one in SERVICES.items() if one["networks"] != ["private"]} == {"gateway"}


def test_every_service_has_a_health_check_and_is_started_again() -> None:
    for name, one in SERVICES.items():
        assert one["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name
        assert one["restart"] == "unless-stopped", name


def test_a_service_waits_until_those_that_it_needs_are_healthy() -> None:
    needed = {name: one.get("depends_on", {}) for name, one in SERVICES.items()}
    assert needed["gateway"].keys() == {"embedder", "search"}
    assert needed["search"].keys() == {"mongodb"}
    assert all(state == {"condition": "service_healthy"} for those in needed.values() for state in those.values())


@pytest.mark.parametrize("name", SETTINGS)
def test_our_services_can_change_nothing_in_their_container(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SETTINGS)
def test_the_environment_of_a_service_consists_of_its_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment: dict[str, str] = SERVICES[name]["environment"]
    assert {key.lower() for key in environment} <= SETTINGS[name].model_fields.keys()
    for key, value in environment.items():
        monkeypatch.setenv(key, VARIABLE.sub("secret", value))
    assert SETTINGS[name]().service_token is not None
    assert SETTINGS[name]().allow_anonymous == (name == "gateway")
    assert SETTINGS[name]().port == SETTINGS[name].model_fields["port"].default


@pytest.mark.parametrize("name", SETTINGS)
def test_a_service_finds_the_others_where_they_listen(name: str) -> None:
    for key, value in SERVICES[name]["environment"].items():
        url = urlsplit(value)
        if key.endswith("_URL") and url.scheme == "http":
            assert url.hostname is not None
            assert str(url.port) == SERVICES[url.hostname]["environment"]["PORT"]


@pytest.mark.parametrize("name", SETTINGS)
def test_an_image_is_built_from_the_lock_of_its_service_alone(name: str) -> None:
    build = SERVICES[name]["build"]
    dockerfile = (ROOT / build["dockerfile"]).read_text()
    assert build["args"]["SERVICE"] == name
    assert (ROOT / "requirements" / f"{name}.txt").is_file()
    assert "COPY requirements/${SERVICE}.txt" in dockerfile
    assert f" AS {build['target']}\n" in dockerfile


def test_an_image_pins_what_it_installs_and_does_not_run_as_root() -> None:
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text().replace("\\\n", "")
    installs = re.findall(r"/pip install ([^\n]*)", dockerfile)
    assert installs
    assert all("--require-hashes" in install or "--no-index" in install for install in installs)
    for stage in re.split(r"^FROM ", dockerfile, flags=re.MULTILINE)[1:]:
        if stage.split()[:3] == ["python", "AS", "service"]:
            user = re.findall(r"^USER (.*)$", stage, flags=re.MULTILINE)
            assert user == ["10001:10001"]
            break
    else:
        pytest.fail("there is no stage `service`")
