"""The danger screen: finds emergencies that a person mentions, also in passing.

All medical wording lives in data/triage/flags.yml, all wording about denial, time and person in context.yml;
this module only matches. A text becomes a row of words. The places where a word stands are the bits of one
integer, and a pattern is a few shifts and ANDs on such integers, so the time grows in a straight line with
the text, whatever the text is. The pattern language is explained at the top of flags.yml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from hypnic.errors import DataError

State = Literal["asserted", "denied", "past", "hypothetical", "other"]
LEVELS = ("emergency", "urgent", "routine", "self_care")
# Which state wins when several triggers reach one hit; "ignore" (an idiom) removes the hit altogether.
_STATES = ("ignore", "denied", "past", "other", "hypothetical")
_RANK = {state: place for place, state in enumerate((*_STATES, "asserted"))}
_WINDOW, _OVERLAP = 1500, 200  # longer texts are read in overlapping pieces, which keeps the time linear
_MOST_HITS = 60  # of one pattern in one piece; only a text made to be slow has more

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
    known: dict[tuple[int, int, bool], int] = field(default_factory=dict)
    sets: dict[frozenset[str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.everywhere = (1 << (len(self.spans) + 1)) - 1


# A step takes the sheet, a set of boundaries (bit i = just before word i) and the direction, and gives the
# boundaries where the step can end. Backwards, the same pattern finds where a hit begins.
_Step = Callable[[_Sheet, int, bool], int]
_Part = tuple[str, str, str]
_StateOf = Callable[[int, int, bool], str]


class _Patterns:
    """Turns pattern texts into steps. Knows the named groups ({fit}) and every word that any pattern uses."""

    def __init__(self) -> None:
        self.file, self._count = "", 0
        self.groups: dict[str, tuple[_Step, str]] = {}
        self.words: set[str] = set()
        self.prefixes: set[str] = set()
        self.ranges: set[tuple[float, float, str]] = set()
        self._sets: dict[frozenset[str], _Step] = {}
        self._places: dict[_Step, Callable[[_Sheet], int]] = {}

    def step(self, text: object, place: str) -> _Step:
        """The step for one pattern; place names the field in errors."""
        parts: list[_Part] = []
        left = text.strip() if isinstance(text, str) else ""
        while left:
            found = _PART.match(left)
            if not found:
                raise DataError(self.file, place, f"cannot read the pattern {text!r} at {left!r}")
            left, (low, high, least, most, group, word, mark) = left[found.end():], found.groups()
            kinds = (("gap", low, high), ("range", least, most), ("group", group, ""), ("word", word, ""))
            parts.append(next((kind for kind in kinds if kind[1]), ("mark", mark, "")))
        step, parts = self._choice(parts, place)
        if parts or step(_Sheet([], {}), 1, False):
            reason = "closes a bracket that was never opened" if parts else "would fit an empty text"
            raise DataError(self.file, place, f"the pattern {text!r} {reason}")
        return step

    def name(self, group: str, text: object, place: str) -> None:
        """Keeps a pattern as {group}; what it gives for the same boundaries is worked out once a text."""
        self.groups[group] = self._once(self.step(text, place)), self.spelled_out(str(text))

    def spelled_out(self, text: str) -> str:
        """The pattern with every {group} replaced by its text."""
        return re.sub(r"\{(\w+)\}", lambda found: self.groups[found.group(1)][1], text)

    def _once(self, step: _Step) -> _Step:
        self._count += 1
        number = self._count

        def run(sheet: _Sheet, at: int, back: bool) -> int:
            key = (number, at, back)
            if key not in sheet.known:
                sheet.known[key] = step(sheet, at, back)
            return sheet.known[key]

        return run

    def _choice(self, parts: list[_Part], place: str) -> tuple[_Step, list[_Part]]:
        """Alternatives up to the closing bracket or the end; also gives the parts that are left."""
        rows: list[list[_Step]] = [[]]
        single = [""]
        while parts and parts[0][:2] != ("mark", ")"):
            (kind, one, two), parts, key = parts[0], parts[1:], ""
            if kind == "mark" and one == "|":
                rows.append([])
                single.append("")
                continue
            if kind == "mark" and one == "?":
                if not rows[-1]:
                    raise DataError(self.file, place, "a '?' needs something before it")
                rows[-1][-1], single[-1] = _maybe(rows[-1][-1]), ""
                continue
            if kind == "mark":
                step, parts = self._choice(parts, place)
                if not parts:
                    raise DataError(self.file, place, "a bracket is never closed")
                parts = parts[1:]
            elif kind == "gap":
                if not int(one) <= int(two) <= 40:
                    raise DataError(self.file, place, f"a gap must be like [0-5] and at most 40: {one}-{two}")
                step = _gap(int(one), int(two))
            elif kind == "group":
                if one not in self.groups:
                    raise DataError(self.file, place, f"there is no group {{{one}}} above this place")
                step = self.groups[one][0]
            elif one == "^":
                step = _sentence_start
            else:
                key = self._key(kind, one, two, place)
                step = self._one_of([key])
            single[-1] = "" if rows[-1] else key
            rows[-1].append(step)
        if not all(rows):
            raise DataError(self.file, place, "a pattern must be a text; this one or a part is empty")
        # Alternatives of one word each become one set: one look-up instead of many.
        keys = [key for key in single if key]
        steps = [self._one_of(keys)] if keys else []
        steps += [self._row(row) for row, key in zip(rows, single, strict=True) if not key]
        return _any(steps), parts

    def _key(self, kind: str, one: str, two: str, place: str) -> str:
        word = _plain(one.rstrip("*"))
        try:
            if kind == "range":
                self.ranges.add((float(one), float(two), f"<{one}-{two}>"))
                return f"<{one}-{two}>"
            if not word.isalnum():
                raise ValueError
        except ValueError:
            raise DataError(self.file, place, f"{one!r} is not one word or number") from None
        (self.prefixes if one.endswith("*") else self.words).add(word)
        return word + "*" if one.endswith("*") else word

    def _one_of(self, keys: list[str]) -> _Step:
        wanted = frozenset(keys)
        if wanted in self._sets:
            return self._sets[wanted]

        def places(sheet: _Sheet) -> int:
            mask = sheet.sets.get(wanted, -1)
            if mask < 0:
                mask = 0
                for key in wanted & sheet.places.keys():
                    mask |= sheet.places[key]
                sheet.sets[wanted] = mask
            return mask

        def run(sheet: _Sheet, at: int, back: bool) -> int:
            return (at >> 1) & places(sheet) if back else (at & places(sheet)) << 1

        self._sets[wanted], self._places[run] = run, places
        return run

    def _row(self, steps: list[_Step]) -> _Step:
        if len(steps) == 1:
            return steps[0]
        needed = [self._places[step] for step in steps if step in self._places]

        def run(sheet: _Sheet, at: int, back: bool) -> int:
            for places in needed:  # most patterns end here: one of their words is not in the text
                if not places(sheet):
                    return 0
            for step in reversed(steps) if back else steps:
                at = step(sheet, at, back)
                if not at:
                    return 0
            return at

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

    return steps[0] if len(steps) == 1 else run


def _plain(word: str) -> str:
    """Lower case, no apostrophes, and no letter more than twice in a row."""
    return _LONG_RUN.sub(r"\1\1", re.sub(r"['’‘`´ʼ]", "", word.lower()))


def _shortened(word: str) -> set[str]:
    """The word, and the word with any one letter left out. Two words one slip apart share one of these."""
    return {word} | {word[:i] + word[i + 1:] for i in range(len(word))}


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter was added, lost, changed or swapped with its neighbour (Damerau distance 1)."""
    a, b = sorted((a, b), key=len)
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


