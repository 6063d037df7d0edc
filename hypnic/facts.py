"""Facts that a person tells in passing: who, when, what, and routine signs. The wordings are data/triage/facts.yml.

Matching and the reading of denial, time and person are those of the danger screen.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from hypnic.danger import DangerScreen
from hypnic.danger_data import read_context, read_facts, read_flags
from hypnic.triage import SINGLE
from hypnic.wordmatch import Patterns

# Of several told at once the first counts: a child's age beside "my", a newborn beside "baby".
_FIRST = {
    "who": "child partner other self",
    "age": "newborn infant child_2_4 child_5_11 teen older adult",
    "pregnant": "postnatal yes no",
}


@dataclass(frozen=True)
class Told:
    """Names of facts and routine flags that a message tells (yes) or denies (no)."""

    yes: frozenset[str]
    no: frozenset[str]


class FactReader:
    """Reads one message at a time. Holds nothing about a person and may be shared between threads."""

    def __init__(self, screen: DangerScreen) -> None:
        self._screen = screen

    @classmethod
    def load(cls, folder: Path) -> FactReader:
        """Read flags.yml (for its word groups), facts.yml and context.yml. Raises DataError naming the file and the field."""
        patterns = Patterns()
        read_flags(folder / "flags.yml", patterns)
        facts = read_facts(folder / "facts.yml", patterns)
        return cls(DangerScreen(facts, read_context(folder / "context.yml", patterns), patterns))

    def phrases(self, text: str, names: Set[str]) -> list[str]:
        """The words in a text, as typed, that tell one of these names; of phrases that overlap the longest."""
        spans = [(f.start, f.end) for f in self._screen.screen(text) if f.flag in names and f.state == "asserted"]
        longest = [one for one in spans if not any(o != one and o[0] <= one[0] and one[1] <= o[1] for o in spans)]
        return [" ".join(text[start:end].split()) for start, end in dict.fromkeys(longest)]

    def read(self, text: str) -> Told:
        """What a text tells. Of who, age and pregnant at most one is told."""
        yes: set[str] = set()
        no: set[str] = set()
        for finding in self._screen.screen(text):
            # Who somebody is does not depend on how the rest of the sentence is meant; family history is about nobody here.
            person = finding.flag.partition(".")[0] in SINGLE
            if finding.state == "asserted" or (person and finding.state not in ("denied", "other")):
                yes.add(finding.flag)
            elif finding.state == "denied":
                no.add(finding.flag)
        for kind, order in _FIRST.items():
            told = [f"{kind}.{value}" for value in order.split() if f"{kind}.{value}" in yes]
            yes -= set(told[1:])
        return Told(frozenset(yes), frozenset(no - yes))


