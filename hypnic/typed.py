"""Which option of a question do typed words choose? Knows options and words only; what they mean is in questions.yml.

In doubt nothing is chosen and the question is asked again. Above all a denial is taken only when nothing else is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from hypnic.turn import plain
from hypnic.wordmatch import one_slip

_SHORT = 5  # words; in a longer message "no" or "now" alone chooses nothing
_BRIEF = frozenset("yes no yeah yep yup aye nope nah none nothing neither never nobody both now".split())
_LEAD = frozenset("no nope nah".split())  # before an option that denies: "no random" is not "not random"
_NONE = ("no", "none")  # ids of the options that deny
_LONG = 6  # letters; one typing error is forgiven in a word that is not shorter
_ENDING = re.compile(r"(?!evening$)(\w{4,}?)(?:ing|ed|es|s)$")
_CONTRAST = frozenset("but except apart besides although though however yet".split())
_AGE = re.compile(r"(?<!under )(?<!below )\b(\d{1,3}) ?(weeks?|wks?|months?|mths?|mo|days?)? ?(\w*)")
_UNITS = {"w": 7 / 365, "m": 1 / 12, "d": 1 / 365, "": 1.0}


@dataclass(frozen=True)
class Option:
    """One button: what it says, further words for it, what it tells, and the years of age (from, below) it stands for."""

    id: str
    label: str
    lay: tuple[str, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]
    ages: tuple[float, ...] = ()

    @property
    def denies(self) -> bool:
        """Whether it only rules out."""
        return bool(self.no) and not self.yes


class Denial:
    """The words by which people deny, hold something back, or lead into what they say.

    Args:
        words: for each of denial, hedge, lead, ease, filler and young: words, from questions.yml.
        numbers: words for numbers.
        known: every word of the options; a word that is one of them is no slip of another.
    """

    def __init__(self, words: Mapping[str, str], numbers: Mapping[str, float], known: Collection[str]) -> None:
        self._deny, self._hedge, self._lead, self._ease, filler, self._young = (
            frozenset(words[kind].split()) for kind in ("denial", "hedge", "lead", "ease", "filler", "young")
        )
        self._brief = filler | self._lead | self._deny | _BRIEF
        self._small = self._brief | self._hedge
        self._numbers = numbers
        self._known = frozenset(known) | self._small | self._ease | self._young

    def clauses(self, text: str) -> list[list[str]]:
        """The words of each part of a text. "No, ..." and "no I have ..." are two parts, "no fever" is one."""
        found: list[list[str]] = []
        for part in re.split(rf"[,;.!?\n]|\b(?:{'|'.join(sorted(_CONTRAST))})\b", text.lower()):
            words = plain(part).split()
            if len(words) > 1 and words[0] in _BRIEF and words[1] in self._lead:
                found.append(words[:1])
                words = words[1:]
            if words:
                found.append(words)
        return found

    def denies(self, before: list[str]) -> bool:
        """Whether the words before something deny it; "not sure" does not."""
        following = [*before[1:], ""]
        return any(word in self._deny and following[at] not in ("sure", "certain") for at, word in enumerate(before))

    def only(self, clauses: list[list[str]]) -> bool:
        """Whether a text begins with a denial."""
        return bool(clauses) and clauses[0][0] in self._deny and self.denies(clauses[0])

    def hedges(self, text: str) -> bool:
        """Whether a text holds something back."""
        return any(word in self._hedge for word in plain(text).split())

    def tells_more(self, clause: list[str]) -> bool:
        """Whether a part of a text says something: neither a denial, nor that all is well, nor small words alone."""
        telling = [word for word in clause if word not in self._small]
        return len(telling) > 1 and not self.denies(clause) and not any(word in self._ease for word in clause)

    def brief(self, phrase: list[str]) -> bool:
        """Whether a phrase says nothing itself: "yes", "none of these"."""
        return self._brief.issuperset(phrase)

    def same(self, sought: str, typed: str) -> bool:
        """Whether a typed word is the sought one, in another form or with one typing error."""
        if sought[0] != typed[0]:
            return False
        if sought == typed or _ENDING.sub(r"\1", sought) == _ENDING.sub(r"\1", typed):
            return True
        if min(len(sought), len(typed)) < _LONG or typed in self._known:
            return False
        return one_slip(sought, typed)

    def age(self, text: str) -> float | None:
        """The age in years that a text gives; None when a number is none of an age."""
        words = plain(text).split()
        number, read = 0.0, []
        for word in words:  # "seventy four" is one number
            value = self._numbers.get(word)
            if value is None:
                read.append(word)
                number = 0.0
            elif number >= 20 and number % 10 == 0 and value < 10:
                read[-1] = str(int(number + value))
                number = 0.0
            else:
                read.append(f"{value:g}")
                number = value
        for count, unit, after in _AGE.findall(" ".join(read)):
            old = bool(self._young & set(words))
            if after in ("am", "pm", "times", "nights", "hours", "minutes", "mins", "ago") or (unit and not old):
                continue
            return float(count) * _UNITS[unit[:1]]
        return None


def chosen(options: Iterable[Option], text: str, denial: Denial) -> Option | None:
    """The option whose label or further words stand in the text and are not denied there.

    What tells something counts more than what denies it, then the longest words count. A text that only denies ("no, no
    fever and no fit") chooses the option that says so ("no" or "none"), unless it holds something back ("no, only a little")
    or goes on to tell something else.

    Args:
        options: of the question.
        text: what was typed.
        denial: the words of denial.
    """
    options = tuple(options)
    for option in options:
        if plain(option.label) == plain(text):
            return option
    clauses = denial.clauses(text)
    hits, denied = _hits(options, clauses, denial)
    aged = _aged(options, text, hits, denial)
    if aged is not None:
        return aged
    best = max(hits, key=_rank, default=None)
    if best is None and not denied and not denial.only(clauses):
        return None
    taken = best.option if best else next((option for option in options if option.id in _NONE), None)
    brief = best is None or best.brief
    if taken is None or not taken.denies:
        return taken
    spans = [hit for hit in hits if hit.option == taken and not hit.brief]
    starts = [sum(map(len, clauses[:n])) for n in range(len(clauses))]
    open_ = [
        clause
        for at, clause in zip(starts, clauses, strict=True)
        if not any(at < hit.end and hit.start < at + len(clause) for hit in spans)
    ]
    if brief and denial.hedges(text):
        return None
    if (brief or _CONTRAST & set(plain(text).split())) and any(denial.tells_more(clause) for clause in open_):
        return None
    return taken


@dataclass(frozen=True)
class _Hit:
    """Words of an option in a text. brief: a "yes" or "no" that says nothing itself."""

    start: int
    end: int
    length: int
    option: Option
    brief: bool


def _rank(hit: _Hit) -> tuple[bool, int, int]:
    return not hit.brief, 2 * (not hit.option.no) + bool(hit.option.yes), hit.length


def _hits(options: tuple[Option, ...], clauses: list[list[str]], denial: Denial) -> tuple[list[_Hit], bool]:
    """What stands in a text undenied, without what is part of something longer; and whether something stands there denied."""
    said = [word for clause in clauses for word in clause]
    starts = [sum(map(len, clauses[:n])) for n, clause in enumerate(clauses) for _ in clause]
    hits: list[_Hit] = []
    denied = False
    for option in options:
        for phrase in (option.label, *option.lay):
            sought = plain(phrase).split()
            brief = denial.brief(sought)
            if brief and len(sought) == 1 and len(said) > _SHORT:
                continue
            for at in range(len(said) - len(sought) + 1):
                if not all(map(denial.same, sought, said[at : at + len(sought)])):
                    continue
                before = said[starts[at] : at]
                if option.id in _NONE and before and (brief or before[0] in _LEAD or denial.denies(sought)):
                    before = before[1:] if before[0] in _LEAD and not brief else []
                if denial.denies(before):
                    denied = denied or not option.denies
                else:
                    hits.append(_Hit(at, at + len(sought), len(" ".join(sought)), option, brief))
    whole = [
        hit
        for hit in hits
        if not any(o.start <= hit.start and hit.end <= o.end and o.end - o.start > hit.end - hit.start for o in hits)
    ]
    return whole, denied


def _aged(options: tuple[Option, ...], text: str, hits: list[_Hit], denial: Denial) -> Option | None:
    """The option for the age that a text gives, and for whether it is about somebody else."""
    age = denial.age(text) if any(option.ages for option in options) else None
    if age is None:
        return None
    fitting = [option for option in options if option.ages and option.ages[0] <= age < option.ages[1]]
    other = any("who.self" not in hit.option.yes for hit in hits)
    return next((option for option in fitting if ("who.self" not in option.yes) == other), next(iter(fitting), None))
