"""The pattern language of the danger screen, over the words of one text.

A text becomes a row of words (Sheet). The places where a word stands are the bits of one integer, and a pattern is
a few shifts and ANDs on such integers, so the time grows in a straight line with the text, whatever the text is.
How patterns are written is explained to editors at the top of data/triage/flags.yml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_LONG_RUN = re.compile(r"(.)\1{2,}")
_PART = re.compile(r"\s*(?:\[(\d+)-(\d+)\]|<([\d.]+)-([\d.]+)>|\{(\w+)\}|([^\s()|\[\]{}<>?]+)|([()|?]))")


class PatternError(ValueError):
    """A pattern cannot be read; the text says why in plain words."""


@dataclass
class Sheet:
    """One text as words; in every set of places, bit i means word i.

    Args:
        spans: where each word stands in the text. Marks that end a part of a sentence are words too.
        places: for each word of a pattern, where it stands.
        stop: the marks that no pattern steps over: . ! ? ; and line breaks.
        ends: those of them that end a sentence: all but ;
        commas: the words that have a comma before them; commas are not words.
        known, sets: what was worked out for this text already.
    """

    spans: list[tuple[int, int]]
    places: dict[str, int]
    stop: int = 0
    ends: int = 0
    commas: int = 0
    known: dict[tuple[int, int, bool], int] = field(default_factory=dict)
    sets: dict[frozenset[str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.everywhere = (1 << (len(self.spans) + 1)) - 1

    def sentences(self, start: int, end: int) -> int:
        """Takes the first word of a hit and the word after its last; gives all places of the sentences it is in."""
        first = (self.ends & bits(0, start)).bit_length()
        after = self.ends >> end
        return bits(first, end + (after & -after).bit_length() - 1 if after else len(self.spans))


# A step takes the sheet, a set of boundaries (bit i = just before word i) and the direction (True = backwards), and
# gives the boundaries where the step can end. Backwards, the same pattern finds where a hit begins.
Step = Callable[[Sheet, int, bool], int]
_Part = tuple[str, str, str]


class Patterns:
    """Turns pattern texts into steps. Knows the named groups ({fit}) and every word that any pattern uses.

    words, prefixes and ranges are the only keys that Sheet.places needs; any other word of a text is just a word.
    """

    def __init__(self) -> None:
        self._count = 0
        self.groups: dict[str, tuple[Step, str]] = {}
        self.words: set[str] = set()
        self.prefixes: set[str] = set()
        self.ranges: set[tuple[float, float, str]] = set()
        self._sets: dict[frozenset[str], Step] = {}
        self._places: dict[Step, Callable[[Sheet], int]] = {}

    def step(self, text: object) -> Step:
        """Takes the text of one pattern, gives its step. Raises PatternError when it is no pattern."""
        parts: list[_Part] = []
        left = text.strip() if isinstance(text, str) else ""
        while left:
            found = _PART.match(left)
            if not found:
                raise PatternError(f"cannot read the pattern {text!r} at {left!r}")
            left, (low, high, least, most, group, word, mark) = left[found.end():], found.groups()
            kinds = (("gap", low, high), ("range", least, most), ("group", group, ""), ("word", word, ""))
            parts.append(next((kind for kind in kinds if kind[1]), ("mark", mark, "")))
        step, parts = self._choice(parts)
        if parts or step(Sheet([], {}), 1, False):
            reason = "closes a bracket that was never opened" if parts else "would fit an empty text"
            raise PatternError(f"the pattern {text!r} {reason}")
        return step

    def name(self, group: str, text: object) -> None:
        """Keeps the pattern text as {group} for the patterns read after it. Raises PatternError."""
        # Groups stand in many patterns, so what one gives for the same boundaries is worked out once a text.
        self.groups[group] = self._once(self.step(text)), self.spelled_out(str(text))

    def spelled_out(self, text: str) -> str:
        """Takes the text of a pattern, gives it with every {group} replaced by that group's text."""
        return re.sub(r"\{(\w+)\}", lambda found: self.groups[found.group(1)][1], text)

    def _once(self, step: Step) -> Step:
        self._count += 1
        number = self._count

        def run(sheet: Sheet, at: int, back: bool) -> int:
            key = (number, at, back)
            if key not in sheet.known:
                sheet.known[key] = step(sheet, at, back)
            return sheet.known[key]

        return run

    def _choice(self, parts: list[_Part]) -> tuple[Step, list[_Part]]:
        """Alternatives up to the closing bracket or the end; also gives the parts that are left."""
        rows: list[list[Step]] = [[]]
        single = [""]
        while parts and parts[0][:2] != ("mark", ")"):
            (kind, one, two), parts, key = parts[0], parts[1:], ""
            if kind == "mark" and one == "|":
                rows.append([])
                single.append("")
                continue
            if kind == "mark" and one == "?":
                if not rows[-1]:
                    raise PatternError("a '?' needs something before it")
                rows[-1][-1], single[-1] = _maybe(rows[-1][-1]), ""
                continue
            if kind == "mark":
                step, parts = self._choice(parts)
                if not parts:
                    raise PatternError("a bracket is never closed")
                parts = parts[1:]
            elif kind == "gap":
                if not int(one) <= int(two) <= 40:
                    raise PatternError(f"a gap must be like [0-5] and at most 40: {one}-{two}")
                step = _gap(int(one), int(two))
            elif kind == "group":
                if one not in self.groups:
                    raise PatternError(f"there is no group {{{one}}} above this place")
                step = self.groups[one][0]
            elif one == "^":
                step = _sentence_start
            else:
                key = self._key(kind, one, two)
                step = self._one_of([key])
            single[-1] = "" if rows[-1] else key
            rows[-1].append(step)
        if not all(rows):
            raise PatternError("a pattern must be a text; this one or a part is empty")
        # Alternatives of one word each become one set: one look-up instead of many.
        keys = [key for key in single if key]
        steps = [self._one_of(keys)] if keys else []
        steps += [self._row(row) for row, key in zip(rows, single, strict=True) if not key]
        return any_of(steps), parts

    def _key(self, kind: str, one: str, two: str) -> str:
        """The key of Sheet.places for one word, prefix or number range; also notes it as used."""
        word = plain(one.rstrip("*"))
        try:
            if kind == "range":
                self.ranges.add((float(one), float(two), f"<{one}-{two}>"))
                return f"<{one}-{two}>"
            if not word.isalnum():
                raise ValueError
        except ValueError:  # also from float(): "<1.2.3-4>"
            raise PatternError(f"{one!r} is not one word or number") from None
        (self.prefixes if one.endswith("*") else self.words).add(word)
        return word + "*" if one.endswith("*") else word

    def _one_of(self, keys: list[str]) -> Step:
        wanted = frozenset(keys)
        if wanted in self._sets:
            return self._sets[wanted]

        def places(sheet: Sheet) -> int:
            mask = sheet.sets.get(wanted, -1)
            if mask < 0:
                mask = 0
                for key in wanted & sheet.places.keys():
                    mask |= sheet.places[key]
                sheet.sets[wanted] = mask
            return mask

        def run(sheet: Sheet, at: int, back: bool) -> int:
            return (at >> 1) & places(sheet) if back else (at & places(sheet)) << 1

        self._sets[wanted], self._places[run] = run, places
        return run

    def _row(self, steps: list[Step]) -> Step:
        if len(steps) == 1:
            return steps[0]
        needed = [self._places[step] for step in steps if step in self._places]

        def run(sheet: Sheet, at: int, back: bool) -> int:
            for places in needed:  # most patterns end here: one of their words is not in the text
                if not places(sheet):
                    return 0
            for step in reversed(steps) if back else steps:
                at = step(sheet, at, back)
                if not at:
                    return 0
            return at

        return run


