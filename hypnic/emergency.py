"""What a person is told when the danger screen found something. All sentences live in data/triage/*.yml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hypnic.danger import LEVELS, Finding, asserted
from hypnic.errors import DataError

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
        """The region with this code from regions.yml; an unknown code gets "international"."""
        rows = _mapping(folder / "regions.yml", "regions")
        if "international" not in rows:
            raise DataError("regions.yml", "regions.international", "this region, the default, is missing")
        for name, row in rows.items():
            for key in (*_NUMBERS, "checked"):
                value = row.get(key) if isinstance(row, dict) else None
                if not isinstance(value, str) or not value.strip():
                    raise DataError("regions.yml", f"regions.{name}.{key}", "this text is missing")
        code = code.strip().lower() if code.strip().lower() in rows else "international"
        return cls(code, *(rows[code][key] for key in (*_NUMBERS, "checked")))

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
class Outcomes:
    """Everything in outcomes.yml."""

    advice: dict[str, Advice]
    failure: str
    also: str
    crisis: str

    @classmethod
    def load(cls, folder: Path) -> Outcomes:
        """Reads outcomes.yml. Raises DataError when a text is missing or a placeholder is unknown."""
        data = _mapping(folder / "outcomes.yml", "")
        replies = data.get("replies")
        if not isinstance(replies, list) or not replies:
            raise DataError("outcomes.yml", "replies", "this must be a list of texts")
        advice: dict[str, Advice] = {}
        for number, row in enumerate(replies):
            place = f"replies.{number}"
            if not isinstance(row, dict) or not isinstance(row.get("for"), list):
                raise DataError("outcomes.yml", f"{place}.for", "this must be a list of flags")
            steps = row.get("do") or []
            if not isinstance(steps, list) or len(steps) > 5:
                raise DataError("outcomes.yml", f"{place}.do", "this must be a list of at most five steps")
            one = Advice(_text(row, "first", place), tuple(_checked(step, f"{place}.do") for step in steps),
                         _text(row, "ask", place), number)
            for flag in row["for"]:
                if flag in advice:
                    raise DataError("outcomes.yml", f"{place}.for", f"{flag} has a text already")
                advice[str(flag)] = one
        return cls(advice, _text(data, "failure", ""), _text(data, "also", ""), _text(data, "crisis", ""))


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


def failure_text(outcomes: Outcomes, region: Region) -> str:
    """What is shown when Hypnic itself breaks: never silence, always the emergency number."""
    return region.fill(outcomes.failure)


def _mapping(path: Path, field: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(path.name, field, f"the file cannot be read ({error})") from None
    data = data.get(field) if field and isinstance(data, dict) else data
    if not isinstance(data, dict):
        raise DataError(path.name, field, "this must be a mapping of names to values")
    return data


def _text(row: dict[str, Any], key: str, place: str) -> str:
    return _checked(row.get(key), f"{place}.{key}" if place else key)


def _checked(value: object, field: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DataError("outcomes.yml", field, "this text is missing")
    left = value
    for known in _KNOWN:
        left = left.replace(known, "")
    if "{" in left or "}" in left:
        raise DataError("outcomes.yml", field, "unknown placeholder; known: " + ", ".join(sorted(_KNOWN)))
    return value
