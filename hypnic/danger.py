"""The danger screen: finds emergencies that a person mentions, also in passing.

All medical wording lives in data/triage/flags.yml, all wording about denial, time and person in context.yml; this
module only matches. A text becomes a row of words. The places where a word stands are the bits of one integer, and
a pattern is a few shifts and ANDs on such integers, so the time grows in a straight line with the text, whatever
the text is. The pattern language is explained at the top of flags.yml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from hypnic.errors import DataError

State = Literal["asserted", "denied", "past", "hypothetical", "other"]
LEVELS = ("emergency", "urgent", "routine", "self_care")
# Which state wins when several triggers reach one hit; "ignore" (an idiom) removes the hit altogether.
_STATES = ("ignore", "denied", "past", "other", "hypothetical")
_DIRECTIONS = ("before", "after", "both", "inside")
_WINDOW, _OVERLAP = 1500, 200  # longer texts are read in overlapping pieces, which keeps the time linear

_WORD = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:['’‘`´ʼ][^\W\d_]+)*|[.!?;\n…]+|,")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_PART = re.compile(r"\s*(?:\[(\d+)-(\d+)\]|<([\d.]+)-([\d.]+)>|\{(\w+)\}|([^\s()|\[\]{}<>?]+)|([()|?]))")


@dataclass(frozen=True)
class Finding:
    """One danger sign in a text: its flag, whether it acts, how urgent it is, and where it stands."""

    flag: str
    state: State
    level: str
    timeframe: str
    start: int
    end: int


@dataclass
class _Sheet:
    """One text as words; bit i of a place means word i. Ends of sentences are words too (stop)."""

    spans: list[tuple[int, int]]
    places: dict[str, int]
    stop: int = 0
    commas: int = 0
    known: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.everywhere = (1 << (len(self.spans) + 1)) - 1


# A step takes the sheet, a set of boundaries (bit i = just before word i) and the direction, and gives the
# boundaries where the step can end. Backwards, the same pattern finds where a hit begins.
_Step = Callable[[_Sheet, int, bool], int]


class _Patterns:
    """Turns pattern texts into steps. Knows the named groups ({fit}) and every word that any pattern uses."""

    def __init__(self) -> None:
        self.file = ""
        self.groups: dict[str, _Step] = {}
        self._texts: dict[str, str] = {}
        self.words: set[str] = set()
        self.prefixes: set[str] = set()
        self.ranges: set[tuple[float, float, str]] = set()
        self._count = 0

    def step(self, text: object, place: str) -> _Step:
        """The step for one pattern; place names the field in errors."""
        if not isinstance(text, str) or not text.strip():
            raise DataError(self.file, place, "a pattern must be a text with at least one word")
        parts: list[tuple[str, ...]] = []
        position, text = 0, text.strip()
        while position < len(text):
            found = _PART.match(text, position)
            if not found:
                raise DataError(self.file, place, f"cannot read the pattern {text!r} at {text[position:]!r}")
            position, (low, high, least, most, group, word, mark) = found.end(), found.groups()
            kinds = (("gap", low, high), ("range", least, most), ("group", group), ("word", word), ("mark", mark))
            parts.append(next(kind for kind in kinds if kind[1]))
        step, rest = self._choice(parts, place)
        if rest:
            raise DataError(self.file, place, f"a bracket is closed that was never opened in {text!r}")
        if step(_Sheet([], {}), 1, False):
            raise DataError(self.file, place, f"the pattern {text!r} would fit an empty text")
        return step

    def name(self, group: str, text: object, place: str) -> None:
        """Keeps a pattern as {group}; its result over a whole text is worked out once."""
        step, number = self.step(text, place), self._number()

        def run(sheet: _Sheet, at: int, back: bool) -> int:
            if back or at != sheet.everywhere:
                return step(sheet, at, back)
            if number not in sheet.known:
                sheet.known[number] = step(sheet, at, False)
            return sheet.known[number]

        self.groups[group], self._texts[group] = run, self.spelled_out(str(text))

    def spelled_out(self, text: str) -> str:
        """The pattern with every {group} replaced by its text."""
        return re.sub(r"\{(\w+)\}", lambda found: self._texts.get(found.group(1), ""), text)

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _choice(self, parts: list[tuple[str, ...]], place: str) -> tuple[_Step, list[tuple[str, ...]]]:
        """Alternatives up to the closing bracket or the end; also gives the parts that are left."""
        rows: list[list[_Step]] = [[]]
        single: list[str | None] = [None]
        while parts and parts[0] != ("mark", ")"):
            part, parts, key = parts[0], parts[1:], None
            if part == ("mark", "|"):
                rows.append([])
                single.append(None)
                continue
            if part == ("mark", "?"):
                if not rows[-1]:
                    raise DataError(self.file, place, "a '?' needs something before it")
                rows[-1][-1], single[-1] = _maybe(rows[-1][-1]), None
                continue
            if part == ("mark", "("):
                step, parts = self._choice(parts, place)
                if not parts:
                    raise DataError(self.file, place, "a bracket is never closed")
                parts = parts[1:]
            elif part[0] == "gap":
                if not int(part[1]) <= int(part[2]) <= 40:
                    raise DataError(self.file, place, f"a gap must be like [0-5], at most 40, not {part[1:]}")
                step = _gap(int(part[1]), int(part[2]))
            elif part[0] == "group":
                if part[1] not in self.groups:
                    raise DataError(self.file, place, f"there is no group {{{part[1]}}} above this place")
                step = self.groups[part[1]]
            elif part == ("word", "^"):
                step = _sentence_start
            else:
                key = self._key(part, place)
                step = self._one_of([key])
            single[-1] = None if rows[-1] else key
            rows[-1].append(step)
        if not all(rows):
            raise DataError(self.file, place, "an alternative is empty")
        # Alternatives of one word each become one set: one look-up instead of many.
        keys = [key for key in single if key]
        steps = [self._one_of(keys)] if keys else []
        steps += [_row(row) for row, key in zip(rows, single) if not key]
        return (steps[0] if len(steps) == 1 else _any(steps)), parts

    def _key(self, part: tuple[str, ...], place: str) -> str:
        if part[0] == "range":
            try:
                low, high = float(part[1]), float(part[2])
            except ValueError:
                raise DataError(self.file, place, f"{part[1:]} is not a range of numbers") from None
            self.ranges.add((low, high, f"<{low}-{high}>"))
            return f"<{low}-{high}>"
        word = _plain(part[1].rstrip("*"))
        if not word.isalnum():
            raise DataError(self.file, place, f"{part[1]!r} is not one word")
        if part[1].endswith("*"):
            self.prefixes.add(word)
            return word + "*"
        self.words.add(word)
        return word

    def _one_of(self, keys: list[str]) -> _Step:
        number, wanted = self._number(), frozenset(keys)

        def run(sheet: _Sheet, at: int, back: bool) -> int:
            mask = sheet.known.get(number, -1)
            if mask < 0:
                mask = 0
                for key in wanted & sheet.places.keys() if len(wanted) > 2 else wanted:
                    mask |= sheet.places.get(key, 0)
                sheet.known[number] = mask
            return (at >> 1) & mask if back else (at & mask) << 1

        return run


def _sentence_start(sheet: _Sheet, at: int, back: bool) -> int:
    return at & ((sheet.stop << 1) | 1)


def _gap(low: int, high: int) -> _Step:
    def run(sheet: _Sheet, at: int, back: bool) -> int:
        reached = 0 if low else at
        for count in range(1, high + 1):
            # A gap never steps over the end of a sentence.
            at = (at >> 1) & ~sheet.stop if back else ((at & ~sheet.stop) << 1) & sheet.everywhere
            if count >= low:
                reached |= at
        return reached

    return run


def _maybe(step: _Step) -> _Step:
    return lambda sheet, at, back: at | step(sheet, at, back)


def _any(steps: list[_Step]) -> _Step:
    def run(sheet: _Sheet, at: int, back: bool) -> int:
        reached = 0
        for step in steps:
            reached |= step(sheet, at, back)
        return reached

    return run


def _row(steps: list[_Step]) -> _Step:
    def run(sheet: _Sheet, at: int, back: bool) -> int:
        for step in reversed(steps) if back else steps:
            at = step(sheet, at, back)
            if not at:
                return 0
        return at

    return steps[0] if len(steps) == 1 else run


def _plain(word: str) -> str:
    """Lower case, no apostrophes, and no letter more than twice in a row."""
    return _LONG_RUN.sub(r"\1\1", re.sub(r"['’‘`´ʼ]", "", word.lower()))


def _shortened(word: str) -> set[str]:
    """The word, and the word with any one letter left out. Two words one slip apart share one of these."""
    return {word} | {word[:i] + word[i + 1:] for i in range(len(word))}


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter was added, lost, changed or swapped with its neighbour (Damerau distance 1)."""
    if len(a) > len(b):
        a, b = b, a
    i = next((k for k in range(len(a)) if a[k] != b[k]), len(a))
    if len(a) < len(b):
        return a[i:] == b[i + 1:]
    return a[i + 1:] == b[i + 1:] or (a[i:i + 2] == b[i:i + 2][::-1] and a[i + 2:] == b[i + 2:])