def _starts(step: _Step, sheet: _Sheet) -> int:
    return step(sheet, step(sheet, sheet.everywhere, False), True)


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
        return (_bits(start + 1, last) if self.direction != "after" else 0,
                _bits(first, end - 1) if self.direction != "before" else 0)


_Sign = tuple[tuple[_Step, bool], ...]  # (pattern, has its own "not"); all of them must be found


@dataclass(frozen=True)
class _Flag:
    name: str
    level: str
    timeframe: str
    signs: tuple[_Sign, ...]
    unless: tuple[_Step, ...]


@dataclass
class _Context:
    """What context.yml says, ready to use."""

    triggers: list[_Trigger]
    inside: _Step
    shields: _Step
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
        """Reads flags.yml and context.yml in the folder. Raises DataError naming the file and the field."""
        patterns = _Patterns()
        return cls(_read_flags(folder, patterns), _read_context(folder, patterns), patterns)

    def screen(self, text: str) -> list[Finding]:
        """Takes any text; gives every danger sign in it with its state, in the order of the text."""
        tokens = list(_WORD.finditer(text))
        found: set[Finding] = set()
        for first in range(0, max(1, len(tokens) - _OVERLAP), _WINDOW - _OVERLAP):
            found.update(self._screen(self._sheet(tokens[first:first + _WINDOW])))
        return sorted(found, key=lambda one: (one.start, one.end, one.flag))

    def _screen(self, sheet: _Sheet) -> Iterator[Finding]:
        state_of = self._states(sheet)
        for flag in self._flags:
            covered = dict.fromkeys(_RANK, 0)
            blocked: bool | None = None
            for sign in flag.signs:
                for state, start, end in _sign_hits(sign, sheet, state_of):
                    if blocked is None:
                        hits = (hit for step in flag.unless for hit in islice(_hits(step, sheet), _MOST_HITS))
                        blocked = any(state_of(*hit, False) == "asserted" for hit in hits)
                    if not blocked and _bits(start, end) & ~covered[state]:
                        covered[state] |= _bits(start, end)
                        place = sheet.spans[start][0], sheet.spans[end - 1][1]
                        yield Finding(flag.name, cast(State, state), flag.level, flag.timeframe, *place)

    def _sheet(self, tokens: list[re.Match[str]]) -> _Sheet:
        spans: list[tuple[int, int]] = []
        places: dict[str, int] = {}
        stop = commas = 0
        for token in tokens:
            word, bit = token.group(), 1 << len(spans)
            if word == ",":
                commas |= bit
                continue
            spans.append(token.span())
            if not word[0].isalnum():
                stop |= bit
                continue
            for key in self._keys(word):
                places[key] = places.get(key, 0) | bit
        return _Sheet(spans, places, stop, commas)

    def _keys(self, raw: str) -> tuple[str, ...]:
        """The pattern words that a written word stands for: itself, prefixes, number ranges, a near miss."""
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
        keys.update(word[:n] + "*" for n in self._lengths if n <= len(word) and word[:n] in known.prefixes)
        number = float(word.replace(",", ".")) if word[:1].isdecimal() else self._context.numbers.get(word)
        if number is not None:
            keys.update(key for low, high, key in known.ranges if low <= number <= high)
        return keys

    def _states(self, sheet: _Sheet) -> _StateOf:
        """Reads all triggers once; gives the function that tells the state of a hit."""
        context = self._context
        forward, backward, beaten = (dict.fromkeys((*_STATES, "asserted"), 0) for _ in range(3))
        shield, lists = 0, _starts(context.lists, sheet)
        for hit in _hits(context.shields, sheet):
            shield |= _bits(*hit)
        stops: dict[_Step | None, int] = {None: sheet.stop}
        for trigger in context.triggers:
            for start, end in _hits(trigger.step, sheet):
                if (shield >> start) & 1:
                    continue
                if trigger.stops and trigger.stops not in stops:
                    stops[trigger.stops] = sheet.stop | _starts(trigger.stops, sheet)
                after, before = trigger.reach(sheet, start, end, stops[trigger.stops], lists)
                for state in trigger.beats:
                    beaten[state] |= after | before | _bits(start, end)
                forward[trigger.state] |= after
                backward[trigger.state] |= before
        inside = _starts(context.inside, sheet) & ~shield

        def state_of(start: int, end: int, own_no: bool) -> str:
            for state in _STATES:
                here = (forward[state] >> start) & 1 or (backward[state] >> (end - 1)) & 1
                if state == "denied" and not own_no:
                    here = here or inside & _bits(start, end)
                if here and not beaten[state] & (1 << start | 1 << (end - 1)):
                    return state
            return "asserted"

        return state_of


