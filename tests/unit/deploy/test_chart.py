"""The Helm chart, rendered by Helm and held against Kubernetes' own schemas."""

import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from pydantic_settings import BaseSettings

from services.embedder.settings import EmbedderSettings
from services.gateway.settings import GatewaySettings
from services.search.indexes.qdrant.address import Address
from services.search.settings import SearchSettings
from tests.support.qdrant.provision import VERSION
from tests.unit.deploy.test_monitoring import exposed

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy/helm/lookalike"
SMALLEST = ("secretName=secret", "gateway.anonymous=true")
WHOLE = (
    "secretName=secret",
    "gateway.keysSecretName=keys",
    "gateway.hosts={images.example.org}",
    "gateway.ingress.enabled=true",
    "gateway.ingress.tlsSecretName=tls",
    "gateway.settings.URL_FETCH=true",
    "embedder.autoscaling.queueImages=8",
    "page.enabled=true",
    "qdrant.enabled=true",
    "ingest.enabled=true",
    "ingest.volumeClaimName=images",
    "ingest.keySecretName=key",
    "image.registry=registry.example.org/team",
    "imagePullSecrets[0].name=pull",
)
OWN_QDRANT = (*SMALLEST, "qdrant.enabled=true", "qdrant.url=qdrant://db.example.org:443?tls=true", "qdrant.port=443")
SERVICES: dict[str, type[BaseSettings]] = {
    "gateway": GatewaySettings,
    "embedder": EmbedderSettings,
    "search": SearchSettings,
}
PARTS = {"gateway", "balancer", "embedder", "search", "page"}

Manifest = dict[str, Any]


def run(helm: Path, *values: str) -> "subprocess.CompletedProcess[str]":
    sets = [part for value in values for part in ("--set", value)]
    return subprocess.run([helm, "template", "shop", CHART, *sets], capture_output=True, text=True)


def rendered(helm: Path, *values: str) -> list[Manifest]:
    done = run(helm, *values)
    assert done.returncode == 0, done.stderr
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


@pytest.fixture(scope="module")
def whole(helm: Path) -> list[Manifest]:
    return rendered(helm, *WHOLE)


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    """By the part that each belongs to."""
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in manifests if one["kind"] == kind}


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    workloads = of_kind(manifests, "Deployment") | of_kind(manifests, "StatefulSet") | of_kind(manifests, "Job")
    return {part: one["spec"]["template"]["spec"] for part, one in workloads.items()}


def environment(pod: Manifest) -> dict[str, Manifest]:
    return {one["name"]: one for one in pod["containers"][0].get("env", ())}


def test_helm_finds_no_fault_with_the_chart(helm: Path) -> None:
    linted = subprocess.run(
        [helm, "lint", "--strict", CHART, "--set", ",".join(SMALLEST)], capture_output=True, text=True
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("values", [SMALLEST, WHOLE, OWN_QDRANT])
@pytest.mark.parametrize("version", ["1.29", "1.35"])
def test_kubernetes_takes_every_manifest(helm: Path, values: tuple[str, ...], version: str) -> None:
    manifests = rendered(helm, *values)
    assert PARTS - {"page"} <= of_kind(manifests, "Deployment").keys()
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize(
    ("values", "told"), [(("gateway.anonymous=true",), "SERVICE_TOKEN"), (("secretName=s",), "keys")]
)
def test_nothing_is_installed_without_secrets(helm: Path, values: tuple[str, ...], told: str) -> None:
    refused = run(helm, *values)
    assert refused.returncode != 0
    assert told in refused.stderr


def test_secrets_are_named_and_never_part_of_the_chart(whole: list[Manifest]) -> None:
    assert not of_kind(whole, "Secret")
    for part in SERVICES:
        assert environment(pods(whole)[part])["SERVICE_TOKEN"]["valueFrom"]["secretKeyRef"]["name"] == "secret"
    assert "valueFrom" in environment(pods(whole)["search"])["STORE_URL"]
    assert "valueFrom" in environment(pods(whole)["ingest"])["LOOKALIKE_API_KEY"]


def test_every_pod_runs_without_rights_on_a_file_system_that_it_cannot_change(whole: list[Manifest]) -> None:
    assert pods(whole).keys() == PARTS | {"ingest", "qdrant"}
    for pod in pods(whole).values():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"requests", "limits"} <= container["resources"].keys()


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_is_told_are_its_settings(whole: list[Manifest], name: str) -> None:
    pod = pods(whole)[name]
    assert {key.lower() for key in environment(pod)} <= SERVICES[name].model_fields.keys()
    [port] = pod["containers"][0]["ports"]
    assert port["containerPort"] == SERVICES[name].model_fields["port"].default
    drained = (
        float(environment(pod)["DRAIN_SECONDS"]["value"])
        + SERVICES[name].model_fields["shutdown_grace_seconds"].default
    )
    assert pod["terminationGracePeriodSeconds"] > drained


