"""`make evaluate-triage`: scores the danger screen, the fact reader, the rules and the check on vignettes.

Three ways: the author's facts (rules alone), the first message as the trained model and the rules hear it, and after the
check, in which a script that knows the author's facts presses the buttons. Writes docs/evaluation-triage.md.

Usage: python -m benchmarks.triage
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.quiet import hush

hush()

from actions.danger import suspected
from bot.assistant import Assistant
from bot.train import ensure_trained
from hypnic.danger import LEVELS, DangerScreen, asserted
from hypnic.facts import FactReader
from hypnic.interview import Answer, Interview, Question, State
from hypnic.triage import SINGLE, UNCLEAR, Verdict
from hypnic.yamlfile import ROOT

FOLDER = ROOT / "data" / "triage"
GRAVE = ("emergency", "urgent")
WORDINGS = ROOT / "tests" / "cases" / "fresh_danger.yml"
SETS = {"development": ROOT / "tests/cases/vignettes_dev.yml", "fresh": ROOT / "tests/cases/vignettes.yml"}
REPORT = ROOT / "docs" / "evaluation-triage.md"
# Share of right levels on general symptom-checker vignettes as published; other vignettes, so only a rough scale.
PUBLISHED = {"Semigran 2015, 23 checkers": 57, "Hill 2020, 36 checkers": 49, "Ada, Australian set 2021": 63, "El-Osta": 62}

Hear = Callable[[str], Set[str]]

HEAD = """# How well the triage works

Written by `make evaluate-triage`. Development: the 60 vignettes of the clinical brief, used while building. Fresh: 100
vignettes by another author who saw no pattern of the danger screen; not tuned on. Messages are heard as in the running
assistant: by the patterns of the danger screen, and by the trained model, which suspects what no pattern knows
(docs/nlu.md).
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

    return {
        "emergencies caught": count(lambda v, c: v.level == "emergency", lambda c: c.level == "emergency"),
        "urgent or worse caught": count(lambda v, c: v.level in GRAVE, lambda c: c.level in GRAVE),
        "exact level": count(lambda v, c: v.level == c.level),
        "exact level and time": count(lambda v, c: (v.level, v.timeframe) == (c.level, c.timeframe)),
        "too low": count(lambda v, c: rank(v.level) > rank(c.level)),
        "too high": count(lambda v, c: rank(v.level) < rank(c.level)),
        "self-care sent to urgent or emergency": count(lambda v, c: v.level in GRAVE, lambda c: c.level == "self_care"),
        "pattern": count(lambda v, c: v.pattern == c.pattern),
    }


def flag_scores(hear: Hear, levels: dict[str, str], wanted: list[Case]) -> dict[str, str]:
    """How well emergency and urgent flags are found, and denied ones left alone."""
    right = missed = extra = fired = denied = 0
    for case in wanted:
        found = {flag for flag in hear(case.text) if levels[flag] in GRAVE}
        true = {flag for flag in case.flags if levels[flag] in GRAVE}
        right, missed, extra = right + len(found & true), missed + len(true - found), extra + len(found - true)
        fired, denied = fired + len(found & case.negated), denied + len(case.negated)
    return {
        "flags found (recall)": share(right, right + missed),
        "found flags that are true (precision)": share(right, right + extra),
        "denied flags that fired": share(fired, denied),
    }


def wordings(hear: Hear, levels: dict[str, str]) -> dict[str, str]:
    """Single wordings by an author who saw no pattern and no other case."""
    data = yaml.safe_load(WORDINGS.read_text(encoding="utf-8"))
    scores: dict[str, list[bool]] = {}

    def mark(name: str, good: bool) -> None:
        scores.setdefault(name, []).append(good)

    for row in data["positive"]:
        found, level = {flag for flag in hear(row["text"]) if levels[flag] in GRAVE}, levels[row["flag"]]
        mark(f"{level}: some danger found", bool(found))
        mark(f"{level}: at its level or above", any(LEVELS.index(levels[flag]) <= LEVELS.index(level) for flag in found))
        mark(f"{level}: its own flag found", row["flag"] in found)
    for row in data["negative"]:
        text = row["text"] if isinstance(row, dict) else row
        mark("harmless wordings left quiet", not any(levels[flag] in GRAVE for flag in hear(text)))
    return {name: share(sum(marks), len(marks)) for name, marks in scores.items()}


def measure(model: Path) -> dict[str, dict[str, dict[str, str]]]:
    """All scores: set, way, measure."""
    interview, screen, reader = Interview(FOLDER), DangerScreen.load(FOLDER), FactReader.load(FOLDER)
    levels = {flag.name: flag.level for flag in screen.flags}
    assistant = Assistant(model)

    def by_rules(text: str) -> frozenset[str]:
        return frozenset(finding.flag for finding in asserted(screen.screen(text)))

    @cache
    def by_all(text: str) -> frozenset[str]:
        found = by_rules(text)
        if any(levels[flag] in GRAVE for flag in found):
            return found
        return found | {finding.flag for finding in suspected(assistant.hear(text).parse)}

    player, result = Player(interview, by_all, reader), {}
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
            "danger flags in the first message, patterns alone": flag_scores(by_rules, levels, wanted),
            "danger flags in the first message, patterns and model": flag_scores(by_all, levels, wanted),
        }
    result["single wordings"] = {
        "patterns alone": wordings(by_rules, levels),
        "patterns and model": wordings(by_all, levels),
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
    from bot import logs

    model = ensure_trained()
    logs.configure(logging.ERROR)
    text = report(measure(model))
    REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