def _sign_hits(sign: _Sign, sheet: _Sheet, state_of: _StateOf) -> Iterator[tuple[str, int, int]]:
    """Hits of one sign. A combination is as sure as its least sure part, each part taken at its best."""
    best: list[tuple[str, int, int]] = []
    for step, own_no in sign:
        hits: list[tuple[str, int, int]] = []
        for start, end in islice(_hits(step, sheet), _MOST_HITS):
            state = state_of(start, end, own_no)
            hits += [(state, start, end)] if state != "ignore" else []
            if state == "asserted" and len(sign) > 1:
                break
        if not hits:
            return
        if len(sign) == 1:
            yield from hits
            return
        best.append(max(hits, key=lambda hit: _RANK[hit[0]]))
    yield min((h[0] for h in best), key=_RANK.__getitem__), min(h[1] for h in best), max(h[2] for h in best)


def asserted(findings: Iterable[Finding]) -> list[Finding]:
    """Those that act: state asserted, highest level first, one for each flag."""
    first: dict[str, Finding] = {}
    for finding in findings:
        if finding.state == "asserted":
            first.setdefault(finding.flag, finding)
    return sorted(first.values(), key=lambda finding: LEVELS.index(finding.level))


class _Fields:
    """One mapping of a data file that complains by file and field."""

    def __init__(self, file: str, place: str, data: object, known: str = "") -> None:
        self.file, self.place, self.data = file, place, cast(dict[str, Any], data)
        if not isinstance(data, dict):
            raise DataError(file, place, "this must be a mapping of names to values")
        for name in data if known else ():
            if name not in known.split():
                raise DataError(file, self.at(name), f"unknown field; known are {known}")

    @classmethod
    def of(cls, path: Path, known: str) -> _Fields:
        try:
            return cls(path.name, "", yaml.safe_load(path.read_text(encoding="utf-8")), known)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else None
            raise DataError(path.name, "", f"cannot be read: {error}", line) from None

    def at(self, name: object) -> str:
        return f"{self.place}.{name}" if self.place else str(name)

    def sub(self, name: str, known: str = "") -> _Fields:
        return _Fields(self.file, self.at(name), self.data.get(name, {}), known)

    def one_of(self, name: str, choices: tuple[Any, ...], default: object = None) -> Any:
        value = self.data.get(name, default)
        if value not in choices:
            known = ", ".join(map(str, choices))
            raise DataError(self.file, self.at(name), f"{value!r} is not one of: {known}")
        return value

    def a(self, name: str, kind: type, default: object) -> Any:
        value = self.data.get(name, default)
        if not isinstance(value, kind):
            raise DataError(self.file, self.at(name), f"this must be a {kind.__name__}, not missing")
        return value

    def rows(self, name: str) -> list[tuple[str, Any]]:
        return [(f"{self.at(name)}.{number}", item) for number, item in enumerate(self.a(name, list, []))]

    def steps(self, name: str, patterns: _Patterns) -> list[_Step]:
        return [patterns.step(text, place) for place, text in self.rows(name)]


