"""What a person is told when the danger screen found something."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # so that this file also runs alone, without an installed package

from hypnic.danger import DangerScreen, Finding, asserted
from hypnic.emergency import Outcomes, danger_reply, failure_text, still_text
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


@pytest.mark.parametrize("text", [
    "my diabetic dad's face droops on one side since this morning",
    "mum takes lithium and cant lift her left arm and her mouth droops",
])
def test_an_illness_named_beside_it_hides_no_stroke(text: str) -> None:
    """Diabetes and lithium can slur speech, but a face that droops is a sign of a stroke with them too."""
    assert "stroke_signs" in {one.flag for one in asserted(DangerScreen.load(TRIAGE).screen(text))}


def test_low_sugar_comes_before_stroke() -> None:
    """Where both are possible, sugar helps at once and the number is the same; the stroke is named too."""
    text = danger_reply([finding("stroke_signs"), finding("hypoglycaemia_severe")], OUTCOMES, Region.load(TRIAGE, "uk"))
    assert "diabetes" in text.splitlines()[0] and "stroke" in text


def test_a_second_sign_does_not_say_to_call_again() -> None:
    """The number stands in the first line; below it only what the other sign adds."""
    region = Region.load(TRIAGE, "uk")
    lines = danger_reply([finding("seizure_now"), finding("first_seizure_today")], OUTCOMES, region).splitlines()
    assert lines[0].startswith("Call 999") and "Also important:" in lines
    assert not lines[lines.index("Also important:") + 1].startswith("- Call")


def test_the_gravest_sign_is_repeated_while_it_lasts() -> None:
    """In whatever order the signs are remembered; thoughts of suicide have their own words."""
    region = Region.load(TRIAGE, "uk")
    both = ["first_seizure_today", "breathing_stopped_or_blue"]
    assert still_text(both, OUTCOMES, region) == still_text(both[::-1], OUTCOMES, region)
    assert "speaker" in still_text(both, OUTCOMES, region) and 1 == still_text(both, OUTCOMES, region).count("999 (or 112)")
    assert region.crisis_line in still_text(["chest_pain", "suicide_plan"], OUTCOMES, region)
    assert "999" in still_text([], OUTCOMES, region)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("it is over", "over"), ("He stopped shaking. What should I do now?", "over"), ("she is awake now", "over"),
        ("i called an ambulance", "called"), ("they are on their way", "called"), ("it was a false alarm", "mistaken"),
        ("she is not awake now", ""), ("he hasn't stopped shaking", ""), ("will he be okay now?", ""), ("is he breathing now?", ""),
        ("they are not here", ""), ("nobody is on the way", ""), ("what if it stopped and comes back", ""), ("", ""),
        ("something is wrong with him", ""), ("i didn't mean to take so many", ""), ("it's not me, it's my husband", ""),
        ("she took her tablets", ""), ("he was seen shaking", ""), ("paramedics are coming", ""), ("not now please", ""),
        ("he was in hospital last year", ""), ("the paramedics are here", "over"), ("we are at the hospital now", "over"),
        ("that was years ago", "mistaken"), ("no, i was only asking", "mistaken"),
    ],
)  # fmt: skip
def test_how_an_emergency_ends(text: str, end: str) -> None:
    """Told, not asked and not denied."""
    assert end == OUTCOMES.mode.ended(text)


def test_what_a_bare_answer_raises_is_graver_or_as_grave() -> None:
    """No answer to the question of an urgent text lowers anything."""
    levels = ("emergency", "urgent")
    raised = [(flag, other) for flag, one in OUTCOMES.advice.items() for other in one.raises.values()]
    assert len(raised) >= 8
    for flag, other in raised:
        assert FLAGS[flag]["level"] == "urgent" and levels.index(FLAGS[other]["level"]) <= levels.index("urgent")