def test_probes_ask_who_answers_without_a_token(whole: list[Manifest]) -> None:
    for part in SERVICES:
        [container] = pods(whole)[part]["containers"]
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_embedder_and_search_scale_by_what_is_measured(whole: list[Manifest]) -> None:
    scalers = of_kind(whole, "HorizontalPodAutoscaler")
    assert scalers.keys() == {"embedder", "search"}
    for part, scaler in scalers.items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == f"shop-lookalike-{part}"
        assert scaler["spec"]["metrics"][0]["resource"]["name"] == "cpu"
        assert "replicas" not in of_kind(whole, "Deployment")[part]["spec"]
    metric = scalers["embedder"]["spec"]["metrics"][1]["pods"]["metric"]["name"]
    assert metric in exposed()


def test_at_most_one_pod_of_a_part_is_taken_away_at_a_time(whole: list[Manifest]) -> None:
    budgets = of_kind(whole, "PodDisruptionBudget")
    assert budgets.keys() == PARTS | {"qdrant"}
    assert all(budget["spec"]["maxUnavailable"] == 1 for budget in budgets.values())


def test_the_gateway_reaches_replicas_through_the_balancer_alone(whole: list[Manifest]) -> None:
    services, told = of_kind(whole, "Service"), environment(pods(whole)["balancer"])
    assert environment(pods(whole)["gateway"])["SEARCH_URL"]["value"] == "http://shop-lookalike-balancer:8002"
    for part, port in (("embedder", 8001), ("search", 8002)):
        assert services[part]["spec"]["clusterIP"] == "None"
        assert told[part.upper()]["value"] == f"{services[part]['metadata']['name']}.default.svc.cluster.local:{port}"
    policies = of_kind(whole, "NetworkPolicy")
    assert policies.keys() == PARTS | {"ingest", "qdrant"}
    for part in ("embedder", "search"):
        [rule] = policies[part]["spec"]["ingress"]
        callers = [source["podSelector"]["matchLabels"] for source in rule["from"] if "podSelector" in source]
        assert [labels["app.kubernetes.io/component"] for labels in callers] == ["balancer"]
    assert policies["embedder"]["spec"]["egress"] == []


def test_the_balancer_of_the_chart_is_that_of_compose(whole: list[Manifest]) -> None:
    [configuration] = of_kind(whole, "ConfigMap").values()
    assert configuration["data"]["haproxy.cfg"].strip() == (ROOT / "deploy/haproxy/haproxy.cfg").read_text().strip()


def egress(manifests: list[Manifest], part: str) -> set[tuple[int, str | None]]:
    """Ports that a part may call, and the part that they are of; None: anybody's."""
    rules = of_kind(manifests, "NetworkPolicy")[part]["spec"]["egress"]
    parts = [
        (
            rule,
            [one["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for one in rule.get("to", ())] or [None],
        )
        for rule in rules
    ]
    return {(port["port"], to) for rule, those in parts for port in rule["ports"] for to in those}


def test_search_asks_the_nodes_of_qdrant_that_the_chart_brings(whole: list[Manifest]) -> None:
    told, nodes = environment(pods(whole)["search"]), of_kind(whole, "StatefulSet")["qdrant"]
    name, count = nodes["metadata"]["name"], nodes["spec"]["replicas"]
    assert of_kind(whole, "Service")["qdrant"]["metadata"]["name"] == nodes["spec"]["serviceName"] == name
    hosts = [f"{name}-{number}.{name}.default.svc.cluster.local" for number in range(count)]
    assert Address.parse(told["INDEX_URL"]["value"]) == Address(tuple((host, 6334) for host in hosts))
    assert (told["INDEX_SHARDS"]["value"], told["INDEX_REPLICAS"]["value"]) == (str(count), "2")
    key = environment(pods(whole)["qdrant"])["QDRANT__SERVICE__API_KEY"]
    assert key["valueFrom"] == told["INDEX_KEY"]["valueFrom"]
    assert pods(whole)["qdrant"]["containers"][0]["image"] == f"qdrant/qdrant:v{VERSION}-unprivileged"
    assert (6334, "qdrant") in egress(whole, "search")
    assert (6335, "qdrant") in egress(whole, "qdrant")
    callers = {
        rule["ports"][0]["port"]: [
            one["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for one in rule["from"]
        ]
        for rule in of_kind(whole, "NetworkPolicy")["qdrant"]["spec"]["ingress"]
        if "podSelector" in rule["from"][0]
    }
    assert callers == {6334: ["search"], 6335: ["qdrant"]}


def test_the_settings_of_search_say_into_how_many_parts_an_index_is_divided(helm: Path) -> None:
    manifests = rendered(helm, *SMALLEST, "qdrant.enabled=true", "search.settings.INDEX_SHARDS=12")
    assert environment(pods(manifests)["search"])["INDEX_SHARDS"]["value"] == "12"


def test_search_asks_a_qdrant_of_ones_own(helm: Path) -> None:
    manifests = rendered(helm, *OWN_QDRANT)
    assert not of_kind(manifests, "StatefulSet")
    told = environment(pods(manifests)["search"])
    assert Address.parse(told["INDEX_URL"]["value"]) == Address((("db.example.org", 443),), tls=True)
    assert (443, None) in egress(manifests, "search")


def test_without_qdrant_nothing_of_it_is_installed_or_reached(helm: Path) -> None:
    manifests = rendered(helm, *SMALLEST)
    assert not of_kind(manifests, "StatefulSet")
    assert "INDEX_URL" not in environment(pods(manifests)["search"])
    assert {port for port, _ in egress(manifests, "search")} == {53, 27017}
