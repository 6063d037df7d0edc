"""`make evaluate-triage`: scores danger screen, fact reader, rules and check; writes docs/evaluation-triage.md.

On the author's facts (rules alone), on the first message, and after the check, in which a script that knows the author's
facts answers: once in this process, and once over HTTP with the running assistant.

Usage: python -m benchmarks.triage
"""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

import yaml

from bot.quiet import hush

hush()

from actions.danger import suspected
from benchmarks import flag_states
from benchmarks.patient import SILENT, Patient
from benchmarks.reporting import TRIAGE_REPORT, Share, count
from benchmarks.running import Server, running
from benchmarks.triage_report import Column, report
from benchmarks.vignettes import FOLDER, SETS, Case, Hear, Player, cases
from bot.assistant import Assistant
from bot.train import ensure_trained
from hypnic.danger import LEVELS, DangerScreen, asserted
from hypnic.facts import FactReader
from hypnic.interview import Interview
from hypnic.triage import Verdict
from hypnic.yamlfile import ROOT

GRAVE = ("emergency", "urgent")
WORDINGS = ROOT / "tests" / "cases" / "fresh_danger.yml"


def scores(found: list[Verdict], wanted: list[Case]) -> dict[str, Share]:
    """The measures of clinical triage for a list of verdicts."""
    pairs = list(zip(found, wanted))
    rank = LEVELS.index

    def among(test: Callable[[Verdict, Case], bool], *levels: str) -> Share:
        return count(test(verdict, case) for verdict, case in pairs if case.level in (levels or LEVELS))

    return {
        "emergencies caught": among(lambda v, c: v.level == "emergency", "emergency"),
        "urgent or worse caught": among(lambda v, c: v.level in GRAVE, *GRAVE),
        "exact level": among(lambda v, c: v.level == c.level),
        **{f"exact level among {level}": among(lambda v, c: v.level == c.level, level) for level in LEVELS},
        "exact level and time": among(lambda v, c: (v.level, v.timeframe) == (c.level, c.timeframe)),
        "too low": among(lambda v, c: rank(v.level) > rank(c.level)),
        "too high": among(lambda v, c: rank(v.level) < rank(c.level)),
        "self-care sent to urgent or emergency": among(lambda v, c: v.level in GRAVE, "self_care"),
        "pattern": among(lambda v, c: v.pattern == c.pattern),
    }


def flag_scores(hear: Hear, levels: Mapping[str, str], wanted: list[Case]) -> dict[str, Share]:
    """How well emergency and urgent flags are found, and denied ones left alone."""
    right = missed = extra = fired = denied = 0
    for case in wanted:
        found = {flag for flag in hear(case.text) if levels[flag] in GRAVE}
        true = {flag for flag in case.flags if levels[flag] in GRAVE}
        right, missed, extra = right + len(found & true), missed + len(true - found), extra + len(found - true)
        fired, denied = fired + len(found & case.negated), denied + len(case.negated)
    return {
        "flags found (recall)": Share(right, right + missed),
        "found flags that are true (precision)": Share(right, right + extra),
        "denied flags that fired": Share(fired, denied),
    }


def wordings(hear: Hear, levels: Mapping[str, str]) -> dict[str, Share]:
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
    return {name: count(marks) for name, marks in scores.items()}


def in_process(player: Player, wanted: list[Case]) -> dict[str, Column]:
    """The core and the model without servers: rules alone, on the first message, and after the check."""
    after = [player.after(case) for case in wanted]
    asked = [number for _, number in after]
    return {
        "author's facts, rules alone": dict(scores([player.interview.rules.decide(case.true) for case in wanted], wanted)),
        "first message, in process": dict(scores([player.first(case) for case in wanted], wanted)),
        "check, in process": {**scores([verdict for verdict, _ in after], wanted), "questions asked": _spread(asked)},
    }


def over_http(server: Server, player: Player, wanted: list[Case]) -> dict[str, Column]:
    """The running assistant, with a scripted patient."""
    result: dict[str, Column] = {}
    for typing in (False, True):
        patient = Patient(player.interview, typing)
        played = [patient.play(server.client(), case.text, partial(player.choose, case=case)) for case in wanted]
        if not typing:  # the first message is the same in both ways
            first = dict[str, object](scores([one.first for one in played], wanted))
            first["no level told"] = count(one.first == SILENT for one in played)
            result["first message, running bot"] = {name: value for name, value in first.items() if name != "pattern"}
        wrong, again = (sum((getattr(one, name) for one in played), Counter[str]()) for name in ("wrong", "repeated"))
        column: Column = {
            **scores([one.after for one in played], wanted),
            "questions asked": _spread([one.asked for one in played]),
            "check came to a result": count(one.ended for one in played),
            "replies of a wrong kind": _most(wrong),
        }
        if typing:
            column["typed answers asked again"] = Share(sum(again.values()), sum(one.typed for one in played))
            column["asked again most"] = _most(again)
        result[f"check, running bot, {'typed' if typing else 'buttons'}"] = column
    return result


def _most(found: Counter[str]) -> str:
    """The five commonest with their number."""
    return ", ".join(f"{name} {number}" for name, number in found.most_common(5)) or "0"


def _spread(numbers: list[int]) -> str:
    return f"{sum(numbers) / len(numbers):.1f} on average, {max(numbers)} at most"


def measure(model: Path, server: Server) -> tuple[dict[str, dict[str, Column]], list[str]]:
    """All scores: set, way, measure; and the part of the report about the states of danger signs."""
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

    player, result = Player(interview, by_all, reader), dict[str, dict[str, Column]]()
    for name, path in SETS.items():
        wanted = cases(path)
        result[name] = {
            **in_process(player, wanted),
            **over_http(server, player, wanted),
            "flags, patterns alone": dict(flag_scores(by_rules, levels, wanted)),
            "flags, patterns and model": dict(flag_scores(by_all, levels, wanted)),
        }
    result["single wordings"] = {
        "patterns alone": dict(wordings(by_rules, levels)),
        "patterns and model": dict(wordings(by_all, levels)),
    }
    return result, flag_states.lines(screen, by_rules, by_all, levels)


def main() -> None:
    """Measure, print and write."""
    from bot import logs

    model = ensure_trained()
    logs.configure(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        text = report(*measure(model, server))
    TRIAGE_REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