def _hits(step: _Step, sheet: _Sheet) -> Iterator[tuple[int, int]]:
    """Every hit as (first word, word after the last), the shortest for each end."""
    ends = step(sheet, sheet.everywhere, False)
    while ends:
        low = ends & -ends
        ends ^= low
        start, end = step(sheet, low, True).bit_length() - 1, low.bit_length() - 1
        if 0 <= start < end:
            yield start, end


def _bits(start: int, end: int) -> int:
    return ((1 << (end - start)) - 1) << start if start < end else 0


@dataclass(frozen=True)
class _Trigger:
    """Words that change what hits near them mean: 'no', 'years ago', 'what if', 'my father had'."""

    step: _Step
    state: str
    direction: str
    words: int
    stops: _Step | None
    comma: str
    message: bool
    beats: tuple[str, ...]

    def reach(self, sheet: _Sheet, start: int, end: int, stops: int, lists: int) -> tuple[int, int]:
        """The words that this trigger at start..end governs after it and before it, as two sets."""
        if self.message:
            return sheet.everywhere, sheet.everywhere
        if self.direction == "inside":
            return _bits(start, end), _bits(start, end)
        last, first = end, start
        if self.direction in ("before", "both"):
            while last < min(len(sheet.spans), end + self.words) and not (stops >> last) & 1:
                if (sheet.commas >> last) & 1 and self.comma != "pass":
                    # "no fits, faints or blackouts" is one list; "no fits, he is shaking" is not.
                    if self.comma == "stop" or not (lists >> last) & 0b1111110:
                        break
                last += 1
        if self.direction in ("after", "both"):
            while first > max(0, start - self.words) and not (stops >> (first - 1)) & 1:
                if (sheet.commas >> first) & 1 and self.comma == "stop":
                    break
                first -= 1
        # The trigger's own later words count too: "never had a fit" governs a hit that begins at "had".
        forward = _bits(start + 1, last) if self.direction != "after" else 0
        return forward, _bits(first, end - 1) if self.direction != "before" else 0


