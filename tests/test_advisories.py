"""The advisories that are left out belong to what is installed."""

from __future__ import annotations

import re

import yaml

from tests.conftest import ROOT

LEFT_OUT = yaml.safe_load((ROOT / "deploy" / "advisories.yml").read_text())
PINNED = dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))


def test_each_is_about_a_pinned_version() -> None:
    """When a package is raised, its row goes."""
    assert [] == [row for row in LEFT_OUT if PINNED.get(row["package"]) != str(row["version"])]


def test_each_says_why() -> None:
    """An id, once, and a reason in a sentence."""
    assert len(LEFT_OUT) == len({row["id"] for row in LEFT_OUT})
    assert all(re.fullmatch(r"(?:GHSA|PYSEC|CVE)-[\w-]+", row["id"]) and row["why"].endswith(".") for row in LEFT_OUT)
