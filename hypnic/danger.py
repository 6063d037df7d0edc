"""The danger screen: finds emergencies that a person mentions, also in passing.

All medical wording lives in data/triage/flags.yml, all wording about denial, time and person in context.yml;
hypnic.danger_data reads them, hypnic.wordmatch matches them, and this module decides what a hit means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, cast

from hypnic.danger_data import LEVELS, RANK, STATES, Context, Flag, Sign, read_context, read_flags
from hypnic.lately import Lately
from hypnic.wordmatch import Patterns, Sheet, Step, bits, hits_in, one_slip, plain, shortened, starts_in

__all__ = ["LEVELS", "DangerScreen", "Finding", "State", "asserted"]

State = Literal["asserted", "denied", "past", "hypothetical", "other"]
_WINDOW, _OVERLAP = 1500, 200  # longer texts are read in overlapping pieces, which keeps the time linear
_REMEMBERED = 256  # messages; one is screened by the guard, the model, the policy and the actions
_MOST_HITS = 60  # of one pattern in one piece; only a text made to be slow has more

_WORD = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:['’‘`´ʼ][^\W\d_]+)*|[.!?;\n…]+|,")


@dataclass(frozen=True)
class Finding:
    """One danger sign in a text: its flag, whether it acts, how urgent it is, and where it stands."""

    flag: str
    state: State
    level: str
    timeframe: str
    start: int
    end: int


# Tells the state of a hit: (first word, word after the last, whether its pattern says "not" itself).
_StateOf = Callable[[int, int, bool], str]


class DangerScreen:
    """Screens one message at a time. Holds nothing about a person and may be shared between threads."""

    def __init__(self, flags: list[Flag], context: Context, patterns: Patterns) -> None:
        self.flags = flags
        self._context, self._patterns = context, patterns
        self._lengths = sorted({len(prefix) for prefix in patterns.prefixes})
        self._near: dict[str, set[str]] = {}
        for word in context.key_words:
            for form in shortened(word):
                self._near.setdefault(form, set()).add(word)
        self._cache: dict[str, tuple[str, ...]] = {}
        self._lately = Lately[tuple[Finding, ...]](_REMEMBERED)

    @classmethod
    def load(cls, folder: Path) -> DangerScreen:
        """Reads flags.yml and context.yml in the folder. Raises DataError naming the file and the field."""
        patterns = Patterns()
        return cls(read_flags(folder / "flags.yml", patterns), read_context(folder / "context.yml", patterns), patterns)

    def screen(self, text: str) -> list[Finding]:
        """Takes any text; gives every danger sign in it with its state, in the order of the text."""
        known = self._lately.get(text)
        if known is None:
            known = tuple(self._read(text))
            self._lately.put(text, known)
        return list(known)

    def _read(self, text: str) -> list[Finding]:
        tokens = list(_WORD.finditer(text))
        found: set[Finding] = set()
        for first in range(0, max(1, len(tokens) - _OVERLAP), _WINDOW - _OVERLAP):
            found.update(self._screen(self._sheet(tokens[first:first + _WINDOW])))
        return sorted(found, key=lambda one: (one.start, one.end, one.flag))

    def shares(self, text: str) -> dict[str, float]:
        """Takes any text; gives for each state the share of its words (0 to 1) that a trigger of this state governs.

        Only the first 1,500 words count.
        """
        sheet = self._sheet(list(_WORD.finditer(text))[:_WINDOW])
        state_of = self._states(sheet)
        states = [state_of(place, place + 1, False) for place in range(len(sheet.spans))]
        return {state: states.count(state) / max(1, len(states)) for state in STATES}

    def _screen(self, sheet: Sheet) -> Iterator[Finding]:
        state_of = self._states(sheet)
        for flag in self.flags:
            covered = dict.fromkeys(RANK, 0)
            blocked: int | None = None
            for sign in flag.signs:
                for state, start, end in _sign_hits(sign, sheet, state_of):
                    if not bits(start, end) & ~covered[state]:
                        continue
                    if blocked is None:  # only now, because most flags are not in most texts
                        blocked = _blocked(flag, sheet, state_of)
                    # "My baby is 8 months old. Suddenly my face droops": the months say nothing about the face.
                    if not blocked or not blocked & sheet.sentences(start, end):
                        covered[state] |= bits(start, end)
                        place = sheet.spans[start][0], sheet.spans[end - 1][1]
                        yield Finding(flag.name, cast(State, state), flag.level, flag.timeframe, *place)

    def _sheet(self, tokens: list[re.Match[str]]) -> Sheet:
        spans: list[tuple[int, int]] = []
        places: dict[str, int] = {}
        stop = ends = commas = 0
        for token in tokens:
            word, bit = token.group(), 1 << len(spans)
            if word == ",":
                commas |= bit
                continue
            spans.append(token.span())
            if not word[0].isalnum():
                stop |= bit
                ends |= bit if word.strip(";") else 0
                continue
            for key in self._keys(word):
                places[key] = places.get(key, 0) | bit
        return Sheet(spans, places, stop, ends, commas)

    def _keys(self, raw: str) -> tuple[str, ...]:
        """The pattern words that a written word stands for: itself, prefixes, number ranges, a near miss."""
        if raw in self._cache:
            return self._cache[raw]
        word = plain(raw)
        keys = self._exact(word)
        if word != raw.lower():
            keys |= self._exact(re.sub(r"(.)\1", r"\1", word))
        if not keys and 6 <= len(word) <= 20 and word not in self._context.ordinary:
            for near in {near for form in shortened(word) for near in self._near.get(form, ())}:
                if one_slip(word, near):
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

    def _states(self, sheet: Sheet) -> _StateOf:
        """Reads all triggers once; gives the function that tells the state of a hit."""
        context = self._context
        forward, backward, beaten = (dict.fromkeys((*STATES, "asserted"), 0) for _ in range(3))
        shield, lists = 0, starts_in(context.lists, sheet)
        for hit in hits_in(context.shields, sheet):
            shield |= bits(*hit)
        stops: dict[Step | None, int] = {None: sheet.stop}
        for trigger in context.triggers:
            for start, end in hits_in(trigger.step, sheet):
                if (shield >> start) & 1:
                    continue
                if trigger.stops and trigger.stops not in stops:
                    stops[trigger.stops] = sheet.stop | starts_in(trigger.stops, sheet)
                after, before = trigger.reach(sheet, start, end, stops[trigger.stops], lists)
                for state in trigger.beats:
                    beaten[state] |= after | before | bits(start, end)
                forward[trigger.state] |= after
                backward[trigger.state] |= before
        inside = starts_in(context.inside, sheet) & ~shield

        def state_of(start: int, end: int, own_no: bool) -> str:
            for state in STATES:
                here = (forward[state] >> start) & 1 or (backward[state] >> (end - 1)) & 1
                if state == "denied" and not own_no:
                    here = here or inside & bits(start, end)
                if here and not beaten[state] & (1 << start | 1 << (end - 1)):
                    return state
            return "asserted"

        return state_of


def _blocked(flag: Flag, sheet: Sheet, state_of: _StateOf) -> int:
    """The places where an asserted "unless" of the flag stands."""
    found = 0
    for step in flag.unless:
        for start, end in islice(hits_in(step, sheet), _MOST_HITS):
            if state_of(start, end, False) == "asserted":
                found |= bits(start, end)
    return found


def _sign_hits(sign: Sign, sheet: Sheet, state_of: _StateOf) -> Iterator[tuple[str, int, int]]:
    """Hits of one sign. A combination is as sure as its least sure part, each part taken at its best."""
    best: list[tuple[str, int, int]] = []
    for step, own_no in sign:
        hits: list[tuple[str, int, int]] = []
        for start, end in islice(hits_in(step, sheet), _MOST_HITS):
            state = state_of(start, end, own_no)
            hits += [(state, start, end)] if state != "ignore" else []
            if state == "asserted" and len(sign) > 1:
                break
        if not hits:
            return
        if len(sign) == 1:
            yield from hits
            return
        best.append(max(hits, key=lambda hit: RANK[hit[0]]))
    yield min((h[0] for h in best), key=RANK.__getitem__), min(h[1] for h in best), max(h[2] for h in best)


def asserted(findings: Iterable[Finding]) -> list[Finding]:
    """Those that act: state asserted, highest level first, one for each flag."""
    first: dict[str, Finding] = {}
    for finding in findings:
        if finding.state == "asserted":
            first.setdefault(finding.flag, finding)
    return sorted(first.values(), key=lambda finding: LEVELS.index(finding.level))
