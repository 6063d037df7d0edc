"""The telephone numbers of a region, and the texts they are filled into."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hypnic.danger import Finding
from hypnic.emergency import Outcomes, danger_reply
from hypnic.region import Region, Regions
from hypnic.yamlfile import ROOT

TRIAGE = ROOT / "data" / "triage"
OUTCOMES = Outcomes.load(TRIAGE)
REGION = Region.load(TRIAGE, "uk")


def finding(flag: str) -> Finding:
    return Finding(flag, "asserted", "emergency", "now", 0, 1)


@pytest.mark.parametrize("code", ["uk", "UK", " uk "])
def test_a_code_in_any_spelling(code: str) -> None:
    """Capitals and blanks do not matter."""
    assert "uk" == Region.load(TRIAGE, code).code


@pytest.mark.parametrize("code", ["", "..", "regions", "{uk}"])
def test_a_code_that_is_none(code: str) -> None:
    """An unknown region gets the international numbers."""
    assert "international" == Region.load(TRIAGE, code).code


@pytest.mark.parametrize(
    ("code", "number"),
    [("international", "112"), ("uk", "999"), ("ie", "112"), ("us", "911"), ("au", "000"), ("nz", "111"), ("za", "112")],
)
def test_the_number_that_is_dialled(code: str, number: str) -> None:
    """The first number of the text, which is what a button can call."""
    region = Region.load(TRIAGE, code)
    assert number == region.call
    assert "" == replace(region, emergency_number="your local emergency number").call


@pytest.mark.parametrize("code", [region.code for region in Regions(TRIAGE).choices()])
def test_the_number_is_found_in_the_text_of_every_region(code: str) -> None:
    """Every emergency text that says to call the number of its region gives that number; a helpline gives none."""
    region, found = Region.load(TRIAGE, code), 0
    for flag, advice in OUTCOMES.advice.items():
        text = danger_reply([finding(flag)], OUTCOMES, region)
        if "all {emergency_number}" in "".join((advice.first, *advice.do, advice.ask)):
            assert region.call == Regions(TRIAGE).call(text), flag
            found += 1
    assert found > 10
    for quiet in (f"Ask {region.urgent_line} today.", "Call NHS 111.", "Good. Stay with the person.", "recall 1124 things", ""):
        assert "" == Regions(TRIAGE).call(quiet)


@pytest.mark.parametrize("text", ["{0.__class__}", "%s", "{phone}", "{ emergency_number }", "{EMERGENCY_NUMBER}", "{}", "{", ""])
def test_nothing_but_the_numbers_is_filled_in(text: str) -> None:
    """Whatever else looks like a placeholder stays as it is."""
    assert text == REGION.fill(text)


def test_the_same_flag_twice_is_told_once() -> None:
    """A sign that was found twice is one sign."""
    once = danger_reply([finding("chest_pain")], OUTCOMES, REGION)
    assert once == danger_reply([finding("chest_pain")] * 2, OUTCOMES, REGION)


def test_the_order_of_the_findings_does_not_matter() -> None:
    """The gravest comes first, wherever it stood in the message."""
    found = [finding("chest_pain"), finding("stroke_signs"), finding("suicide_plan")]
    assert 1 == len({danger_reply(row, OUTCOMES, REGION) for row in (found, found[::-1], found[1:] + found[:1])})


def test_a_flag_without_a_text_is_left_out() -> None:
    """A flag that nobody wrote a text for hides no other."""
    assert "" == danger_reply([finding("nothing_known")], OUTCOMES, REGION)
    assert danger_reply([finding("chest_pain")], OUTCOMES, REGION) == danger_reply(
        [finding("nothing_known"), finding("chest_pain")], OUTCOMES, REGION
    )
