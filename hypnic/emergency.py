"""What a person is told when the danger screen found something. All sentences live in data/triage/*.yml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypnic.danger import LEVELS, Finding, asserted
from hypnic.questions import without_questions
from hypnic.region import NUMBERS, Region
from hypnic.turn import plain
from hypnic.yamlfile import Place, YamlFile

ENDS = ("over", "called", "mistaken")
ANSWERS = ("yes", "no", "unsure")
CRISIS = frozenset({"suicide_plan", "suicidal_thoughts"})
_KNOWN = frozenset("{" + name + "}" for name in NUMBERS)


@dataclass(frozen=True)
class Advice:
    """One text for a flag or a group of flags.

    raises, says: what a bare "yes", "no" or "unsure" to its question means: another flag, or a reply.
    """

    first: str
    do: tuple[str, ...]
    ask: str
    place: int
    raises: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mode:
    """What is said between an emergency and its end, and the words by which its end is known."""

    texts: dict[str, str]
    words: dict[str, tuple[str, ...]]

    def ended(self, text: str) -> str:
        """Takes what a person typed; gives "over", "called", "mistaken", or "" when it says nothing of the kind. What is
        asked ("will he be okay now?") or denied ("not awake now") does not count."""
        said = plain(without_questions(text)).split()
        for end in ENDS:
            for phrase in (phrase.split() for phrase in self.words[end]):
                for at in range(len(said) - len(phrase) + 1):
                    before = said[max(0, at - 3) : at]
                    if said[at : at + len(phrase)] == phrase and not any(word in self.words["not"] for word in before):
                        return end
        return ""


@dataclass(frozen=True)
class Outcomes:
    """Everything in outcomes.yml."""

    advice: dict[str, Advice]
    failure: str
    also: str
    crisis: str
    call: str
    noted: str
    mode: Mode

    def main(self, flags: Iterable[str]) -> Advice | None:
        """The text that counts most among those of flags of one level."""
        return min((self.advice[flag] for flag in flags if flag in self.advice), key=lambda one: one.place, default=None)

    def without_call(self, first: str) -> str:
        """A first line that says more than to call, without the call, which then stands above it already."""
        return first.removeprefix(self.call).strip() or first

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
            raises, says = _answers(file, (*place, "answers"), row.get("answers", {}))
            for at, flag in enumerate(row["for"]):
                if str(flag) in advice:
                    raise file.error((*place, "for", at), f"{flag} has a text already")
                advice[str(flag)] = Advice(first, do, ask, number, raises, says)
        for name, one in advice.items():
            for flag in one.raises.values():
                if flag not in advice:
                    raise file.error(("replies", one.place, "answers"), f"'{flag}', raised after {name}, has no text")
        texts = {key: _text(file, (key,), data.get(key)) for key in ("failure", "also", "crisis", "call", "noted")}
        return cls(advice, **texts, mode=_mode(file, data.get("mode")))


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
        first = outcomes.without_call(outcomes.advice[finding.flag].first)
        # Each further emergency is named once; urgent ones only beside urgent ones.
        if first not in (main.first, outcomes.without_call(main.first), *others) and finding.level == acting[0].level:
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
        flags: the emergency flags, in any order.
    """
    texts = outcomes.mode.texts
    advice = [outcomes.advice[flag] for flag in flags if flag in outcomes.advice]
    if CRISIS & set(flags):
        return region.fill(texts["crisis_still"])
    first = min(advice, key=lambda one: one.place).first if advice else outcomes.call
    return region.fill(f"{texts['still'].replace('{first}', first).strip()} {texts['ask']}")


def failure_text(outcomes: Outcomes, region: Region) -> str:
    """What is shown when Hypnic itself breaks: never silence, always the emergency number."""
    return region.fill(outcomes.failure)


def _answers(file: YamlFile, place: Place, value: object) -> tuple[dict[str, str], dict[str, str]]:
    raises: dict[str, str] = {}
    says: dict[str, str] = {}
    for answer, row in _mapping(file, place, value).items():
        if answer not in ANSWERS:
            raise file.error((*place, str(answer)), f"this is not one of: {', '.join(ANSWERS)}; yes and no need quotes")
        what = _mapping(file, (*place, answer), row)
        if set(what) == {"raises"}:
            raises[answer] = str(what["raises"])
        elif set(what) == {"say"}:
            says[answer] = _text(file, (*place, answer, "say"), what["say"])
        else:
            raise file.error((*place, answer), "this must be either raises or say")
    return raises, says


def _mode(file: YamlFile, value: object) -> Mode:
    data = _mapping(file, ("mode",), value)
    names = "still ask called over mistaken called_reply crisis_still over_reply mistaken_reply".split()
    texts = {name: _text(file, ("mode", name), data.get(name), "{first}") for name in names}
    words: dict[str, tuple[str, ...]] = {}
    for end in (*ENDS, "not"):
        phrases = data.get(f"{end}_words")
        if not isinstance(phrases, list) or not all(isinstance(phrase, str) and phrase for phrase in phrases):
            raise file.error(("mode", f"{end}_words"), "this must be a list of words")
        words[end] = tuple(phrases)
    return Mode(texts, words)


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
