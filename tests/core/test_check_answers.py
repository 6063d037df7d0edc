"""Answers in people's own words, question by question: which answer does the check hold afterwards?

Cases: tests/cases/check_answers.yml. A danger sign that the screen hears interrupts the check and counts from then on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
import yaml

from hypnic.check import CheckTurn
from hypnic.danger import LEVELS, DangerScreen, asserted
from hypnic.interview import Option, Question
from hypnic.yamlfile import ROOT
from tests.core.test_check import FOLDER, INTERVIEW, asking, say

SCREEN = DangerScreen.load(FOLDER)
CASES = yaml.safe_load((ROOT / "tests" / "cases" / "check_answers.yml").read_text())
OPEN = ("hedge", "calm", "other")  # groups of answers that belong to no single option
# Options that must not be taken when something worse is told.
HARMLESS = {"baby": ("asleep",), "burden": ("rare",), "fit_when": ("past", "known")}


@dataclass(frozen=True)
class Case:
    """One typed answer. meant: id of the option, or the name of a group of OPEN."""

    half: str
    question: str
    meant: str
    text: str


def cases(half: str) -> Iterator[Case]:
    """All answers of one half."""
    for question, groups in CASES.items():
        for meant, halves in groups.items():
            yield from (Case(half, question, meant, text) for text in halves.get(half, []))


def outcome(case: Case, intent: str = "nlu_fallback") -> str:
    """What came of an answer: right, again (asked once more), wrong, harm (taken as harmless), alarm (the other way round)."""
    question = INTERVIEW.questions[case.question]
    before, turn = asking(case.question), say(asking(case.question), case.text, intent)
    flags = {finding.flag for finding in asserted(SCREEN.screen(case.text)) if finding.level in LEVELS[:2]}
    yes, no = _holds(turn, flags)
    yes, no = yes - INTERVIEW.known(before).yes, no - INTERVIEW.known(before).no
    harmless = [question.option(name) for name in HARMLESS.get(question.id, ("no", "none"))]
    waved = any(option and _fits(option, question, yes, no) for option in harmless) and not flags
    told = bool((yes | no) & question.concerns) or _answered(turn, question)
    if case.meant == "calm":
        return "alarm" if yes & {name for option in question.options for name in option.yes} else "right"
    if case.meant == "other":
        return "wrong" if told else "right"
    if case.meant == "hedge":
        return "harm" if waved else "right"
    meant = question.option(case.meant)
    assert meant is not None
    if _fits(meant, question, yes, no) or (flags and meant.yes and meant not in harmless and question.id.startswith("danger")):
        return "right"
    if waved and meant not in harmless:
        return "harm"
    return "wrong" if told else "again"


def _holds(turn: CheckTurn, flags: set[str]) -> tuple[frozenset[str], frozenset[str]]:
    state = turn.last or turn.state
    assert state is not None
    known = INTERVIEW.known(state.told(flags, ()))
    return known.yes, known.no


def _answered(turn: CheckTurn, question: Question) -> bool:
    state = turn.last or turn.state
    return state is not None and any(answer.question == question.id and not answer.unknown for answer in state.answers)


def _fits(option: Option, question: Question, yes: frozenset[str], no: frozenset[str]) -> bool:
    """Whether what is held is what this option tells. Of whom it is about, only who themselves answer is told apart."""
    wanted = {name for name in option.yes if not name.startswith("who.")}
    yes = yes | {"pregnant.yes"} if "pregnant.postnatal" in yes else yes
    if "who.self" in option.yes and yes & {"who.partner", "who.child", "who.other"}:
        return False
    others = {name for o in question.options if o != option for name in o.yes} - set(option.yes)
    return wanted <= yes and (bool(wanted) or (set(option.no) <= no and not yes & others))


@cache
def measured(half: str) -> Counter[str]:
    """How often each outcome is, in a half."""
    return Counter(outcome(case) for case in cases(half))


# Floors and ceilings, as shares of a half, a little below and above what was measured.
FLOOR = {"dev": 0.97, "test": 0.96, "fresh": 0.70}
AGAIN = {"dev": 0.02, "test": 0.03, "fresh": 0.27}
WRONG = {"dev": 0.01, "test": 0.02, "fresh": 0.05}
HARM = {"dev": 0, "test": 1, "fresh": 0}  # answers


@pytest.mark.parametrize("half", FLOOR)
def test_answers_are_understood(half: str) -> None:
    """Enough answers are understood, few are asked again or taken wrongly, and worse is not taken for harmless."""
    found = measured(half)
    total = sum(found.values())
    assert found["right"] / total >= FLOOR[half]
    assert found["again"] / total <= AGAIN[half]
    assert (found["wrong"] + found["alarm"]) / total <= WRONG[half]
    assert found["harm"] <= HARM[half]


@pytest.mark.parametrize("half", FLOOR)
@pytest.mark.parametrize("intent", ["deny", "affirm", "describe_symptom"])
def test_what_is_held_back_is_no_denial(half: str, intent: str) -> None:
    """Whatever the NLU makes of "no, only a little", the option that denies is not taken."""
    assert not [case.text for case in cases(half) if case.meant == "hedge" and outcome(case, intent) == "harm"]


def test_nothing_dangerous_raises_no_alarm() -> None:
    """Who tells nothing dangerous chooses no danger, also on the half that was kept back."""
    assert not [case.text for half in FLOOR for case in cases(half) if case.meant == "calm" and outcome(case) == "alarm"]


@pytest.mark.parametrize("question", sorted(INTERVIEW.questions))
def test_every_option_has_cases(question: str) -> None:
    """Each option of each question has answers to work on and answers kept back."""
    groups = CASES[question]
    for option in INTERVIEW.questions[question].options:
        assert len(groups[option.id]["dev"]) >= 6 and len(groups[option.id]["test"]) >= 4


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("me, 67", "older"),
        ("seventy four", "older"),
        ("my wife, 45", "partner"),
        ("since 3 weeks", None),
        ("9 mths old", "infant"),
    ],
)
def test_an_age_is_read_from_a_number(text: str, option: str | None) -> None:
    """A number is an age; of weeks and months only when it is said of a child."""
    chosen = INTERVIEW.questions["who"].chosen(text, INTERVIEW.denial)
    assert (chosen.id if chosen else None) == option


@pytest.mark.parametrize(("text", "taken"), [("one leg is swolen", True), ("i am walking", False)])
def test_a_typing_error_is_forgiven_in_long_words(text: str, taken: bool) -> None:
    """One letter wrong in a long word is forgiven; a word that is known as another is not taken for a slip."""
    assert (INTERVIEW.questions["lasting"].chosen(text, INTERVIEW.denial) is not None) == taken
    assert not INTERVIEW.denial.same("waking", "walking")
