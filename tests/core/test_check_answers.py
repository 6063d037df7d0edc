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
from hypnic.triage import KINDS
from hypnic.yamlfile import ROOT
from tests.core.test_check import FOLDER, INTERVIEW, asking, say

SCREEN = DangerScreen.load(FOLDER)
CASES = yaml.safe_load((ROOT / "tests" / "cases" / "check_answers.yml").read_text())
OPEN = ("hedge", "other")  # groups of answers that belong to no single option
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
            yield from (Case(half, question, meant, text) for text in halves[half])


def outcome(case: Case, intent: str = "nlu_fallback") -> str:
    """What came of an answer: right, again (asked once more), wrong, or harm (taken as harmless)."""
    question = INTERVIEW.questions[case.question]
    before, turn = asking(case.question), say(asking(case.question), case.text, intent)
    flags = {finding.flag for finding in asserted(SCREEN.screen(case.text)) if finding.level in LEVELS[:2]}
    yes, no = _holds(turn, flags)
    yes, no = yes - INTERVIEW.known(before).yes, no - INTERVIEW.known(before).no
    harmless = [question.option(name) for name in HARMLESS.get(question.id, ("no", "none"))]
    waved = any(option and _fits(option, question, yes, no) for option in harmless) and not flags
    told = bool((yes | no) & question.concerns) or _answered(turn, question)
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


if __name__ == "__main__":
    for half in ("dev", "test"):
        found = measured(half)
        print(half, sum(found.values()), {name: (n, round(n / sum(found.values()), 3)) for name, n in found.items()})
    for case in cases("dev"):
        got = outcome(case)
        if got != "right":
            print(got, case.question, case.meant, "|", case.text)
    for half in ("dev", "test"):
        print("deny", half, [c.text if half == "dev" else 1 for c in cases(half) if c.meant == "hedge" and outcome(c, "deny") == "harm"])
