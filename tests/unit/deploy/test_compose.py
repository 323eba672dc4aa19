"""What docker-compose.yml must keep to; whether it runs only a container engine can tell."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from services.embedder.settings import EmbedderSettings
from services.gateway import page
from services.gateway.settings import GatewaySettings
from services.search.indexes.qdrant.address import Address
from services.search.settings import SearchSettings
from shared.settings import ServiceSettings
from tests.support.qdrant.provision import VERSION

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "gateway": GatewaySettings,
    "embedder": EmbedderSettings,
    "search": SearchSettings,
}
WATCHING = ("prometheus", "grafana")
OPTIONAL = {"prometheus": "monitoring", "grafana": "monitoring", "qdrant": "qdrant"}
DOCKERFILE = (ROOT / "deploy/docker/Dockerfile").read_text().replace("\\\n", "")
STAGES = {stage.split()[2]: stage for stage in re.split(r"^FROM (?:--\S+ )?", DOCKERFILE, flags=re.MULTILINE)[1:]}
VARIABLE = re.compile(r"\$\{(\w+):([?-])([^}]*)\}")


def is_secret(name: str) -> bool:
    return name.endswith(("_PASSWORD", "_TOKEN"))


def published(name: str) -> str:
    [port] = SERVICES[name]["ports"]
    return VARIABLE.sub(r"\3", port)


def of_image(name: str) -> dict[str, str]:
    """What an image says of its service's environment, in `NAME=value`."""
    settings = re.findall(r"\b([A-Z_]+)=(\S+)", " ".join(re.findall(r"^ENV (.*)$", STAGES[name], flags=re.MULTILINE)))
    return {key: value for key, value in settings if "$" not in value}


def test_the_file_is_what_the_specification_asks_for() -> None:
    resolved = VARIABLE.sub(lambda variable: "1" if variable[2] == "?" else variable[3], TEXT)
    merged = yaml.safe_dump(yaml.safe_load(resolved))  # its reader knows `<<` at the top of a service alone
    assert set(PyCompose.from_yaml(merged).service_names()) == SERVICES.keys()


def test_no_password_is_written_down_and_nothing_starts_without_one() -> None:
    secrets = {name: value for one in SERVICES.values() for name, value in one.get("environment", {}).items()}
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


def test_the_gateway_and_who_watches_are_published_and_to_this_machine_alone() -> None:
    assert {name for name, one in SERVICES.items() if "ports" in one} == {"gateway", *WATCHING}
    assert published("gateway") == "127.0.0.1:8000:8000"
    assert {published(name) for name in WATCHING} == {"127.0.0.1:9090:9090", "127.0.0.1:3000:3000"}


def test_the_other_services_are_in_a_network_without_a_way_out() -> None:
    assert COMPOSE["networks"]["private"] == {"internal": True}
    assert {name for name, one in SERVICES.items() if one["networks"] != ["private"]} == {"gateway", *WATCHING}


def test_what_not_everybody_needs_is_started_for_those_alone_who_ask_for_it() -> None:
    assert {name: one["profiles"] for name, one in SERVICES.items() if "profiles" in one} == {
        name: [profile] for name, profile in OPTIONAL.items()
    }
    assert not any(one.get("depends_on", {}).keys() & OPTIONAL for one in SERVICES.values())


