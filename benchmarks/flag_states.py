"""Danger signs by state: how often a sign acts on wordings that assert, deny, remember, fear or ask about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass

import yaml

from benchmarks.reporting import Share, count, table
from hypnic.danger import DangerScreen
from hypnic.yamlfile import ROOT

CASES, TRAINING = ROOT / "tests" / "cases" / "danger", ROOT / "data" / "nlu" / "danger"
MARKS = ROOT / "tests" / "cases" / "danger_states.yml"
ASSERTED = "asserted"
STATES = {"d": "denied", "p": "past", "o": "other", "h": "hypothetical", "q": "question", "n": "not the sign"}
# The danger screen has one state for what is feared and what is asked.
CALLED = {"question": "hypothetical"}
PARTS = ("dev", "test", "fresh")
GRAVE = ("emergency", "urgent")
Hear = Callable[[str], Set[str]]


@dataclass(frozen=True)
class Wording:
    """One sentence about one sign, with the state in which a reader finds the sign."""

    flag: str
    part: str
    state: str
    text: str


def wordings() -> list[Wording]:
    """Every marked wording. Raises ValueError when there are more marks than wordings."""
    marks = yaml.safe_load(MARKS.read_text(encoding="utf-8"))
    found: list[Wording] = []
    for path in sorted(CASES.glob("*.yml")):
        flag, cases = path.stem, yaml.safe_load(path.read_text(encoding="utf-8"))
        positive, negative = _training(flag)
        texts = {"dev": (positive, negative)}
        texts |= {part: (cases["positive"][part], cases["negative"][part]) for part in PARTS[1:]}
        for part, (right, harmless) in texts.items():
            letters = marks[flag][part]
            if len(letters) > len(harmless):
                raise ValueError(f"{MARKS.name}: {flag}.{part} has {len(letters)} letters for {len(harmless)} wordings")
            found += [Wording(flag, part, ASSERTED, text) for text in right]
            found += [Wording(flag, part, STATES[letter], text) for letter, text in zip(letters, harmless)]
    return found


def _training(flag: str) -> tuple[list[str], list[str]]:
    """The wordings of data/nlu/danger that have the sign, and those that have not."""
    right: list[str] = []
    harmless: list[str] = []
    for block in yaml.safe_load((TRAINING / f"{flag}.yml").read_text(encoding="utf-8"))["nlu"]:
        lines = [line[2:] for line in block["examples"].splitlines()]
        if block["intent"] == "danger":
            right += lines
        elif not block["metadata"].get("hard"):
            harmless += lines
    return right, harmless


@dataclass(frozen=True)
class Tried:
    """A wording with what came of it: its own sign acts, some grave sign acts, the states in which its own sign was found."""

    wording: Wording
    acts: bool
    some: bool
    states: frozenset[str]


def tried(found: Iterable[Wording], screen: DangerScreen, hear: Hear, levels: Mapping[str, str]) -> list[Tried]:
    """What the danger screen says of each wording, and `hear`, which tells the signs that act."""
    result = []
    for wording in found:
        acting = hear(wording.text)
        states = frozenset(finding.state for finding in screen.screen(wording.text) if finding.flag == wording.flag)
        some = any(levels[flag] in GRAVE for flag in acting)
        result.append(Tried(wording, wording.flag in acting, some, states))
    return result


def lines(screen: DangerScreen, by_rules: Hear, by_all: Hear, levels: Mapping[str, str]) -> list[str]:
    """The part of the report about states.

    Args:
        screen: gives the states.
        by_rules, by_all: the signs that act by the patterns, and by patterns and model.
        levels: of each sign.
    """
    every = wordings()
    fresh = [wording for wording in every if wording.part != "dev"]
    rules, both = tried(every, screen, by_rules, levels), tried(fresh, screen, by_all, levels)
    ways = {
        **{f"{part}, patterns": [one for one in rules if one.wording.part == part] for part in PARTS},
        **{f"{part}, patterns and model": [one for one in both if one.wording.part == part] for part in PARTS[1:]},
    }
    text = ["**Share on which the sign of the wording acts**", ""]
    rows: list[list[object]] = []
    for state in (ASSERTED, *STATES.values()):
        rows.append([state, *(count(one.acts for one in found if one.wording.state == state) for found in ways.values())])
    rows.append(["precision", *(_precision(found) for found in ways.values())])
    for name, wanted in (("asserted: any danger text", True), ("all others: any danger text", False)):
        chosen = ([one for one in found if (one.wording.state == ASSERTED) == wanted] for found in ways.values())
        rows.append([name, *(count(one.some for one in found) for found in chosen)])
    text += table(("state of the wording", *ways), rows)
    text += ["**How the patterns name the state, test and fresh wordings together**", ""]
    new = [one for one in rules if one.wording.part != "dev"]
    head = ("state of the wording", "sign seen at all", "of these in the right state", "of these taken as asserted")
    text += table(head, _named(new))
    text += ["**Each sign, test and fresh wordings together, patterns and model.** Recall is the share of asserted wordings"]
    text += ["on which the sign itself acts; the columns after precision count false alarms by state.", ""]
    text += table(("sign", "level", "recall", "precision", *STATES.values()), _each(both, levels))
    return text


def _precision(found: list[Tried]) -> Share:
    """Of the wordings on which their own sign acts, those that assert it."""
    return count(one.wording.state == ASSERTED for one in found if one.acts)


def _named(found: list[Tried]) -> list[list[object]]:
    rows: list[list[object]] = []
    for state in (ASSERTED, *STATES.values()):
        mine = [one for one in found if one.wording.state == state]
        seen = [one for one in mine if one.states]
        right = "-" if state == "not the sign" else count(CALLED.get(state, state) in one.states for one in seen)
        rows.append([state, count(bool(one.states) for one in mine), right, count(ASSERTED in one.states for one in seen)])
    return rows


def _each(found: list[Tried], levels: Mapping[str, str]) -> list[list[object]]:
    rows: list[list[object]] = []
    for flag in sorted({one.wording.flag for one in found}, key=lambda flag: (GRAVE.index(levels[flag]), flag)):
        mine = [one for one in found if one.wording.flag == flag]
        by_state = (count(one.acts for one in mine if one.wording.state == state) for state in (ASSERTED, *STATES.values()))
        recall, *alarms = (share.short for share in by_state)
        rows.append([flag, levels[flag], recall, _precision(mine).short, *alarms])
    return rows
