"""What the source document claims, and where the assistant states, corrects or leaves out each claim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypnic.knowledge import Knowledge
from hypnic.yamlfile import ROOT, Place, YamlFile

CLAIMS = ROOT / "data" / "evidence" / "claims.yml"


@dataclass(frozen=True)
class Claim:
    """One statement of the source document.

    lines: where it stands in the document. verdict: ok, contested, outdated, wrong or unsafe. say: what is true instead.
    treatment: stated, corrected or left_out. answers: ids of the texts that treat it. shows: phrases of these texts that carry
    the correction. never: regular expressions that no text of the assistant may match. reason: why it is left out.
    """

    id: str
    lines: str
    claim: str
    verdict: str
    cell: str
    treatment: str
    answers: tuple[str, ...]
    harm: str = ""
    say: str = ""
    shows: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Contradiction:
    """A point on which the document contradicts itself, the position taken, and the texts and phrases that take it."""

    subject: str
    lines: str
    position: str
    answers: tuple[str, ...]
    shows: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """Claims, contradictions, and the likely questions (question, id of its answer) which the document leaves open."""

    claims: tuple[Claim, ...]
    contradictions: tuple[Contradiction, ...]
    neighbours: tuple[tuple[str, str], ...]

    @classmethod
    def load(cls, base: Knowledge, path: Path = CLAIMS) -> Evidence:
        """Read and check the file against the knowledge base.

        Raises:
            DataError: a claim is given twice or lacks its treatment, an answer is unknown, or a phrase does not stand in it.
        """
        file = YamlFile(path, "claims")
        spoken = texts(base)
        seen: set[str] = set()
        for position, entry in enumerate(file.data["claims"]):
            place: Place = ("claims", position)
            if entry["id"] in seen:
                raise file.error((*place, "id"), f"'{entry['id']}' is given twice")
            seen.add(entry["id"])
            _check_treatment(file, place, entry)
            _check_phrases(file, place, entry, spoken)
        for position, entry in enumerate(file.data["contradictions"]):
            _check_phrases(file, ("contradictions", position), entry, spoken)
        for position, entry in enumerate(file.data["neighbours"]):
            if entry["answer"] not in spoken:
                raise file.error(("neighbours", position, "answer"), f"there is no answer {entry['answer']}")
        return cls(
            tuple(Claim(**_tuples(entry)) for entry in file.data["claims"]),
            tuple(Contradiction(**_tuples(entry)) for entry in file.data["contradictions"]),
            tuple((entry["question"], entry["answer"]) for entry in file.data["neighbours"]),
        )

    def of(self, answer_id: str) -> Iterator[Claim]:
        """The claims that a text treats."""
        return (claim for claim in self.claims if answer_id in claim.answers)


def texts(base: Knowledge) -> dict[str, str]:
    """Every text of the knowledge base that can treat a claim, by id."""
    return {
        **{answer.id: answer.text for answer in (*base.answers(), *base.details())},
        **{myth.full_id: myth.text for topic in base.topics.values() for myth in topic.myths},
    }


def _check_treatment(file: YamlFile, place: Place, entry: Mapping[str, Any]) -> None:
    corrected = entry["treatment"] == "corrected"
    if corrected != (entry["verdict"] != "ok"):
        raise file.error((*place, "treatment"), f"a claim that is {entry['verdict']} cannot be '{entry['treatment']}'")
    if corrected and not entry.get("shows"):
        raise file.error(place, "a corrected claim needs `shows`: the phrases that carry the correction")
    if entry["treatment"] == "left_out" and not entry.get("reason"):
        raise file.error(place, "a claim that is left out needs a `reason`")
    if entry["verdict"] == "unsafe" and not entry.get("never"):
        raise file.error(place, "an unsafe claim needs `never`: patterns of what must not be said")
    for position, pattern in enumerate(entry.get("never", [])):
        try:
            re.compile(pattern)
        except re.error as error:
            raise file.error((*place, "never", position), f"this is not a regular expression: {error}") from None


def _check_phrases(file: YamlFile, place: Place, entry: Mapping[str, Any], spoken: Mapping[str, str]) -> None:
    for position, answer in enumerate(entry["answers"]):
        if answer not in spoken:
            raise file.error((*place, "answers", position), f"there is no answer {answer}")
    for position, phrase in enumerate(entry.get("shows", [])):
        if not any(phrase.lower() in spoken[answer].lower() for answer in entry["answers"]):
            raise file.error((*place, "shows", position), f"'{phrase}' does not stand in {' or '.join(entry['answers'])}")


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