def _open(path: Path, patterns: _Patterns, known: str) -> _Fields:
    fields = _Fields.of(path, "version about groups " + known)
    patterns.file = fields.file
    for name, text in fields.sub("groups").data.items():
        patterns.name(str(name), text, f"groups.{name}")
    return fields


def _read_flags(folder: Path, patterns: _Patterns) -> list[_Flag]:
    fields = _open(folder / "flags.yml", patterns, "not_words flags")
    # A pattern that says "not" itself ("not breathing") is no denial when it finds that word.
    own = re.compile(r"\b(" + "|".join(str(word) for _, word in fields.rows("not_words")) + r")\b")

    def part(text: object, place: str) -> tuple[_Step, bool]:
        step = patterns.step(text, place)
        return step, bool(own.search(patterns.spelled_out(str(text)).replace("'", "")))

    flags: list[_Flag] = []
    for name in fields.sub("flags").data:
        one = fields.sub("flags").sub(name, "level timeframe ask why source patterns all_of unless")
        level, when = one.one_of("level", LEVELS), ("now", "same_day", "within_days", "weeks", "none")
        one.a("why", str, None), one.a("source", str, None), one.a("ask", str, None)
        signs: list[_Sign] = [(part(text, place),) for place, text in one.rows("patterns")]
        for place, texts in one.rows("all_of"):
            if not isinstance(texts, list) or len(texts) < 2:
                raise DataError(fields.file, place, "a combination must be a list of two patterns or more")
            signs.append(tuple(part(text, place) for text in texts))
        if level in ("emergency", "urgent") and not signs:
            raise DataError(fields.file, one.at("patterns"), "an emergency or urgent flag needs patterns")
        unless = tuple(one.steps("unless", patterns))
        flags.append(_Flag(str(name), level, one.one_of("timeframe", when), tuple(signs), unless))
    if not flags:
        raise DataError(fields.file, "flags", "there is no flag in this file")
    return flags


def _read_context(folder: Path, patterns: _Patterns) -> _Context:
    known = "stops inside shields lists numbers key_words ordinary_words triggers"
    fields = _open(folder / "context.yml", patterns, known)
    stops: dict[str | None, _Step | None] = {None: None}
    for name in fields.sub("stops").data:
        stops[name] = _any(fields.sub("stops").steps(name, patterns))
    triggers = []
    for place, item in fields.rows("triggers"):
        one = _Fields(fields.file, place, item, "state words direction reach stops comma message beats")
        state = one.one_of("state", (*_STATES, "asserted"))
        direction = one.one_of("direction", ("before", "after", "both", "inside"))
        comma = one.one_of("comma", ("pass", "stop", "list"), "pass")
        stop = stops[one.one_of("stops", tuple(stops))]
        beats = tuple(one.one_of("", _STATES, state) for _, state in one.rows("beats"))
        rest = (state, direction, one.a("reach", int, 200), stop, comma, one.a("message", bool, False), beats)
        triggers += [_Trigger(step, *rest) for step in one.steps("words", patterns)]
    inside, shields, lists = (_any(fields.steps(name, patterns)) for name in ("inside", "shields", "lists"))
    numbers = {str(word): float(number) for word, number in fields.sub("numbers").data.items()}
    key_words, ordinary = ({str(row[1]) for row in fields.rows(name)}
                           for name in ("key_words", "ordinary_words"))
    return _Context(triggers, inside, shields, lists, numbers, sorted(key_words), ordinary)
