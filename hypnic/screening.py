"""Short questionnaires after the check: who is offered which, the questions, the sum and what it means.

Every sentence and every score is in data/triage/screening.yml. The cut-offs are those of Plummer 2016 (GAD-2) and of
Arroll 2010 (PHQ-2).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypnic.knowledge import Source
from hypnic.reply import Button, Reply, choice, fill, listed
from hypnic.triage import FACTS
from hypnic.turn import Understood, plain
from hypnic.yamlfile import YamlFile

Scores = Mapping[str, tuple[int, ...]]
OFFER, CRISIS = "screening", "crisis"
ANSWER = "answer_check"
WHY = "why"
ADULT = ("age.adult", "age.older")
_NUMBERS = {2: "two", 4: "four"}


@dataclass(frozen=True)
class Instrument:
    """One questionnaire; the fields are those of screening.yml."""

    id: str
    name: str
    what: str
    when: frozenset[str]
    lead: str
    items: tuple[str, ...]
    cut: int
    high: str
    low: str
    crisis: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Choice:
    """One answer: what its button says, further words for it, and what follows: a reply, or a flag."""

    id: str
    label: str
    lay: tuple[str, ...]
    reply: str = ""
    tells: str = ""


@dataclass(frozen=True)
class Screened:
    """The outcome of one message.

    asked: what waits now; "" when it is over. scores: the answers so far, 0 to 3 each, by instrument. danger: a flag that was
    told. aside: the message is none of this: "question" for the knowledge base, "talk" for small talk.
    """

    replies: tuple[Reply, ...]
    asked: str
    scores: Scores
    danger: str = ""
    aside: str = ""
    missed: bool = False


class Screening:
    """Plays the questionnaires.

    Args:
        folder: where screening.yml stands.
        flags: the flags of flags.yml.
        sources: the sources of the knowledge base by id.

    Raises:
        DataError: the file cannot be used; names file, line and field.
    """

    def __init__(self, folder: Path, flags: Collection[str], sources: Mapping[str, Source]) -> None:
        file = YamlFile(folder / "screening.yml", "screening")
        self._say: dict[str, Any] = file.data
        self._answers = tuple(Choice(str(at), row["label"], tuple(row["lay"])) for at, row in enumerate(file.data["answers"]))
        crisis = file.data["crisis"]["options"]
        self._crisis = tuple(
            Choice(row["id"], row["label"], tuple(row["lay"]), row.get("reply", ""), row.get("tells", "")) for row in crisis
        )
        for at, option in enumerate(self._crisis):
            if option.tells and option.tells not in flags:
                raise file.error(("crisis", "options", at, "tells"), f"'{option.tells}' is not a flag of flags.yml")
        self.instruments: dict[str, Instrument] = {}
        for name, row in file.data["instruments"].items():
            for at, source in enumerate(row["sources"]):
                if source not in sources:
                    raise file.error(("instruments", name, "sources", at), f"'{source}' is not in _sources.yml")
            for at, fact in enumerate(row["when"]):
                if fact not in FACTS:
                    raise file.error(("instruments", name, "when", at), f"'{fact}' is not a fact")
            if row["cut"] > 3 * len(row["items"]):
                raise file.error(("instruments", name, "cut"), "no sum of the answers is that high")
            self.instruments[name] = Instrument(
                name, row["name"], row["what"], frozenset(row["when"]), row["lead"], tuple(row["items"]), row["cut"],
                row["high"], row["low"], bool(row.get("crisis")), tuple(sources[source] for source in row["sources"]),
            )  # fmt: skip

    def due(self, known: Collection[str]) -> tuple[str, ...]:
        """Takes the names that hold; gives the instruments to offer: to adults who ask for themselves."""
        if not any(age in known for age in ADULT) or any(name.startswith("who.") and name != "who.self" for name in known):
            return ()
        return tuple(one.id for one in self.instruments.values() if one.when & set(known))

    def waits(self, asked: str) -> bool:
        """Whether what waits belongs to the questionnaires."""
        return asked in (OFFER, CRISIS) or asked.partition(".")[0] in self.instruments

    def offer(self, due: tuple[str, ...]) -> Reply:
        """The offer of these instruments, with a button for yes and for no."""
        what = " and ".join(self.instruments[name].what for name in due)
        count = sum(len(self.instruments[name].items) for name in due)
        text = fill(self._say["offer"], {"what": what, "count": _NUMBERS.get(count, str(count))})
        buttons = (_button(self._say["agree"], OFFER, "yes"), _button(self._say["refuse"], OFFER, "no"))
        return Reply(text, {"kind": "question", "id": OFFER, "step": 0, "of": count}, buttons)

    def question(self, asked: str, due: tuple[str, ...]) -> Reply:
        """What waits, as a message."""
        if asked == OFFER:
            return self.offer(due)
        steps = [f"{name}.{item}" for name in due for item in range(len(self.instruments[name].items))]
        if asked == CRISIS:
            buttons = tuple(_button(one.label, CRISIS, one.id) for one in self._crisis)
            custom = {"kind": "question", "id": CRISIS, "step": len(steps), "of": len(steps)}
            return Reply(self._say["crisis"]["ask"], custom, (*buttons, _button(self._say["why_button"], CRISIS, WHY)))
        name, _, item = asked.partition(".")
        one = self.instruments[name]
        buttons = tuple(_button(answer.label, asked, answer.id) for answer in self._answers)
        custom = {"kind": "question", "id": asked.replace(".", "_"), "step": steps.index(asked) + 1, "of": len(steps)}
        return Reply(f"{one.lead}\n{one.items[int(item)]}", custom, buttons)

    def respond(
        self, said: Understood, asked: str, scores: Scores, due: tuple[str, ...], pressed: str, missed: bool
    ) -> Screened:
        """The replies to one message.

        Args:
            said: what the NLU made of it.
            asked: what waits.
            scores: the answers so far.
            due: the instruments that were offered.
            pressed: value of the button, when one was pressed.
            missed: whether the last message was not understood already.
        """
        if pressed and not pressed.startswith(f"{asked}."):
            return Screened((self.question(asked, due),), asked, scores)  # an older button
        wanted = pressed.removeprefix(f"{asked}.") if pressed else ""
        if wanted == WHY or (not wanted and said.intent == "why_do_you_ask"):
            why = self._say["crisis"]["why"] if asked == CRISIS else self._say["why"]
            return Screened((_chat(why), self.question(asked, due)), asked, scores)
        if asked == OFFER:
            return self._offered(said, scores, due, wanted)
        if not wanted and said.intent == "go_back":
            return self._back(asked, scores, due)
        choices = self._crisis if asked == CRISIS else self._answers
        answer = next((one for one in choices if one.id == wanted), None)
        if not pressed and said.intent != "dont_know":  # "no idea" is not "no"
            answer = _chosen(said.text, choices) or (choices[0] if said.intent == "deny" else None)
        if answer is None and said.aspect and not pressed:
            return Screened((self.question(asked, due),), asked, scores, aside="question")
        if answer is None and (missed or said.intent == "dont_know"):
            text = self._say["crisis"]["unsure"] if asked == CRISIS else self._say["left_out"]
            return Screened((_chat(text),), "", scores)
        if answer is None:
            note = () if asked == CRISIS else (_chat(self._say["not_understood"]),)
            return Screened((*note, self.question(asked, due)), asked, scores, missed=True)
        if asked == CRISIS:
            return Screened((_chat(answer.reply),) if answer.reply else (), "", scores, answer.tells)
        return self._answered(asked, int(answer.id), scores, due)

    def sums(self, scores: Scores) -> list[str]:
        """Each finished instrument with its sum, for the page for the doctor."""
        return [
            f"{one.name}: {sum(scores[one.id])} of {3 * len(one.items)}"
            for one in self.instruments.values()
            if len(scores.get(one.id, ())) == len(one.items)
        ]

    def _offered(self, said: Understood, scores: Scores, due: tuple[str, ...], wanted: str) -> Screened:
        if wanted == "yes" or (not wanted and said.intent == "affirm"):
            asked = f"{due[0]}.0"
            return Screened((self.question(asked, due),), asked, scores)
        if wanted == "no" or (not wanted and said.intent == "deny"):
            return Screened((_chat(self._say["refused"]),), "", scores)
        return Screened((), "", scores, aside="question")  # it was only offered; who writes something else does not want it

    def _answered(self, asked: str, score: int, scores: Scores, due: tuple[str, ...]) -> Screened:
        name, _, item = asked.partition(".")
        scores = {**scores, name: (*scores.get(name, ())[: int(item)], score)}
        following = self._after(name, int(item), due)
        if following:
            return Screened((self.question(following, due),), following, scores)
        finished = [self.instruments[one] for one in due if one in scores]
        results = [self._meaning(one, scores[one.id]) for one in finished]
        sources = [source for one in finished for source in one.sources]
        results.append(_chat(f"{self._say['no_diagnosis']} {fill(self._say['sources'], {'sources': listed(sources)})}"))
        if any(one.crisis and sum(scores[one.id]) >= one.cut for one in finished):
            return Screened((*results, self.question(CRISIS, due)), CRISIS, scores)
        return Screened(tuple(results), "", scores)

    def _after(self, name: str, item: int, due: tuple[str, ...]) -> str:
        if item + 1 < len(self.instruments[name].items):
            return f"{name}.{item + 1}"
        later = due[due.index(name) + 1 :]
        return f"{later[0]}.0" if later else ""

    def _back(self, asked: str, scores: Scores, due: tuple[str, ...]) -> Screened:
        steps = [OFFER, *(f"{name}.{item}" for name in due for item in range(len(self.instruments[name].items))), CRISIS]
        before = steps[steps.index(asked) - 1]
        return Screened((self.question(before, due) if before != OFFER else self.offer(due),), before, scores)

    def _meaning(self, instrument: Instrument, answers: tuple[int, ...]) -> Reply:
        score = sum(answers)
        text = fill(instrument.high if score >= instrument.cut else instrument.low, {"score": str(score)})
        return _chat(text)


def _chosen(text: str, choices: tuple[Choice, ...]) -> Choice | None:
    """The answer whose words stand in the text; the longest match counts."""
    said = f" {plain(text)} "
    best: tuple[int, Choice | None] = (0, None)
    for one in choices:
        for phrase in (one.label, *one.lay):
            if f" {plain(phrase)} " in said and len(phrase) > best[0]:
                best = (len(phrase), one)
    return best[1]


def _button(title: str, asked: str, value: str) -> Button:
    return choice(title, ANSWER, f"{asked}.{value}")


def _chat(text: str) -> Reply:
    return Reply(text, {"kind": "chat"})
