"""What Prometheus and Grafana are told to look at."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from services.embedder.batching import BatchMetrics
from services.embedder.intake import IntakeMetrics
from services.gateway.upstream import UpstreamMetrics
from services.search.metrics import SearchMetrics
from shared.telemetry import Metrics

ROOT = Path(__file__).parents[3]
PROMETHEUS = ROOT / "deploy/prometheus"
ALERTS: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/dashboards/lookalike.json").read_text())
OPERATIONS = (ROOT / "docs/operations.md").read_text()
BY_PROMETHEUS_ITSELF = {"up"}


def expressions() -> Iterator[str]:
    for alert in ALERTS:
        yield alert["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"].replace("$__rate_interval", "1m")


def named(expression: str) -> set[str]:
    found: set[str] = set()

    def collect(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector) and node.name is not None:
            found.add(node.name)

    promql_parser.walk(promql_parser.parse(expression), pre_visit=collect)
    return found


def exposed() -> set[str]:
    metrics = Metrics()
    SearchMetrics(metrics)
    BatchMetrics(metrics.registry)
    IntakeMetrics(metrics.registry)
    UpstreamMetrics(metrics.registry)
    endings = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    return {family.name + ending for family in metrics.registry.collect() for ending in endings[family.type]}


def test_every_metric_that_is_looked_at_is_told_by_a_service() -> None:
    names = {name for expression in expressions() for name in named(expression) if not name.startswith("haproxy_")}
    assert names
    assert names - BY_PROMETHEUS_ITSELF <= exposed()


def test_every_alert_is_explained() -> None:
    assert ALERTS
    for alert in ALERTS:
        assert f"| `{alert['alert']}` |" in OPERATIONS
        assert alert["labels"]["severity"] in ("critical", "warning")


def test_every_panel_reads_the_source_that_is_there() -> None:
    [source] = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    assert panels
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}


def test_prometheus_takes_its_configuration(promtool: str) -> None:
    checked = subprocess.run(
        [promtool, "check", "config", "--syntax-only", "prometheus.yml"], cwd=PROMETHEUS, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr


def test_each_fault_raises_its_alert_and_what_is_well_raises_none(promtool: str) -> None:
    tested = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
    for run in tested:
        assert {case["alertname"] for case in run["alert_rule_test"]} == {alert["alert"] for alert in ALERTS}
    played = subprocess.run(
        [promtool, "test", "rules", "alerts_test.yml"], cwd=PROMETHEUS, capture_output=True, text=True
    )
    assert played.returncode == 0, played.stdout + played.stderr
