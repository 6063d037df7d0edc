"""Counts for Prometheus: what is counted, by which labels, and that the dashboard and the alerts ask for what exists."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import urllib.request
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from bot.quiet import hush

hush()

from bot import metrics
from bot.channels.guard import Incoming
from bot.channels.turns import Turns
from hypnic.checks import TRIAGE
from hypnic.danger import DangerScreen
from hypnic.emergency import Outcomes, Region
from tests.conftest import ROOT, Server, free_port

MONITORING = ROOT / "deploy" / "monitoring"
LABELS = {"channel", "kind", "code", "intent", "level", "le"}


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def names() -> set[str]:
    """All samples that are served, and those that Prometheus adds."""
    found = {sample.name for family in REGISTRY.collect() for sample in family.samples}
    for family in REGISTRY.collect():
        if family.name.startswith("hypnic_"):
            found |= {f"{family.name}_total"} if family.type == "counter" else set()
            found |= {f"{family.name}_{end}" for end in ("bucket", "count", "sum")} if family.type == "histogram" else {family.name}
    return found | {"up"}


def test_a_turn_is_counted() -> None:
    """Time, kinds, and the level of emergency words; a text is in no label."""
    screen, outcomes, region = DangerScreen.load(TRIAGE), Outcomes.load(TRIAGE), Region.load(TRIAGE)

    async def silent(_: Any) -> None:
        return None

    async def offered(*_: str) -> bool:
        return True

    async def both() -> None:
        turns = Turns("metered", 1, screen, outcomes, region)
        await turns.take(Incoming("a", "hello canary", None, None), silent, offered)
        await turns.take(Incoming("a", "my husband is shaking all over and does not answer me", None, None), silent, offered)

    before = value("hypnic_danger_total", level="emergency")
    asyncio.run(both())
    assert 2 == value("hypnic_turn_seconds_count", channel="metered")
    assert 1 == value("hypnic_replies_total", channel="metered", kind="failure")
    assert 1 == value("hypnic_replies_total", channel="metered", kind="danger")
    assert 1 == value("hypnic_danger_total", level="emergency") - before


def test_odd_values_are_other() -> None:
    """Labels stay within closed lists, whatever a model or an action says."""
    metrics.count("odd", 0.1, [{"custom": {"kind": "words of a person"}}, {"custom": {"kind": "triage", "level": "more words"}}])
    assert 1 == value("hypnic_replies_total", channel="odd", kind="other")
    assert 1 == value("hypnic_triage_total", level="other")


def test_labels_are_ids() -> None:
    """No label could hold text or the name of a conversation."""
    families = [family for family in REGISTRY.collect() if family.name.startswith("hypnic_")]
    assert len(families) >= 8
    assert LABELS >= {label for family in families for sample in family.samples for label in sample.labels}


def test_served_on_loopback() -> None:
    """In the text form that Prometheus reads."""
    port = free_port()
    metrics.serve(f"127.0.0.1:{port}")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        served = {family.name for family in text_string_to_metric_families(answer.read().decode())}
    assert {"hypnic_turn_seconds", "hypnic_intents", "hypnic_healthy"} <= served


def queries() -> list[str]:
    """All that the dashboard and the alerts ask for."""
    board = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    assert len(board["panels"]) == len({panel["id"] for panel in board["panels"]}) >= 10
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]] + [rule["expr"] for rule in rules]


def test_dashboard_and_alerts_ask_for_what_exists() -> None:
    """Every name and every label of a query is served."""
    asked = {name for query in queries() for name in re.findall(r"\b((?:hypnic|process)_[a-z_]+|up)\b(?!\s*\()", query)}
    assert len(asked) > 8
    assert set() == asked - names()
    labels = {label for query in queries() for label in re.findall(r"([a-z]+)=~?\"", query)}
    assert labels <= LABELS | {"job"}


@pytest.mark.skipif(not shutil.which("promtool"), reason="this system has no promtool (Debian package prometheus)")
def test_promtool_accepts_the_rules() -> None:
    """Prometheus itself reads the configuration and its rules."""
    done = subprocess.run(["promtool", "check", "config", "prometheus.yml"], cwd=MONITORING, capture_output=True, text=True)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_not_served_unless_wanted(server: Server) -> None:
    """The chat's port has no counts, with and without the channel's path."""
    for path in ("/metrics", "/webhooks/web/metrics"):
        assert 404 == server.client().request("GET", path).status