def test_qdrant_is_the_one_that_is_tested_and_asks_for_the_key_that_the_search_service_has() -> None:
    qdrant, search = SERVICES["qdrant"], SERVICES["search"]["environment"]
    assert qdrant["image"] == f"qdrant/qdrant:v{VERSION}-unprivileged"
    assert qdrant["environment"]["QDRANT__SERVICE__API_KEY"] == search["INDEX_KEY"]
    assert qdrant["read_only"] is True
    [example] = re.findall(r"^#INDEX_URL=(.*)$", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    assert Address.parse(example) == Address((("qdrant", 6334),))


def test_what_is_scaled_has_no_name_no_port_and_no_volume_of_its_own() -> None:
    for name in ("embedder", "search"):
        assert not {"container_name", "ports"} & SERVICES[name].keys()
        assert all(":" not in volume for volume in SERVICES[name].get("volumes", ()))


def test_the_gateway_reaches_replicas_through_the_balancer() -> None:
    gateway, balancer = SERVICES["gateway"]["environment"], SERVICES["balancer"]["environment"]
    assert (gateway["EMBEDDER_URL"], gateway["SEARCH_URL"]) == ("http://balancer:8001", "http://balancer:8002")
    for name in ("embedder", "search"):
        port = of_image(name)["PORT"]
        assert balancer[name.upper()] == f"{name}:{port}"
        assert f"frontend {name}\n    bind :{port}\n" in (ROOT / "deploy/haproxy/haproxy.cfg").read_text()


def test_a_service_is_not_killed_before_it_has_drained() -> None:
    for name, settings in SETTINGS.items():
        one = SERVICES[name]
        drained = float(one["environment"]["DRAIN_SECONDS"]) + settings.model_fields["shutdown_grace_seconds"].default
        assert float(one["stop_grace_period"].removesuffix("s")) > drained


def test_every_service_has_a_health_check_and_is_started_again() -> None:
    for name, one in SERVICES.items():
        assert "HEALTHCHECK" in STAGES["service"] if name in SETTINGS else "healthcheck" in one, name
        assert one["restart"] == "unless-stopped", name


def test_a_service_waits_until_those_that_it_needs_are_healthy() -> None:
    needed = {name: one.get("depends_on", {}) for name, one in SERVICES.items()}
    assert needed["gateway"].keys() == {"balancer", "embedder", "search"}
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
    for key, value in (of_image("service") | of_image(name) | environment).items():
        monkeypatch.setenv(key, VARIABLE.sub(lambda variable: "secret" if variable[2] == "?" else variable[3], value))
    assert SETTINGS[name]().service_token is not None
    assert SETTINGS[name]().allow_anonymous == (name == "gateway")
    assert SETTINGS[name]().port == SETTINGS[name].model_fields["port"].default


@pytest.mark.parametrize("name", SETTINGS)
def test_an_image_is_built_from_the_lock_of_its_service_alone(name: str) -> None:
    build = SERVICES[name]["build"]
    assert build["target"] == name
    assert f"COPY --from={name}-packages /opt/lookalike" in STAGES[name]
    for stage in (f"{name}-packages",) if name != "embedder" else ("embedder-tensorflow", "embedder-openvino"):
        [lock] = re.findall(r"COPY requirements/(\S+)", STAGES[stage])
        assert lock.startswith(name)
        assert (ROOT / "requirements" / lock).is_file()
        assert f"--requirement {lock}" in STAGES[stage]


def test_an_image_pins_what_it_installs() -> None:
    installs = re.findall(r"pip install ([^\n]*)", DOCKERFILE)
    assert installs
    assert all("--require-hashes" in install or "--no-index" in install for install in installs)
    assert "npm ci" in STAGES["page-files"]


def test_what_an_image_is_made_of_is_there_when_it_is_built() -> None:
    admitted = [line.strip("!/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [line.split()[1:-1] for line in re.findall(r"^COPY (?!--).*$", DOCKERFILE, flags=re.MULTILINE)]
    assert copied
    for source in (source for sources in copied for source in sources):
        assert (ROOT / source).exists(), source
        assert any(source == name or source.startswith(f"{name}/") for name in admitted), source


@pytest.mark.parametrize("name", [*SETTINGS, "client", "page"])
def test_an_image_does_not_run_as_root(name: str) -> None:
    own = re.findall(r"^USER (.*)$", STAGES[name], flags=re.MULTILINE)
    inherited = re.findall(r"^USER (.*)$", STAGES["runtime"], flags=re.MULTILINE)
    assert (own or inherited)[-1] in ("10001:10001", "101:101")


def test_the_page_by_itself_has_the_headers_that_the_gateway_gives_it() -> None:
    server = (ROOT / "deploy/page/nginx.conf").read_text()
    told = dict(re.findall(r"add_header (\S+) \"?([^\"\n]+?)\"? always;", server))
    assert told.pop("Content-Security-Policy") == page.POLICY
    assert told == {
        "Cache-Control": "$lifetime",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