@dataclass(frozen=True)
class _Flag:
    """One flag. A sign is a row of (pattern, has its own 'not'); all of them must be found in the message."""

    name: str
    level: str
    timeframe: str
    signs: tuple[tuple[tuple[_Step, bool], ...], ...]
    unless: tuple[_Step, ...]


@dataclass
class _Context:
    """What context.yml says, ready to use."""

    triggers: list[_Trigger]
    inside: _Step
    shields: list[_Step]
    lists: _Step
    numbers: dict[str, float]
    key_words: list[str]
    ordinary: set[str]


class DangerScreen:
    """Screens one message at a time. Holds nothing about a person and may be shared between threads."""

    def __init__(self, flags: list[_Flag], context: _Context, patterns: _Patterns) -> None:
        self._flags, self._context, self._patterns = flags, context, patterns
        self._lengths = sorted({len(prefix) for prefix in patterns.prefixes})
        self._near: dict[str, set[str]] = {}
        for word in context.key_words:
            for form in _shortened(word):
                self._near.setdefault(form, set()).add(word)
        self._cache: dict[str, tuple[str, ...]] = {}

    @classmethod
    def load(cls, folder: Path) -> DangerScreen:
        """Reads flags.yml and context.yml in the folder. Raises DataError that names the file and the field."""
        patterns = _Patterns()
        flags = _read_flags(_Fields.of(folder / "flags.yml"), patterns)
        return cls(flags, _read_context(_Fields.of(folder / "context.yml"), patterns), patterns)

    def screen(self, text: str) -> list[Finding]:
        """Takes any text; gives every danger sign in it with its state, in the order of the text."""
        tokens = list(_WORD.finditer(text))
        found: set[Finding] = set()
        for first in range(0, max(1, len(tokens) - _OVERLAP), _WINDOW - _OVERLAP):
            found.update(self._screen(tokens[first:first + _WINDOW]))
        return sorted(found, key=lambda one: (one.start, one.end, one.flag))

    def _screen(self, tokens: list[re.Match[str]]) -> Iterator[Finding]:
        sheet = self._sheet(tokens)
        forward, backward, beaten, inside = self._reach(sheet)

        def state_of(start: int, end: int, own_no: bool) -> str:
            for state in _STATES:
                here = (forward[state] >> start) & 1 or (backward[state] >> (end - 1)) & 1
                if not here and state == "denied" and not own_no:
                    here = inside & _bits(start, end)
                if here and not beaten[state] & (1 << start | 1 << (end - 1)):
                    return state
            return "asserted"

        for flag in self._flags:
            covered: dict[str, int] = {}
            blocked: bool | None = None
            for sign in flag.signs:
                for state, start, end in _sign_hits(sign, sheet, state_of):
                    if blocked is None:
                        hits = (hit for step in flag.unless for hit in _hits(step, sheet))
                        blocked = any(state_of(*hit, False) == "asserted" for hit in hits)
                    if not blocked and _bits(start, end) & ~covered.get(state, 0):
                        covered[state] = covered.get(state, 0) | _bits(start, end)
                        place = sheet.spans[start][0], sheet.spans[end - 1][1]
                        yield Finding(flag.name, cast(State, state), flag.level, flag.timeframe, *place)

    def _sheet(self, tokens: list[re.Match[str]]) -> _Sheet:
        spans: list[tuple[int, int]] = []
        places: dict[str, int] = {}
        stop = commas = 0
        for token in tokens:
            word = token.group()
            if word == ",":
                commas |= 1 << len(spans)
                continue
            bit = 1 << len(spans)
            spans.append(token.span())
            if not word[0].isalnum():
                stop |= bit
                continue
            for key in self._keys(word):
                places[key] = places.get(key, 0) | bit
        return _Sheet(spans, places, stop, commas)

    def _keys(self, raw: str) -> tuple[str, ...]:
        """The pattern words that one written word stands for: itself, prefixes, number ranges, a near miss."""
        if raw in self._cache:
            return self._cache[raw]
        word = _plain(raw)
        keys = self._exact(word)
        if word != raw.lower():
            keys |= self._exact(re.sub(r"(.)\1", r"\1", word))
        if not keys and 6 <= len(word) <= 20 and word not in self._context.ordinary:
            for near in {near for form in _shortened(word) for near in self._near.get(form, ())}:
                if _one_slip(word, near):
                    keys |= self._exact(near)
        if len(self._cache) > 20_000:
            self._cache.clear()
        return self._cache.setdefault(raw, tuple(keys))

    def _exact(self, word: str) -> set[str]:
        known = self._patterns
        keys = {word} & known.words
        keys.update(word[:n] + "*" for n in self._lengths if word[:n] in known.prefixes and n <= len(word))
        number = float(word.replace(",", ".")) if word[:1].isdecimal() else self._context.numbers.get(word)
        if number is not None:
            keys.update(key for low, high, key in known.ranges if low <= number <= high)
        return keys

    def _reach(self, sheet: _Sheet) -> tuple[dict[str, int], dict[str, int], dict[str, int], int]:
        forward, backward, beaten = dict.fromkeys(_STATES, 0), dict.fromkeys(_STATES, 0), dict.fromkeys(_STATES, 0)
        shield = 0
        for step in self._context.shields:
            for start, end in _hits(step, sheet):
                shield |= _bits(start, end)
        lists = _starts(self._context.lists, sheet)
        for trigger in self._context.triggers:
            stops: int | None = None
            for start, end in _hits(trigger.step, sheet):
                if (shield >> start) & 1:
                    continue
                if stops is None:
                    stops = sheet.stop | (_starts(trigger.stops, sheet) if trigger.stops else 0)
                after, before = trigger.reach(sheet, start, end, stops, lists)
                for state in trigger.beats:
                    beaten[state] |= after | before | _bits(start, end)
                if trigger.state in _STATES:
                    forward[trigger.state] |= after
                    backward[trigger.state] |= before
        return forward, backward, beaten, _starts(self._context.inside, sheet) & ~shield


