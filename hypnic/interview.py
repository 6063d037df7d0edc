"""The questions of the check as data, and what was answered so far. Decides what to ask next; says nothing itself.

Source of the order and the wording of what is asked: data/triage/questions.yml.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hypnic.danger import LEVELS
from hypnic.triage import FACTS, KINDS, Triage, Verdict, merged
from hypnic.turn import plain
from hypnic.typed import Denial, Option, chosen
from hypnic.yamlfile import YamlFile


@dataclass(frozen=True)
class Question:
    """One question; the fields are those of questions.yml."""

    id: str
    ask: str
    why: str
    help: str
    retry: str
    about: str
    basic: bool
    needs: tuple[frozenset[str], ...]
    none: frozenset[str]
    known: frozenset[str]
    unknown: tuple[str, ...]
    options: tuple[Option, ...]

    @property
    def concerns(self) -> frozenset[str]:
        """Every name that an answer to this question may tell."""
        kinds = {name for name in self.known if name in KINDS}
        every = {f"{kind}.{value}" for kind in kinds for value in KINDS[kind].split()}
        return frozenset(every | (self.known - kinds) | {name for o in self.options for name in (*o.yes, *o.no)})

    def option(self, wanted: str) -> Option | None:
        """The option with this id."""
        return next((option for option in self.options if option.id == wanted), None)

    def contradicts(self, option: Option, told: Collection[str]) -> bool:
        """Whether names that a text tells or denies are something else than an option: told beside an option that only denies,
        or another value of what the question asks for."""
        if {*option.yes, *option.no} & frozenset(told):
            return False
        asked = (name for name in told if "." in name and (name in self.known or name.partition(".")[0] in self.known))
        return bool(told) if option.denies else any(asked)

    def chosen(self, text: str, denial: Denial) -> Option | None:
        """The option that typed words choose, see hypnic.typed; None when they fit none or it is not sure."""
        return chosen(self.options, text, denial)


@dataclass(frozen=True)
class Answer:
    """What one question brought: names that are true, names that are not, or that the person does not know."""

    question: str
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    unknown: bool = False


@dataclass(frozen=True)
class Known:
    """Everything that holds now. Names in unknown were asked for and the person did not know."""

    yes: frozenset[str]
    no: frozenset[str]
    unknown: frozenset[str]

    @property
    def who(self) -> str:
        """Whom it is about."""
        return next((name.partition(".")[2] for name in sorted(self.yes) if name.startswith("who.")), "self")


@dataclass(frozen=True)
class State:
    """A check under way. Holds names only, never what a person wrote.

    yes, no: told outside the questions. asked: id of the question that waits, "consent", or "" at the end. tries: how often
    the waiting question was not understood or not known. about: pattern the person asked about. scores: answers to short
    questionnaires (hypnic/screening.py), by instrument; held as pairs, so that a state cannot change.
    """

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    asked: str = ""
    tries: int = 0
    about: str = ""
    scores: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is kept in a slot."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> State:
        """The inverse of to_json."""
        answers = tuple(
            Answer(a["question"], tuple(a["yes"]), tuple(a["no"]), bool(a["unknown"])) for a in data.get("answers", [])
        )
        return cls(
            tuple(data.get("yes", [])),
            tuple(data.get("no", [])),
            answers,
            str(data.get("asked", "")),
            int(data.get("tries", 0)),
            str(data.get("about", "")),
            tuple((str(name), tuple(map(int, answers))) for name, answers in data.get("scores", [])),
        )

    def told(self, yes: Iterable[str], no: Iterable[str]) -> State:
        """With something told outside the questions."""
        new_yes, new_no = frozenset(yes), frozenset(no)
        kept = merged(frozenset(self.yes) - new_no, new_yes)
        return replace(self, yes=tuple(sorted(kept)), no=tuple(sorted((frozenset(self.no) | new_no) - new_yes)))


class Interview:
    """Reads questions.yml and decides what is known, what to ask and what it means.

    Args:
        folder: where questions.yml, rules.yml and flags.yml stand.

    Raises:
        DataError: a file cannot be used; names file, line and field.
    """

    def __init__(self, folder: Path) -> None:
        self.rules = Triage.load(folder)
        file = YamlFile(folder / "questions.yml", "questions")
        self._grave = frozenset(name for name, (level, _) in self.rules.flags.items() if level in ("emergency", "urgent"))
        self.limit = int(file.data["limit"])
        self.consent: dict[str, str] = file.data["consent"]
        self.say: dict[str, str] = file.data["say"]
        self.people: dict[str, dict[str, str]] = file.data["people"]
        self.questions: dict[str, Question] = {}
        for at, row in enumerate(file.data["questions"]):
            if row["id"] in self.questions:
                raise file.error(("questions", at, "id"), f"'{row['id']}' is given twice")
            question = _question(row)
            self.questions[question.id] = question
            for name in sorted(question.concerns | question.none | frozenset(question.unknown).union(*question.needs)):
                if name not in FACTS and name not in self.rules.flags:
                    raise file.error(("questions", at), f"'{name}' is neither a fact nor a flag of flags.yml")
        words = {key[: -len("_words")]: text for key, text in self.say.items() if key.endswith("_words")}
        phrases = [phrase for q in self.questions.values() for o in q.options for phrase in (o.label, *o.lay)]
        numbers: dict[str, int] = file.data["numbers"]
        self.denial = Denial(words, numbers, {word for phrase in phrases for word in plain(phrase).split()})

    def known(self, state: State) -> Known:
        """What holds now: the story, then each answer whose question still applies."""
        yes, no, unknown = frozenset(state.yes), frozenset(state.no), frozenset[str]()
        for answer in state.answers:
            question = self.questions[answer.question]
            if not _applies(question, yes):
                continue  # an answer before it was changed, and this question with it
            if answer.unknown:
                unknown |= frozenset(question.unknown)
            # A list that was waved through takes back no danger that was told; only changing it outright does.
            yes = merged(yes - (frozenset(answer.no) - self._grave), answer.yes)
            no = (no | frozenset(answer.no)) - yes
        return Known(yes, no, unknown - yes)

    def verdict(self, state: State) -> Verdict:
        """The verdict on what is known. What was not known counts as its question says."""
        known = self.known(state)
        return self.rules.decide(known.yes | known.unknown)

    def next(self, state: State) -> Question | None:
        """What to ask now; None when no answer can change the result any more, or the limit is reached."""
        known, verdict = self.known(state), self.verdict(state)
        if verdict.level == "emergency" or len(state.answers) >= self.limit:
            return None
        for question in self.questions.values():
            if question.id in [answer.question for answer in state.answers] or not _applies(question, known.yes):
                continue
            if _is_known(question, known) or (question.about and question.about != state.about):
                continue
            if question.about or (question.basic and verdict.level != "urgent") or self._matters(question, known, verdict):
                return question
        return None

    def left(self, state: State) -> int:
        """About how many questions are still to come, for the progress line."""
        count = 0
        while count < self.limit:
            question = self.next(state)
            if question is None:
                break
            count += 1
            first = question.options[0]
            state = replace(state, answers=(*state.answers, Answer(question.id, first.yes, first.no)))
        return count

    def _matters(self, question: Question, known: Known, verdict: Verdict) -> bool:
        """Whether some answer raises the level, or leads to another picture while no danger has been found."""
        now = known.yes | known.unknown
        for option in question.options:
            then = self.rules.decide(merged(now - (frozenset(option.no) - self._grave), option.yes))
            if LEVELS.index(then.level) < LEVELS.index(verdict.level):
                return True
            if then.pattern != verdict.pattern and verdict.level not in ("urgent", "emergency"):
                return True
        return False


def _applies(question: Question, yes: Collection[str]) -> bool:
    return all(any(name in yes for name in group) for group in question.needs) and not any(n in yes for n in question.none)


def _is_known(question: Question, known: Known) -> bool:
    for name in question.known:
        kind = f"{name}." if name in KINDS else name
        if any(told.startswith(kind) if name in KINDS else told == name for told in known.yes):
            return True
        if name not in KINDS and name in known.no and len(question.known) == 1:
            return True
    return False


def _question(row: dict[str, Any]) -> Question:
    return Question(
        row["id"],
        row["ask"],
        row["why"],
        row["help"],
        row.get("retry", ""),
        row.get("about", ""),
        bool(row.get("basic", False)),
        tuple(frozenset(group) for group in row.get("needs", [])),
        frozenset(row.get("none", [])),
        frozenset(row.get("known", [])),
        tuple(row.get("unknown", [])),
        tuple(
            Option(
                o["id"],
                o["label"],
                tuple(o["lay"]),
                tuple(o.get("tells", [])),
                tuple(o.get("denies", [])),
                tuple(o.get("ages", [])),
            )
            for o in row["options"]
        ),
    )
