"""The files of deploy/ speak of metrics, addresses and settings that exist."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from bot.metrics import Metrics
from bot.settings import BY_FILE, Settings
from bot.store.database import Store
from handlers.health import Health

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
NAMES = {name for name, *_ in Metrics().described()}
SERIES = NAMES | {
    f"{name}{end}" for name, kind, *_ in Metrics().described() if kind == "histogram" for end in ("_bucket", "_count", "_sum")
}
LABELS = {label for _, _, labels, _ in Metrics().described() for label in labels}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> list[str]:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_alerts_and_dashboard_ask_for_series_that_exist() -> None:
    asked = {name for one in [*queries(), *(rule["expr"] for rule in rules())] for name in re.findall(r"\bregwatch_\w+", one)}
    assert asked
    assert asked - SERIES == set()


def test_the_dashboard_shows_every_metric() -> None:
    shown = " ".join(queries())
    assert {name for name in NAMES if not re.search(rf"\b{name}(_bucket|_count|_sum)?\b", shown)} == set()


def test_alerts_and_dashboard_group_by_labels_that_exist() -> None:
    grouped = {label.strip() for one in queries() for labels in re.findall(r"by \(([^)]*)\)", one) for label in labels.split(",")}
    assert grouped - LABELS - {"le"} == set()


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["action"]


def test_no_metric_has_a_label_of_which_there_may_be_any_number() -> None:
    assert {"outcome", "kind", "platform", "state", "work"} == LABELS


def manifests(kind: str) -> list[dict[str, Any]]:
    every = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
    return [one for one in every if one["kind"] == kind]


def pods() -> list[dict[str, Any]]:
    return [one["spec"]["template"]["spec"] for one in manifests("Deployment")]


def test_pods_run_as_nobody_on_a_file_system_they_cannot_write() -> None:
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        (container,) = pod["containers"]
        wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        assert container["securityContext"] == wanted
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert pod["terminationGracePeriodSeconds"] > 10


def test_probes_ask_addresses_that_exist_on_the_port_of_health() -> None:
    store = Store.__new__(Store)
    known = {route.path for route in Health(store).routes}
    for pod in pods():
        (container,) = pod["containers"]
        given = {one["name"]: one["value"] for one in container["env"]}
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        probes = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert {one["path"] for one in probes.values()} == known
        assert probes["readinessProbe"]["path"] == "/readyz"
        assert {ports[one["port"]] for one in probes.values()} == {int(given["REGWATCH_HEALTH_PORT"])}


def test_settings_of_the_manifests_exist_and_secrets_come_by_file() -> None:
    known = {f"REGWATCH_{name.upper()}" for name in Settings.model_fields} | {f"REGWATCH_{name.upper()}_FILE" for name in BY_FILE}
    unit = (DEPLOY / "regwatch.service").read_text(encoding="utf-8")
    inline = dict(re.findall(r"^Environment=(REGWATCH_\w+)=(.*)$", unit, re.MULTILINE))
    given = [{one["name"]: one["value"] for one in pod["containers"][0]["env"]} for pod in pods()]
    for settings in (*given, inline):
        assert settings.keys() - known == set()
        said = {name for name, value in settings.items() if value and "sqlite:" not in value}
        assert said & {f"REGWATCH_{name.upper()}" for name in BY_FILE} == set()


def test_the_service_leads_to_pods_and_every_label_is_selected() -> None:
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in manifests("Deployment")]
    for one in manifests("Deployment"):
        assert one["spec"]["selector"]["matchLabels"] == one["spec"]["template"]["metadata"]["labels"]
    for service in manifests("Service"):
        assert service["spec"]["selector"] in labels


def test_each_mounted_volume_is_there() -> None:
    for pod in pods():
        assert {one["name"] for one in pod["containers"][0]["volumeMounts"]} == {one["name"] for one in pod["volumes"]}


def test_the_unit_is_hardened_and_gives_the_bot_time_to_end() -> None:
    unit = (DEPLOY / "regwatch.service").read_text(encoding="utf-8")
    for line in (
        "DynamicUser=yes",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "Restart=always",
        "TimeoutStopSec=20",
    ):
        assert f"\n{line}\n" in unit
    assert set(re.findall(r"^LoadCredential=(\w+):", unit, re.MULTILINE)) == set(re.findall(r"=%d/(\w+)$", unit, re.MULTILINE))
