"""Reads data/triage/flags.yml and context.yml into objects that the danger screen can use.

What is wrong in these files is told by file, line and field, for an editor who knows no Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from hypnic.errors import DataError
from hypnic.wordmatch import PatternError, Patterns, Sheet, Step, any_of, bits
from hypnic.yamlfile import Place, YamlFile

LEVELS = ("emergency", "urgent", "routine", "self_care")
# Which state wins when several triggers reach one hit; "ignore" (an idiom) removes the hit altogether.
STATES = ("ignore", "denied", "past", "other", "hypothetical")
RANK = {state: place for place, state in enumerate((*STATES, "asserted"))}
TIMEFRAMES = ("now", "same_day", "within_days", "weeks", "none")
_DIRECTIONS = ("before", "after", "both", "inside")
_COMMAS = ("pass", "stop", "list")
_ALL = 200  # a trigger without "reach" governs everything up to the end of the sentence

_T = TypeVar("_T")


@dataclass(frozen=True)
class Trigger:
    """Words that change what hits near them mean: 'no', 'years ago', 'what if', 'my father had'."""

    step: Step
    state: str
    direction: str
    words: int
    stops: Step | None
    comma: str
    message: bool
    beats: tuple[str, ...]

    def reach(self, sheet: Sheet, start: int, end: int, stops: int, lists: int) -> tuple[int, int]:
        """The words that this trigger, found at start..end, governs after it and before it, as two sets.

        Args:
            sheet: the text.
            start, end: the first word of the trigger and the word after its last.
            stops: the places that end its reach.
            lists: the places of words that go on with a list ("or", "nor").
        """
        if self.message:
            return sheet.everywhere, sheet.everywhere
        if self.direction == "inside":
            return bits(start, end), bits(start, end)
        last, first = end, start
        while last < min(len(sheet.spans), end + self.words) and not (stops >> last) & 1:
            # "no fits, faints or blackouts" is one list; "no fits, he is shaking" is not.
            listed = self.comma == "list" and (lists >> last) & 0b1111110
            if (sheet.commas >> last) & 1 and self.comma != "pass" and not listed:
                break
            last += 1
        while first > max(0, start - self.words) and not (stops >> (first - 1)) & 1:
            if (sheet.commas >> first) & 1 and self.comma == "stop":
                break
            first -= 1
        # The trigger's own later words count too: "never had a fit" governs a hit that begins at "had".
        return (bits(start + 1, last) if self.direction != "after" else 0,
                bits(first, end - 1) if self.direction != "before" else 0)


Sign = tuple[tuple[Step, bool], ...]  # (pattern, has its own "not"); all of them must be found


@dataclass(frozen=True)
class Flag:
    """One danger sign of flags.yml: the signs that show it, and what switches it off."""

    name: str
    level: str
    timeframe: str
    signs: tuple[Sign, ...]
    unless: tuple[Step, ...]


@dataclass(frozen=True)
class Context:
    """What context.yml says, ready to use."""

    triggers: tuple[Trigger, ...]
    inside: Step
    shields: Step
    lists: Step
    numbers: dict[str, float]
    key_words: tuple[str, ...]
    ordinary: frozenset[str]

_MAY_BE_MISSING = re.compile(r"(\s*(\[0-\d+\]|\([^()]*\)\?|\w+\?))+\s*$")


def read_flags(path: Path, patterns: Patterns) -> list[Flag]:
    """Reads flags.yml.

    Args:
        path: the file.
        patterns: gets the groups and words of the file.

    Raises:
        DataError: the file cannot be used; names the file, the line and the field.
    """
    flags: list[Flag] = []
    for name, one, signs, unless in _signs(path, patterns, "flags", "level timeframe ask why source"):
        level = one.one_of("level", LEVELS)
        for text in ("why", "source", "ask"):
            one.a(text, str)
        if level in ("emergency", "urgent") and not signs:
            raise one.error("patterns", "an emergency or urgent flag needs patterns")
        flags.append(Flag(name, level, one.one_of("timeframe", TIMEFRAMES), signs, unless))
    return flags


def read_facts(path: Path, patterns: Patterns) -> list[Flag]:
    """Reads facts.yml: names that act like flags but carry no level of their own.

    Args:
        path: the file.
        patterns: gets the groups and words of the file; groups of flags.yml read before may be used in it.

    Raises:
        DataError: the file cannot be used; names the file, the line and the field.
    """
    facts: list[Flag] = []
    for name, one, signs, unless in _signs(path, patterns, "facts", ""):
        if not signs:
            raise one.error("patterns", "a fact needs patterns")
        facts.append(Flag(name, "self_care", "none", signs, unless))
    return facts


def _signs(
    path: Path, patterns: Patterns, top: str, known: str
) -> Iterator[tuple[str, _Fields, tuple[Sign, ...], tuple[Step, ...]]]:
    """The entries under `top`, each with its signs."""
    fields = _open(path, patterns, f"not_words {top}")
    # A pattern that says "not" itself ("not breathing") is no denial when it finds that word.
    own = re.compile(r"\b(" + "|".join(re.escape(word) for word in fields.texts("not_words")) + r")\b")

    def part(place: Place, text: object) -> tuple[Step, bool]:
        # What may be missing at the end finds nothing more, but would swallow what changes the meaning ("... a year ago").
        text = _MAY_BE_MISSING.sub("", text) or text if isinstance(text, str) else text
        step = fields.step(patterns, place, text)
        return step, bool(own.search(patterns.spelled_out(str(text)).replace("'", "")))

    for name in fields.sub(top).data:
        one = fields.sub(top).sub(name, f"patterns all_of unless {known}".strip())
        signs: list[Sign] = [(part(place, text),) for place, text in one.rows("patterns")]
        for place, texts in one.rows("all_of"):
            if not isinstance(texts, list) or len(texts) < 2:
                raise one.file.error(place, "a combination must be a list of two patterns or more")
            signs.append(tuple(part((*place, number), text) for number, text in enumerate(texts)))
        yield str(name), one, tuple(signs), tuple(one.steps("unless", patterns))
    if not fields.sub(top).data:
        raise fields.error(top, f"there is nothing under {top} in this file")


def read_context(path: Path, patterns: Patterns) -> Context:
    """Reads context.yml.

    Args:
        path: the file.
        patterns: gets the groups and words of the file; groups of flags.yml read before may be used in it.

    Raises:
        DataError: the file cannot be used; names the file, the line and the field.
    """
    known = "stops inside shields lists numbers key_words ordinary_words triggers"
    fields = _open(path, patterns, known)
    stops: dict[str | None, Step | None] = {None: None}
    for name in fields.sub("stops").data:
        stops[name] = any_of(fields.sub("stops").steps(name, patterns))
    triggers: list[Trigger] = []
    for place, item in fields.rows("triggers"):
        one = _Fields(fields.file, place, item, "state words direction reach stops comma message beats")
        state = one.one_of("state", (*STATES, "asserted"))
        direction, comma = one.one_of("direction", _DIRECTIONS), one.one_of("comma", _COMMAS, "pass")
        stop = stops[one.one_of("stops", tuple(stops), None)]
        beats = tuple(one.among(where, beaten, STATES) for where, beaten in one.rows("beats"))
        rest = (state, direction, one.a("reach", int, _ALL), stop, comma, one.a("message", bool, False), beats)
        triggers += [Trigger(step, *rest) for step in one.steps("words", patterns)]
    inside, shields, lists = (any_of(fields.steps(name, patterns)) for name in ("inside", "shields", "lists"))
    numbers = {str(word): fields.sub("numbers").number(word) for word in fields.sub("numbers").data}
    return Context(tuple(triggers), inside, shields, lists, numbers, tuple(sorted(set(fields.texts("key_words")))),
                   frozenset(fields.texts("ordinary_words")))


def _open(path: Path, patterns: Patterns, known: str) -> _Fields:
    """The whole file as fields, after its groups were read into patterns."""
    file = YamlFile(path)
    fields = _Fields(file, (), file.data, "version about groups " + known)
    groups = fields.sub("groups")
    for name, text in groups.data.items():
        groups.told((*groups.place, str(name)), partial(patterns.name, str(name), text))
    return fields


class _Fields:
    """One mapping of a data file. Gives its fields checked, and complains by file, line and field.

    Args:
        file: the file it stands in.
        place: the names that lead to it from the top of the file.
        data: the mapping.
        known: the names that may stand in it, separated by blanks; "" for any.

    Raises:
        DataError: it is no mapping, or a name in it is not known.
    """

    def __init__(self, file: YamlFile, place: Place, data: object, known: str = "") -> None:
        self.file, self.place, self.data = file, place, cast("dict[Any, Any]", data)
        if not isinstance(data, dict):
            raise file.error(place, "this must be a mapping of names to values")
        for name in data if known else ():
            if name not in known.split():
                raise self.error(name, f"unknown field; known are {known}")

    def error(self, name: object, message: str) -> DataError:
        """What to raise about the field with this name."""
        return self.file.error((*self.place, str(name)), message)

    def sub(self, name: object, known: str = "") -> _Fields:
        """The mapping under this name; an empty one when it is missing."""
        return _Fields(self.file, (*self.place, str(name)), self.data.get(name, {}), known)

    def among(self, place: Place, value: object, choices: tuple[Any, ...]) -> Any:
        """The value that stands at the place, when it is one of the choices."""
        if value not in choices:
            raise self.file.error(place, f"{value!r} is not one of: {', '.join(map(str, choices))}")
        return value

    def one_of(self, name: str, choices: tuple[Any, ...], default: object = None) -> Any:
        """The field, which must be one of the choices; the default when it is missing."""
        return self.among((*self.place, name), self.data.get(name, default), choices)

    def a(self, name: str, kind: type[_T], default: object = None) -> _T:
        """The field, which must be of this kind; the default when it is missing."""
        value = self.data.get(name, default)
        if not isinstance(value, kind):
            raise self.error(name, f"this must be a {kind.__name__}, not missing")
        return value

    def number(self, name: object) -> float:
        """The field as a number."""
        value = self.data.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(name, f"this must be a number, not {value!r}")
        return float(value)

    def rows(self, name: str) -> list[tuple[Place, Any]]:
        """The field as a list; each item with its place. Empty when it is missing."""
        items: list[Any] = self.a(name, list, [])
        return [((*self.place, name, number), item) for number, item in enumerate(items)]

    def texts(self, name: str) -> list[str]:
        """The field as a list of texts. YAML reads a bare no as False, which would be lost without a word."""
        for place, item in self.rows(name):
            if not isinstance(item, str):
                raise self.file.error(place, f"this must be a text, not {item!r}; write it in quotes")
        return [item for _, item in self.rows(name)]

    def told(self, place: Place, work: Callable[[], _T]) -> _T:
        """Does the work on the pattern at this place; a pattern that cannot be read is told with its place."""
        try:
            return work()
        except PatternError as error:
            raise self.file.error(place, str(error)) from None

    def step(self, patterns: Patterns, place: Place, text: object) -> Step:
        """The step for the pattern text that stands at the place."""
        return self.told(place, partial(patterns.step, text))

    def steps(self, name: str, patterns: Patterns) -> list[Step]:
        """The field as a list of patterns."""
        return [self.step(patterns, place, text) for place, text in self.rows(name)]