def _sentence_start(sheet: Sheet, at: int, back: bool) -> int:
    return at & ((sheet.stop << 1) | 1)


def _gap(low: int, high: int) -> Step:
    def run(sheet: Sheet, at: int, back: bool) -> int:
        reached = 0 if low else at
        for count in range(1, high + 1):
            # A gap never steps over the end of a sentence.
            at = (at >> 1) & ~sheet.stop if back else ((at & ~sheet.stop) << 1) & sheet.everywhere
            if count >= low:
                reached |= at
        return reached

    return run


def _maybe(step: Step) -> Step:
    return lambda sheet, at, back: at | step(sheet, at, back)


def any_of(steps: list[Step]) -> Step:
    """Takes steps, gives one step that ends wherever any of them does (nowhere when there are none)."""

    def run(sheet: Sheet, at: int, back: bool) -> int:
        reached = 0
        for step in steps:
            reached |= step(sheet, at, back)
        return reached

    return steps[0] if len(steps) == 1 else run


def plain(word: str) -> str:
    """Takes a word, gives it in lower case, without apostrophes, and with no letter more than twice in a row."""
    return _LONG_RUN.sub(r"\1\1", re.sub(r"['’‘`´ʼ]", "", word.lower()))


def shortened(word: str) -> set[str]:
    """Takes a word, gives it and it with any one letter left out. Two words one slip apart share one of these."""
    return {word} | {word[:i] + word[i + 1:] for i in range(len(word))}


def one_slip(a: str, b: str) -> bool:
    """Takes two different words; whether one letter was added, lost, changed or swapped with its neighbour."""
    a, b = sorted((a, b), key=len)
    i = next((k for k in range(len(a)) if a[k] != b[k]), len(a))
    if len(a) < len(b):
        return a[i:] == b[i + 1:]
    return a[i + 1:] == b[i + 1:] or (a[i:i + 2] == b[i:i + 2][::-1] and a[i + 2:] == b[i + 2:])


def hits_in(step: Step, sheet: Sheet) -> Iterator[tuple[int, int]]:
    """Takes a step and a text; gives every hit as (first word, word after the last), the shortest for each end."""
    ends = step(sheet, sheet.everywhere, False)
    while ends:
        low = ends & -ends
        ends ^= low
        start, end = step(sheet, low, True).bit_length() - 1, low.bit_length() - 1
        if 0 <= start < end:
            yield start, end


def starts_in(step: Step, sheet: Sheet) -> int:
    """Takes a step and a text; gives the first words of all hits as a set of places."""
    return step(sheet, step(sheet, sheet.everywhere, False), True)


def bits(start: int, end: int) -> int:
    """Takes two places, gives the set of places from start up to, not including, end."""
    return ((1 << (end - start)) - 1) << start if start < end else 0
