"""What a person is told when the danger screen found something. All sentences live in data/triage/*.yml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypnic.danger import LEVELS, Finding, asserted
from hypnic.yamlfile import Place, YamlFile

CRISIS = frozenset({"suicide_plan", "suicidal_thoughts"})
_NUMBERS = ("emergency_number", "urgent_line", "crisis_line")
_KNOWN = frozenset("{" + name + "}" for name in _NUMBERS)


@dataclass(frozen=True)
class Region:
    """The telephone numbers of one region."""

    code: str
    emergency_number: str
    urgent_line: str
    crisis_line: str
    checked: str

    @classmethod
    def load(cls, folder: Path, code: str = "international") -> Region:
        """Reads one region.

        Args:
            folder: where regions.yml stands.
            code: the region; an unknown code gets "international".

        Raises:
            DataError: any region in the file lacks a number; names the file, the line and the field.
        """
        file = YamlFile(folder / "regions.yml")
        rows = _mapping(file, ("regions",), _mapping(file, (), file.data).get("regions"))
        if "international" not in rows:
            raise file.error(("regions", "international"), "this region, the default, is missing")
        for name, row in rows.items():
            for key in (*_NUMBERS, "checked"):
                value = row.get(key) if isinstance(row, dict) else None
                if not isinstance(value, str) or not value.strip():
                    raise file.error(("regions", str(name), key), "this text is missing; numbers need quotes")
        code = code.strip().lower() if code.strip().lower() in rows else "international"
        return cls(code, *(rows[code][key] for key in (*_NUMBERS, "checked")))

    @property
    def call(self) -> str:
        """The emergency number as it is dialled: the first number of its text, "" when there is none."""
        found = re.search(r"\d[\d ]*", self.emergency_number)
        return found.group().strip() if found else ""

    def fill(self, text: str) -> str:
        """The text with the numbers in it. Plain replacement: nothing a person typed is ever a template."""
        for name in _NUMBERS:
            text = text.replace("{" + name + "}", getattr(self, name))
        return text


@dataclass(frozen=True)
class Advice:
    """One text for a flag or a group of flags."""

    first: str
    do: tuple[str, ...]
    ask: str
    place: int


@dataclass(frozen=True)
class Mode:
    """What is said between an emergency and its end, and the words by which its end is known."""

    texts: dict[str, str]
    words: dict[str, tuple[str, ...]]

    def ended(self, text: str) -> str:
        """Takes what a person typed; gives "over", "called", "mistaken", or "" when it says nothing of the kind."""
        said = f" {_plain(text)} "
        for end in ("over", "called", "mistaken"):
            if any(f" {phrase} " in said for phrase in self.words[end]):
                return end
        return ""


@dataclass(frozen=True)
class Outcomes:
    """Everything in outcomes.yml."""

    advice: dict[str, Advice]
    failure: str
    also: str
    crisis: str
    mode: Mode

    @classmethod
    def load(cls, folder: Path) -> Outcomes:
        """Reads outcomes.yml in the folder.

        Raises:
            DataError: a text is missing or a placeholder is unknown; names the file, the line and the field.
        """
        file = YamlFile(folder / "outcomes.yml")
        data = _mapping(file, (), file.data)
        replies = data.get("replies")
        if not isinstance(replies, list) or not replies:
            raise file.error(("replies",), "this must be a list of texts")
        advice: dict[str, Advice] = {}
        for number, row in enumerate(replies):
            place: Place = ("replies", number)
            if not isinstance(row, dict) or not isinstance(row.get("for"), list):
                raise file.error((*place, "for"), "this must be a list of flags")
            steps = row.get("do") or []
            if not isinstance(steps, list) or len(steps) > 5:
                raise file.error((*place, "do"), "this must be a list of at most five steps")
            do = tuple(_text(file, (*place, "do", at), step) for at, step in enumerate(steps))
            first, ask = (_text(file, (*place, key), row.get(key)) for key in ("first", "ask"))
            for at, flag in enumerate(row["for"]):
                if str(flag) in advice:
                    raise file.error((*place, "for", at), f"{flag} has a text already")
                advice[str(flag)] = Advice(first, do, ask, number)
        failure, also, crisis = (_text(file, (key,), data.get(key)) for key in ("failure", "also", "crisis"))
        return cls(advice, failure, also, crisis, _mode(file, data.get("mode")))


def danger_reply(findings: list[Finding], outcomes: Outcomes, region: Region) -> str:
    """The text for the asserted findings: the gravest first, then the first line of every other emergency.

    Gives "" when nothing in findings acts. A crisis flag always brings the crisis line.
    """
    acting = [finding for finding in asserted(findings) if finding.flag in outcomes.advice]
    if not acting:
        return ""
    acting.sort(key=lambda finding: (LEVELS.index(finding.level), outcomes.advice[finding.flag].place))
    main = outcomes.advice[acting[0].flag]
    parts = [main.first, *("- " + step for step in main.do)]
    others: list[str] = []
    for finding in acting[1:]:
        first = outcomes.advice[finding.flag].first
        # Each further emergency is named once; urgent ones only beside urgent ones.
        if first != main.first and first not in others and finding.level == acting[0].level:
            others.append(first)
    if others:
        parts += [outcomes.also, *("- " + text for text in others)]
    text = "\n".join(parts)
    if any(finding.flag in CRISIS for finding in acting) and "{crisis_line}" not in text:
        text += "\n" + outcomes.crisis
    return region.fill(text + "\n" + main.ask)


def still_text(flags: list[str], outcomes: Outcomes, region: Region) -> str:
    """What every further message gets while an emergency lasts: the number and the first line again, then the question.

    Args:
        flags: the emergency flags, the gravest first.
    """
    texts = outcomes.mode.texts
    if flags and flags[0] in CRISIS:
        return region.fill(texts["crisis_still"])
    first = outcomes.advice[flags[0]].first if flags and flags[0] in outcomes.advice else ""
    return region.fill(f"{texts['still'].replace('{first}', first).strip()} {texts['ask']}")


def failure_text(outcomes: Outcomes, region: Region) -> str:
    """What is shown when Hypnic itself breaks: never silence, always the emergency number."""
    return region.fill(outcomes.failure)


def _mode(file: YamlFile, value: object) -> Mode:
    data = _mapping(file, ("mode",), value)
    names = "still ask called over mistaken called_reply crisis_still over_reply mistaken_reply".split()
    texts = {name: _text(file, ("mode", name), data.get(name), "{first}") for name in names}
    words: dict[str, tuple[str, ...]] = {}
    for end in ("over", "called", "mistaken"):
        phrases = data.get(f"{end}_words")
        if not isinstance(phrases, list) or not all(isinstance(phrase, str) and phrase for phrase in phrases):
            raise file.error(("mode", f"{end}_words"), "this must be a list of words")
        words[end] = tuple(phrases)
    return Mode(texts, words)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower().replace("'", "").replace("’", "")))


def _mapping(file: YamlFile, place: Place, data: object) -> dict[Any, Any]:
    if not isinstance(data, dict):
        raise file.error(place, "this must be a mapping of names to values")
    return data


def _text(file: YamlFile, place: Place, value: object, also: str = "") -> str:
    """The text that stands at the place, after a look at its placeholders."""
    if not isinstance(value, str) or not value.strip():
        raise file.error(place, "this text is missing")
    left = value.replace(also, "") if also else value
    for known in _KNOWN:
        left = left.replace(known, "")
    if "{" in left or "}" in left:
        raise file.error(place, "unknown placeholder; known: " + ", ".join(sorted(_KNOWN)))
    return value