def _starts(step: _Step, sheet: _Sheet) -> int:
    return step(sheet, step(sheet, sheet.everywhere, False), True)


def _sign_hits(sign: tuple[tuple[_Step, bool], ...], sheet: _Sheet,
               state_of: Callable[[int, int, bool], str]) -> Iterator[tuple[str, int, int]]:
    """Hits of one sign. A combination is as sure as its least sure part, each part taken at its best."""
    parts = []
    for step, own_no in sign:
        hits = [(state_of(start, end, own_no), start, end) for start, end in _hits(step, sheet)]
        hits = [hit for hit in hits if hit[0] != "ignore"]
        if not hits:
            return
        parts.append(hits)
    if len(parts) == 1:
        yield from parts[0]
        return
    rank = {state: place for place, state in enumerate((*_STATES, "asserted"))}
    best = [max(hits, key=lambda hit: rank[hit[0]]) for hits in parts]
    yield min((hit[0] for hit in best), key=rank.__getitem__), min(h[1] for h in best), max(h[2] for h in best)


def asserted(findings: Iterable[Finding]) -> list[Finding]:
    """Those that act: state asserted, highest level first, one for each flag."""
    first: dict[str, Finding] = {}
    for finding in findings:
        if finding.state == "asserted":
            first.setdefault(finding.flag, finding)
    return sorted(first.values(), key=lambda finding: LEVELS.index(finding.level))


