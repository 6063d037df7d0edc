"""What stands on the page for the doctor, gathered from a conversation: facts, answers, advice, and a person's own words."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hypnic.check import Check
from hypnic.facts import FactReader
from hypnic.interview import State
from hypnic.knowledge import knowledge
from hypnic.recent import typed_texts
from hypnic.region import Regions, regions
from hypnic.reply import Reply
from hypnic.summary import Record, Summary
from hypnic.triage import UNCLEAR

ABOUT, PATTERN = ("who", "age", "pregnant"), ("when", "what")
MEDICINES = frozenset({"meds_possible", "medicine_suspected"})
LONGEST = 500  # characters of the person's own words; the page cuts there


class Recorder:
    """Makes records.

    Args:
        check: the questions and the words of results.
        reader: what reads typed messages.
        summary: the texts of the page.
        numbers: the regions whose numbers are filled in.
        region: code of the operator's region.
    """

    def __init__(self, check: Check, reader: FactReader, summary: Summary, numbers: Regions, region: str) -> None:
        self._check, self._reader, self.summary = check, reader, summary
        self._numbers, self._region = numbers, region

    @classmethod
    def load(cls, folder: Path, region: str) -> Recorder:
        """Over the data in a folder such as data/triage, for the region with this code. Raises DataError."""
        check = Check.load(folder, knowledge().sources)
        return cls(check, FactReader.load(folder), Summary.load(folder / "summary.yml"), regions(folder), region)

    def record(self, events: Iterable[Mapping[str, Any]], slots: Mapping[str, Any], today: datetime.date) -> Record | None:
        """The page of a conversation.

        Args:
            events, slots: as Rasa stores them.
            today: the date on the page.

        Returns: None when nothing was told that a doctor would want to read.
        """
        texts = typed_texts(events)
        state = self._state(texts, slots)
        known = self._check.known(state)
        if not known.yes - {"who.self"}:
            return None
        verdict = self._check.interview.verdict(state)
        results = self._check.results
        about, pattern, rest = self._sorted(known.yes - {"pregnant.no"})
        region = self._numbers.of(self._region, str(slots.get("region") or ""))
        advised = bool(slots.get("triage_level")) or UNCLEAR not in verdict.flags
        return Record(
            date=today.isoformat(),
            rules_version=self._check.interview.rules.version,
            about=_upper(", ".join(results.words(about))),
            level_line=region.fill(results.level_line(verdict)) if advised else "",
            reason=self._reason(texts),
            pattern=_upper("; ".join(results.words(pattern))),
            yes=tuple(map(_upper, results.words(rest))),
            no=tuple(map(_upper, results.words(known.no - {"pregnant.no"}))),
            unknown=tuple(map(_upper, results.words(known.unknown - {UNCLEAR}))),
            medicines=self._medicines(texts),
            scores=tuple(self._check.screening.sums(dict(state.scores))),
            fits=results.fits(verdict, known) if advised else "",
            tell=results.tell(verdict),
            ask=self.summary.ask_for(verdict.pattern),
            bring=self.summary.bring_for(verdict.pattern),
            sources=tuple(f"{s.title}, {s.publisher} {s.year}" for s in results.sources(verdict)) if advised else (),
        )

    def page(self, events: Iterable[Mapping[str, Any]], slots: Mapping[str, Any], today: datetime.date) -> Reply | None:
        """The page as one message; arguments and None as for record()."""
        record = self.record(events, slots, today)
        if record is None:
            return None
        parts = [{"key": s.key, "heading": s.heading, "lines": list(s.lines)} for s in self.summary.sections(record)]
        custom = {"kind": "summary", "title": self.summary.title, "rules_version": record.rules_version, "sections": parts}
        return Reply(self.summary.text(record, width=None), custom)

    def _state(self, texts: list[str], slots: Mapping[str, Any]) -> State:
        """The check under way or the last one, with everything told beside it."""
        state = State.from_json(slots.get("check") or slots.get("checked") or {})
        yes: set[str] = set()
        no: set[str] = set()
        for text in texts:
            told = self._reader.read(text)
            yes, no = (yes | told.yes) - told.no, (no | told.no) - told.yes
        flags = {flag for flag in slots.get("danger_flags") or [] if flag in self._check.interview.rules.flags}
        answered = self._check.known(state)
        # What was answered in the check, or changed there, counts more than how a message was read.
        kinds = {name.partition(".")[0] for name in answered.yes if "." in name}
        new = {name for name in yes - answered.no if name.partition(".")[0] not in kinds}
        return state.told(new | flags, no - answered.yes)

    def _sorted(self, names: Iterable[str]) -> tuple[set[str], set[str], set[str]]:
        about, pattern, rest = set[str](), set[str](), set[str]()
        for name in names:
            kind = name.partition(".")[0] if "." in name else ""
            (about if kind in ABOUT else pattern if kind in PATTERN else rest).add(name)
        return about, pattern, rest - {UNCLEAR}

    def _reason(self, texts: list[str]) -> str:
        """The messages that tell something, as typed, the first first, until the space is used."""
        chosen: list[str] = []
        for text in texts:
            told = self._reader.read(text).yes
            if any(name.partition(".")[0] in PATTERN or "." not in name for name in told):
                chosen.append(" ".join(text.split()))
            if sum(map(len, chosen)) > LONGEST:
                break
        return " / ".join(chosen)

    def _medicines(self, texts: list[str]) -> tuple[str, ...]:
        found = [phrase for text in texts for phrase in self._reader.phrases(text, MEDICINES)]
        return tuple(dict.fromkeys(found))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
