"""What a person is told when the danger screen found something."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # so that this file also runs alone, without an installed package

from hypnic.danger import Finding
from hypnic.emergency import Outcomes, danger_reply, failure_text
from hypnic.region import Region

TRIAGE = ROOT / "data" / "triage"
OUTCOMES = Outcomes.load(TRIAGE)
FLAGS: dict[str, Any] = yaml.safe_load((TRIAGE / "flags.yml").read_text(encoding="utf-8"))["flags"]


def finding(flag: str, state: str = "asserted") -> Finding:
    one = FLAGS[flag]
    return Finding(flag, state, one["level"], one["timeframe"], 0, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("flag", sorted(OUTCOMES.advice))
@pytest.mark.parametrize("code", ["international", "uk", "ie", "us", "ca", "au", "nz", "eu", "in", "za"])
def test_every_text_is_filled(flag: str, code: str) -> None:
    region = Region.load(TRIAGE, code)
    text = danger_reply([finding(flag)], OUTCOMES, region)
    assert region.code == code and "{" not in text and "}" not in text
    if FLAGS[flag]["level"] == "emergency":
        assert region.emergency_number in text
    if flag in ("suicide_plan", "suicidal_thoughts"):
        assert region.crisis_line in text


def test_reply_orders_and_adds() -> None:
    region = Region.load(TRIAGE, "uk")
    found = [finding("suicidal_thoughts"), finding("chest_pain"), finding("stroke_signs")]
    both = danger_reply(found, OUTCOMES, region)
    assert "stroke" in both.splitlines()[0] and "chest" in both and region.crisis_line in both
    assert danger_reply([finding("chest_pain", "denied")], OUTCOMES, region) == ""
    assert danger_reply([], OUTCOMES, region) == ""


def test_unknown_region_and_failure_text() -> None:
    region = Region.load(TRIAGE, "atlantis")
    assert region.code == "international"
    assert "112" in failure_text(OUTCOMES, region) and "{" not in failure_text(OUTCOMES, region)
