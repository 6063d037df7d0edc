"""`make evaluate-triage`: scores the danger screen, the fact reader, the rules and the check on vignettes.

Three ways: the author's facts (rules alone), the first message alone, and after the check, in which a script that knows the
author's facts presses the buttons. Writes docs/evaluation-triage.md.

Usage: python -m benchmarks.triage
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from hypnic.danger import LEVELS, DangerScreen, asserted
from hypnic.facts import FactReader
from hypnic.interview import Answer, Interview, Question, State
from hypnic.triage import SINGLE, UNCLEAR, Verdict
from hypnic.yamlfile import ROOT

FOLDER = ROOT / "data" / "triage"
SETS = {"development": ROOT / "tests/cases/vignettes_dev.yml", "fresh": ROOT / "tests/cases/vignettes.yml"}
REPORT = ROOT / "docs" / "evaluation-triage.md"
# Share of right levels on general symptom-checker vignettes as published; other vignettes, so only a rough scale.
PUBLISHED = {"Semigran 2015, 23 checkers": 57, "Hill 2020, 36 checkers": 49, "Ada, Australian set 2021": 63, "El-Osta": 62}

HEAD = """# How well the triage works

Written by `make evaluate-triage`. Development: the 60 vignettes of the clinical brief, used while building. Fresh: 100
vignettes by another author who saw no pattern of the danger screen; not tuned on. Only rules are scored here: in the
running assistant the classifier suspects further dangers in short messages (docs/nlu.md).
"""
TAIL = """Those studies cover all of medicine. With 20 dangerous cases, no miss still allows a true miss rate of up to
about 14 % (rule of three, 95 %).
"""


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
        screen, reader: what reads the first message.
    """

    def __init__(self, interview: Interview, screen: DangerScreen, reader: FactReader) -> None:
        self.interview, self.screen, self.reader = interview, screen, reader

    def heard(self, text: str) -> State:
        """What is understood of the first message."""
        told = self.reader.read(text)
        flags = {finding.flag for finding in asserted(self.screen.screen(text))}
        return State().told(told.yes | flags, told.no)

    def first(self, case: Case) -> Verdict:
        """The verdict on the first message alone."""
        return self.interview.verdict(self.heard(case.text))

    def after(self, case: Case) -> tuple[Verdict, int]:
        """The verdict after the check, and how many questions it took."""
        state = self.heard(case.text)
        while (question := self.interview.next(state)) is not None:
            state = replace(state, answers=(*state.answers, self._answer(question, case)))
        return self.interview.verdict(state), len(state.answers)

    def _answer(self, question: Question, case: Case) -> Answer:
        """The button a person with these facts would press: the most telling true one, else the one that denies."""
        true = self.interview.rules.decide(case.true)
        names = case.true | set(true.flags) - {UNCLEAR}
        fitting = [o for o in question.options if o.yes and set(o.yes) & names - {"who.self"} and _fits(o.yes, names)]
        fitting.sort(key=lambda o: -len(set(o.yes) & names))
        chosen = fitting[0] if fitting else next((o for o in question.options if not o.yes), None)
        return Answer(question.id, chosen.yes, chosen.no) if chosen else Answer(question.id, unknown=True)


def _fits(told: Iterable[str], names: frozenset[str]) -> bool:
    """Whether nothing in an option contradicts what is true; whom it is about counts less than the age."""
    return all(name in names for name in told if not name.startswith("who."))


def share(part: int, whole: int) -> str:
    """A share in percent with its counts."""
    return f"{100 * part / whole:.1f} % ({part}/{whole})" if whole else "none"


def scores(found: list[Verdict], wanted: list[Case]) -> dict[str, str]:
    """The measures of clinical triage for a list of verdicts."""
    pairs = list(zip(found, wanted))
    rank = LEVELS.index

    def count(test: Callable[[Verdict, Case], bool], among: Callable[[Case], bool] = lambda case: True) -> str:
        chosen = [(verdict, case) for verdict, case in pairs if among(case)]
        return share(sum(test(*pair) for pair in chosen), len(chosen))

    grave = ("emergency", "urgent")
    return {
        "emergencies caught": count(lambda v, c: v.level == "emergency", lambda c: c.level == "emergency"),
        "urgent or worse caught": count(lambda v, c: v.level in grave, lambda c: c.level in grave),
        "exact level": count(lambda v, c: v.level == c.level),
        "exact level and time": count(lambda v, c: (v.level, v.timeframe) == (c.level, c.timeframe)),
        "too low": count(lambda v, c: rank(v.level) > rank(c.level)),
        "too high": count(lambda v, c: rank(v.level) < rank(c.level)),
        "self-care sent to urgent or emergency": count(lambda v, c: v.level in grave, lambda c: c.level == "self_care"),
        "pattern": count(lambda v, c: v.pattern == c.pattern),
    }


def flag_scores(screen: DangerScreen, wanted: list[Case]) -> dict[str, str]:
    """How well the screen finds emergency and urgent flags, and leaves denied ones alone."""
    levels = {flag.name: flag.level for flag in screen.flags}
    right = missed = extra = fired = denied = 0
    for case in wanted:
        found = {f.flag for f in asserted(screen.screen(case.text)) if f.level in ("emergency", "urgent")}
        true = {flag for flag in case.flags if levels[flag] in ("emergency", "urgent")}
        right, missed, extra = right + len(found & true), missed + len(true - found), extra + len(found - true)
        fired, denied = fired + len(found & case.negated), denied + len(case.negated)
    return {
        "flags found (recall)": share(right, right + missed),
        "found flags that are true (precision)": share(right, right + extra),
        "denied flags that fired": share(fired, denied),
    }


def measure() -> dict[str, dict[str, dict[str, str]]]:
    """All scores: set, way, measure."""
    interview, screen, reader = Interview(FOLDER), DangerScreen.load(FOLDER), FactReader.load(FOLDER)
    player, result = Player(interview, screen, reader), {}
    for name, path in SETS.items():
        wanted = cases(path)
        after = [player.after(case) for case in wanted]
        asked = Counter(count for _, count in after)
        mean = sum(count * n for count, n in asked.items()) / len(wanted)
        result[name] = {
            "rules with the author's facts": scores([interview.rules.decide(case.true) for case in wanted], wanted),
            "first message only": scores([player.first(case) for case in wanted], wanted),
            "after the check": {
                **scores([verdict for verdict, _ in after], wanted),
                "questions asked": f"{mean:.1f} on average, {max(asked)} at most",
            },
            "danger flags in the first message": flag_scores(screen, wanted),
        }
    return result


def report(result: dict[str, dict[str, dict[str, str]]]) -> str:
    """The scores as Markdown."""
    lines = [HEAD]
    for name, ways in result.items():
        lines += [f"## {name.capitalize()}", ""]
        for way, measures in ways.items():
            lines += [f"**{way[:1].upper()}{way[1:]}**", "", "| measure | share |", "|---|---|"]
            lines += [f"| {measure} | {value} |" for measure, value in measures.items()] + [""]
    lines += ["## Published figures for scale", "", "| study | exact level |", "|---|---|"]
    lines += [f"| {study} | {value} % |" for study, value in PUBLISHED.items()]
    lines += ["", TAIL]
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write."""
    text = report(measure())
    REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
