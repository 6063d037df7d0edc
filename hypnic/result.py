"""The words of a result: from a verdict and what is known to text. All sentences live in data/triage/patterns.yml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hypnic.danger import LEVELS
from hypnic.emergency import CRISIS
from hypnic.interview import Known
from hypnic.knowledge import Source
from hypnic.reply import Button, Reply, fill, listed
from hypnic.triage import FACTS, Triage, Verdict
from hypnic.yamlfile import YamlFile

LINES = 4  # of facts for, against and unknown; a longer list is not read


class Results:
    """Reads patterns.yml.

    Args:
        folder: where patterns.yml stands.
        rules: whose patterns, facts and flags need words.
        sources: the sources of the knowledge base by id.

    Raises:
        DataError: a text is missing; names file, line and field.
    """

    def __init__(self, folder: Path, rules: Triage, sources: Mapping[str, Source]) -> None:
        file = YamlFile(folder / "patterns.yml", "patterns")
        self.data: dict[str, Any] = file.data
        for pattern in rules.base:
            if pattern not in self.data["patterns"]:
                raise file.error(("patterns", pattern), "this pattern of rules.yml has no text")
        for name in sorted(FACTS | set(rules.flags)):
            if name not in self.data["facts"]:
                raise file.error(("facts", name), "this fact or flag has no words")
        for name, entry in self.data["patterns"].items():
            for source in entry["sources"]:
                if source not in sources:
                    raise file.error(("patterns", name, "sources"), f"'{source}' is not in _sources.yml")
        self._rules, self._sources = rules, sources

    def words(self, names: Iterable[str]) -> list[str]:
        """Short words for facts and flags, in a fixed order."""
        facts = self.data["facts"]
        return list(dict.fromkeys(facts[name] for name in sorted(names, key=_order) if name in facts))

    def level_line(self, verdict: Verdict) -> str:
        """The first line of a result; still holds the placeholders of the region."""
        key = f"urgent_{verdict.timeframe}" if verdict.level == "urgent" else verdict.level
        return str(self.data["level_lines"][key])

    @property
    def signs(self) -> tuple[str, ...]:
        """The signs that always mean the emergency number."""
        return tuple(self.data["emergency_signs"])

    def fits(self, verdict: Verdict, known: Known) -> str:
        """How well the picture fits, in one sentence."""
        entry = self.data["patterns"][verdict.pattern]
        if CRISIS.issuperset(entry["fits"]):  # nothing fits an unclear picture, and a crisis is no likeness of anything
            return str(entry["say"])
        hits = len(set(entry["fits"]) & known.yes)
        doubts = len(set(entry["against"]) & known.yes)
        # All features but one, as in the published criteria for restless legs; of two features both.
        strength = "strong" if hits >= max(2, len(entry["fits"]) - 1) and not doubts else "partial" if hits else "weak"
        return f"{fill(self.data['fits'][strength], {'name': entry['name']})} {entry['say']}"

    def tell(self, verdict: Verdict) -> tuple[str, ...]:
        """What to tell the doctor."""
        return tuple(self.data["patterns"][verdict.pattern]["tell"])

    def sources(self, verdict: Verdict) -> tuple[Source, ...]:
        """The sources behind the advice."""
        return tuple(self._sources[name] for name in self.data["patterns"][verdict.pattern]["sources"])

    def reply(self, verdict: Verdict, known: Known, say: Mapping[str, str]) -> Reply:
        """The whole result as one message.

        Args:
            verdict: the decision.
            known: what it rests on.
            say: the headings, from questions.yml.
        """
        entry = self.data["patterns"][verdict.pattern]
        child = known.yes & {"who.child", "age.newborn", "age.infant", "age.child_2_4", "age.child_5_11"}
        pregnant = known.yes & {"pregnant.yes", "pregnant.postnatal"}
        special = entry.get("for_child", {}) if child else entry.get("for_pregnancy", {}) if pregnant else {}
        flags = {flag for flag in verdict.flags if flag != "unclear_picture"}
        raising = {flag for flag in flags if self._rules.flags[flag][0] == verdict.level}
        reasons = self.words((known.yes & set(entry["fits"])) | raising)
        doubts = self.words(known.yes & set(entry["against"]))
        open_ = self.words((set(entry["fits"]) & known.unknown) | (known.unknown - {"unclear_picture"}))
        parts = [self.level_line(verdict), self.fits(verdict, known)]
        parts += _block(say["because"], reasons[:LINES])
        parts += _block(say["against"], doubts[:LINES])
        parts += _block(say["open"], open_[:LINES])
        parts += _block(say["do"], special.get("do", entry["do"]))
        parts += _block(say["tell"], special.get("tell", entry["tell"]))
        watch = [*entry["watch"], *self._changes(verdict, known)]
        parts += _block(say["watch"], watch)
        sources = self.sources(verdict)
        parts.append(fill(say["sources"], {"sources": listed(sources)}))
        return Reply("\n".join(parts), triage_custom(verdict, self._rules.version), (Button(say["page"], "/summary"),))

    def changes(self, verdict: Verdict, known: Known) -> list[str]:
        """Counterfactuals from the rules: what was ruled out and would have raised the level, in words."""
        return self._changes(verdict, known)

    def why_not(self, topic: str, known: Known, say: Mapping[str, str]) -> str:
        """What the person's own answers say for and against the pictures of a topic, and when a doctor would look for it.

        Args:
            topic: of the knowledge base.
            known: what was told.
            say: the headings, from questions.yml.

        Returns: "" when no picture of the rules belongs to the topic.
        """
        about = [entry for entry in self.data["patterns"].values() if entry["topic"] == topic]
        entries = [entry for entry in about if len(FACTS & set(entry["fits"])) > 1]  # others only list danger signs
        features = {name for entry in entries for name in entry["fits"] if not name.startswith("age.")}
        doubts = {name for entry in entries for name in entry["against"]}
        if not features:
            return ""
        speaks_for = self.words(features & known.yes)
        denied = [fill(say["not_told"], {"fact": words}) for words in self.words(features & known.no)]
        against = [*self.words(doubts & known.yes), *denied]
        grave = {name for name in features if self._rules.flags.get(name, ("",))[0] in ("emergency", "urgent")}
        looks = self.words((grave or features) - known.yes)
        parts = [say["why_not"]]
        parts += _block(say["why_not_for"], speaks_for[:LINES]) or [say["why_not_none"]]
        parts += _block(say["why_not_against"], against[:LINES])
        parts += _block(say["why_not_looks"], looks[: LINES + 2])
        return "\n".join([*parts, say["why_not_end"]])

    def _changes(self, verdict: Verdict, known: Known) -> list[str]:
        raising = []
        for name in sorted(known.no - known.yes):
            then = self._rules.decide(known.yes | {name})
            if LEVELS.index(then.level) < LEVELS.index(verdict.level) and then.level == "urgent":
                raising.append(name)
        return self.words(raising)[:2]


def triage_custom(verdict: Verdict, version: int) -> dict[str, Any]:
    """The `custom` of a result (DESIGN: Contracts)."""
    return {
        "kind": "triage",
        "level": verdict.level,
        "timeframe": verdict.timeframe,
        "pattern": verdict.pattern,
        "flags": list(verdict.flags),
        "rules_version": version,
    }


def _block(title: str, lines: Sequence[str]) -> list[str]:
    return [title, *("- " + line[:1].upper() + line[1:] for line in lines)] if lines else []


def _order(name: str) -> tuple[int, str]:
    kinds = ("who", "age", "pregnant", "when", "what")
    kind = name.split(".")[0]
    return (kinds.index(kind) if kind in kinds else len(kinds), name)