class _Fields:
    """One mapping of a data file that complains by file and field."""

    def __init__(self, file: str, place: str, data: object) -> None:
        if not isinstance(data, dict):
            raise DataError(file, place, "this must be a mapping of names to values")
        self.file, self.place, self.data = file, place, cast(dict[str, Any], data)

    @classmethod
    def of(cls, path: Path) -> _Fields:
        try:
            return cls(path.name, "", yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(path.name, "", f"the file cannot be read ({error})") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise DataError(path.name, "", f"this is not valid YAML: {error}", mark.line + 1 if mark else None) from None

    def at(self, name: object) -> str:
        return f"{self.place}.{name}" if self.place else str(name)

    def sub(self, name: str) -> _Fields:
        return _Fields(self.file, self.at(name), self.data.get(name, {}))

    def only(self, *names: str) -> None:
        for name in self.data:
            if name not in names:
                raise DataError(self.file, self.at(name), f"unknown field; known are {', '.join(names)}")

    def one_of(self, name: str, choices: Iterable[object], default: object = None) -> Any:
        value = self.data.get(name, default)
        if value not in tuple(choices):
            raise DataError(self.file, self.at(name), f"{value!r} is not one of: {', '.join(map(str, choices))}")
        return value

    def rows(self, name: str) -> list[tuple[str, Any]]:
        value = self.data.get(name) or []
        if not isinstance(value, list):
            raise DataError(self.file, self.at(name), "this must be a list")
        return [(f"{self.at(name)}.{number}", item) for number, item in enumerate(value)]


def _read_groups(fields: _Fields, patterns: _Patterns) -> None:
    patterns.file = fields.file
    for name, text in fields.sub("groups").data.items():
        rows = text if isinstance(text, list) else [text]
        patterns.name(str(name), " | ".join(map(str, rows)), f"groups.{name}")


def _read_flags(fields: _Fields, patterns: _Patterns) -> list[_Flag]:
    fields.only("version", "about", "groups", "not_words", "flags")
    _read_groups(fields, patterns)
    # A pattern that says "not" itself ("not breathing") is no denial when it finds that word.
    own = re.compile(r"\b(" + "|".join(str(word) for _, word in fields.rows("not_words")) + r")\b")

    def part(text: object, place: str) -> tuple[_Step, bool]:
        step = patterns.step(text, place)
        return step, bool(own.search(patterns.spelled_out(str(text)).replace("'", "")))

    flags = []
    for name in fields.sub("flags").data:
        one = fields.sub("flags").sub(name)
        one.only("level", "timeframe", "ask", "why", "source", "patterns", "all_of", "unless")
        level = one.one_of("level", LEVELS)
        one.one_of("timeframe", ("now", "same_day", "within_days", "weeks", "none"))
        for key in ("why", "source"):
            if not isinstance(one.data.get(key), str):
                raise DataError(fields.file, one.at(key), "this text is missing")
        signs = [(part(text, place),) for place, text in one.rows("patterns")]
        for place, texts in one.rows("all_of"):
            if not isinstance(texts, list) or len(texts) < 2:
                raise DataError(fields.file, place, "a combination must be a list of two patterns or more")
            signs.append(tuple(part(text, place) for text in texts))  # type: ignore[arg-type]
        if level in ("emergency", "urgent") and not signs:
            raise DataError(fields.file, one.at("patterns"), "an emergency or urgent flag needs patterns")
        unless = tuple(patterns.step(text, place) for place, text in one.rows("unless"))
        flags.append(_Flag(str(name), level, one.data["timeframe"], tuple(signs), unless))
    if not flags:
        raise DataError(fields.file, "flags", "there is no flag in this file")
    return flags


def _read_context(fields: _Fields, patterns: _Patterns) -> _Context:
    fields.only("version", "about", "groups", "stops", "inside", "shields", "lists", "numbers", "key_words",
                "ordinary_words", "triggers")
    _read_groups(fields, patterns)
    stops: dict[str, _Step] = {}
    for name in fields.sub("stops").data:
        stops[name] = _any([patterns.step(text, place) for place, text in fields.sub("stops").rows(name)])
    triggers = []
    for place, item in fields.rows("triggers"):
        one = _Fields(fields.file, place, item)
        one.only("state", "words", "direction", "reach", "stops", "comma", "message", "beats")
        step = _any([patterns.step(text, at) for at, text in one.rows("words")])
        name = one.one_of("stops", (None, *stops))
        beats = tuple(state for _, state in one.rows("beats"))
        triggers.append(_Trigger(step, one.one_of("state", (*_STATES, "asserted")),
                                 one.one_of("direction", _DIRECTIONS), int(one.data.get("reach", 200)),
                                 stops[name] if name else None, one.one_of("comma", ("pass", "stop", "list"), "pass"),
                                 bool(one.data.get("message", False)), beats))
    several = {name: [patterns.step(text, place) for place, text in fields.rows(name)]
               for name in ("inside", "shields", "lists")}
    return _Context(triggers, _any(several["inside"]), several["shields"], _any(several["lists"]),
                    {str(word): float(number) for word, number in fields.sub("numbers").data.items()},
                    [str(word) for _, word in fields.rows("key_words")],
                    {str(word) for _, word in fields.rows("ordinary_words")})
