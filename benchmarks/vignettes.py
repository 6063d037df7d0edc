"""The vignettes, and a script that knows their facts and plays the check without servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from hypnic.facts import FactReader
from hypnic.interview import Answer, Interview, Option, Question, State
from hypnic.triage import SINGLE, UNCLEAR, Verdict
from hypnic.yamlfile import ROOT

FOLDER = ROOT / "data" / "triage"
SETS = {"development": ROOT / "tests/cases/vignettes_dev.yml", "fresh": ROOT / "tests/cases/vignettes.yml"}

Hear = Callable[[str], Set[str]]


@dataclass(frozen=True)
class Case:
    """One vignette: what is written, and what is true."""

    text: str
    level: str
    timeframe: str
    pattern: str
    true: frozenset[str]
    flags: frozenset[str]
    negated: frozenset[str]


def cases(path: Path) -> list[Case]:
    """The vignettes of a file."""
    return [_case(row) for row in yaml.safe_load(path.read_text(encoding="utf-8"))]


def _case(row: dict[str, Any]) -> Case:
    facts = row["facts"]
    names = {f"{kind}.{facts[kind]}" for kind in SINGLE if kind in facts}
    names |= {f"{kind}.{value}" for kind in ("when", "what") for value in facts.get(kind, [])}
    names |= {name for name, value in facts.items() if value is True} | set(row["flags"])
    flags, negated = frozenset(row["flags"]), frozenset(row["negated"])
    return Case(row["text"], row["level"], row["timeframe"], row["pattern"], frozenset(names), flags, negated)


class Player:
    """Plays the check for a vignette.

    Args:
        interview: the questions.
        hear: tells the danger flags of a message.
        reader: tells its facts.
    """

    def __init__(self, interview: Interview, hear: Hear, reader: FactReader) -> None:
        self.interview, self.hear, self.reader = interview, hear, reader

    def heard(self, text: str) -> State:
        """What is understood of the first message."""
        told = self.reader.read(text)
        return State().told(told.yes | self.hear(text), told.no)

    def first(self, case: Case) -> Verdict:
        """The verdict on the first message alone."""
        return self.interview.verdict(self.heard(case.text))

    def after(self, case: Case) -> tuple[Verdict, int]:
        """The verdict after the check, and how many questions it took."""
        state = self.heard(case.text)
        while (question := self.interview.next(state)) is not None:
            state = replace(state, answers=(*state.answers, self._answer(question, case)))
        return self.interview.verdict(state), len(state.answers)

    def choose(self, question: Question, case: Case) -> Option | None:
        """The button a person with these facts would press: the most telling true one, else the one that denies."""
        true = self.interview.rules.decide(case.true)
        names = case.true | set(true.flags) - {UNCLEAR}
        fitting = [o for o in question.options if o.yes and set(o.yes) & names - {"who.self"} and _fits(o.yes, names)]
        fitting.sort(key=lambda o: -len(set(o.yes) & names))
        return fitting[0] if fitting else next((o for o in question.options if not o.yes), None)

    def _answer(self, question: Question, case: Case) -> Answer:
        chosen = self.choose(question, case)
        return Answer(question.id, chosen.yes, chosen.no) if chosen else Answer(question.id, unknown=True)


def _fits(told: Iterable[str], names: frozenset[str]) -> bool:
    """Whether nothing in an option contradicts what is true; whom it is about counts less than the age."""
    return all(name in names for name in told if not name.startswith("who."))
