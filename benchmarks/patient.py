"""A scripted patient who writes to the running Hypnic over HTTP: the first message, then the check, by button or by hand.

What the patient knows are the facts of a vignette. A level counts when a reply's `custom` tells it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from benchmarks.running import Client, Message
from hypnic.check import CONSENT, UNKNOWN
from hypnic.danger import LEVELS
from hypnic.interview import Interview, Option, Question
from hypnic.reply import KINDS
from hypnic.triage import Verdict
from hypnic.yamlfile import ROOT

WORDS = ROOT / "tests" / "cases" / "patient.yml"
START = "how soon do I need help?"
MOST_TURNS = 20  # the check has eight questions; each may be asked twice
SILENT = Verdict("self_care", "none", "", (), "")  # nobody was sent anywhere
# Kinds that are right at each step; first: not only small talk either.
EXPECTED = {
    "first": frozenset("answer compare myth clarify question triage danger chat".split()),
    "check": frozenset("question triage danger chat".split()),
}
Choose = Callable[[Question], Option | None]


@dataclass
class Played:
    """One vignette played to its end.

    first, after: what was advised on the first message, and at the end. asked: questions of the check. ended: the check came
    to a result. typed: answers in own words; repeated: those of them after which the same question came again, by question and
    option. wrong: kinds of reply that have no place where they came, with their number.
    """

    first: Verdict = SILENT
    after: Verdict = SILENT
    asked: int = 0
    ended: bool = False
    typed: int = 0
    repeated: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)


class Patient:
    """Plays vignettes.

    Args:
        interview: the questions, whose ids the replies carry.
        typing: answers in own words (tests/cases/patient.yml) instead of by button.
    """

    def __init__(self, interview: Interview, typing: bool) -> None:
        self._interview, self._typing = interview, typing
        self._words: dict[str, dict[str, str | list[str]]] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
        self._turn = 0  # of the wordings; the next vignette takes the next one

    def play(self, client: Client, text: str, choose: Choose) -> Played:
        """Plays one vignette.

        Args:
            client: somebody new at the running Hypnic.
            text: the first message.
            choose: the answer to a question; None when the patient does not know.
        """
        played = Played()
        self._turn += 1
        replies = client.say(text)
        self._judge(played, replies, "first")
        if all(message["custom"]["kind"] == "chat" for message in replies):
            played.wrong["first: small talk only"] += 1
        played.first = played.after = self._advice(replies)
        if played.first.level == "emergency":
            played.ended = True
            return played
        if self._waits(replies) is None:
            replies = self._start(client, replies)
            self._judge(played, replies, "check")
        before, option = "", None
        for _ in range(MOST_TURNS):
            question = self._waits(replies)
            told = self._advice(replies)
            if told.level == "emergency" or (not question and any(m["custom"]["kind"] == "triage" for m in replies)):
                played.after, played.ended = told, True
                break
            if question is None:
                break
            name = question["custom"]["id"]
            played.asked += name not in (CONSENT, before)
            if self._typing and name == before:
                played.repeated[f"{name}.{option.id if option else 'unknown'}"] += 1
            option = None if name == CONSENT else choose(self._interview.questions[name])
            replies = self._reply(client, question, option, again=name == before)
            played.typed += self._typing and name not in (CONSENT, before)
            self._judge(played, replies, "check")
            before = name
        if not played.ended:
            played.wrong["check: no result"] += 1
        return played

    def _start(self, client: Client, replies: list[Message]) -> list[Message]:
        offered = (button["payload"] for message in replies for button in message.get("buttons", []))
        payload = next((payload for payload in offered if payload.startswith("/start_check")), "")
        return client.press(payload) if payload and not self._typing else client.say(START)

    def _reply(self, client: Client, question: Message, option: Option | None, again: bool) -> list[Message]:
        """Answers a question; who was not understood in own words takes the button."""
        name = question["custom"]["id"]
        if name == CONSENT:
            return client.say("yes") if self._typing else client.press(_payload(question, f"{CONSENT}.yes"))
        if self._typing and not again:
            return client.say(self._typed(name, option) if option else "I don't know")
        return client.press(_payload(question, f"{name}.{option.id if option else UNKNOWN}"))

    def _typed(self, name: str, option: Option) -> str:
        words = self._words.get(name, {}).get(option.id, option.label)
        return words if isinstance(words, str) else words[self._turn % len(words)]

    def _advice(self, replies: list[Message]) -> Verdict:
        """The gravest level told in these replies."""
        told = [self._told(message["custom"]) for message in replies if message["custom"]["kind"] in ("triage", "danger")]
        return min(told, key=lambda verdict: LEVELS.index(verdict.level), default=SILENT)

    def _told(self, custom: Mapping[str, Any]) -> Verdict:
        if custom["kind"] == "triage":
            return Verdict(custom["level"], custom["timeframe"], custom["pattern"], tuple(custom["flags"]), "")
        found = self._interview.rules.decide(custom["flags"])  # time and picture, which the words for danger do not name
        return Verdict(custom["level"], found.timeframe, found.pattern, found.flags, "")

    def _waits(self, replies: list[Message]) -> Message | None:
        """The question of the check that waits; what is offered after the result is none."""
        asked = (message for message in reversed(replies) if message["custom"]["kind"] == "question")
        return next((one for one in asked if one["custom"]["id"] in {CONSENT, *self._interview.questions}), None)

    def _judge(self, played: Played, replies: list[Message], step: str) -> None:
        for message in replies:
            kind = str((message.get("custom") or {}).get("kind"))
            if kind not in KINDS or kind not in EXPECTED[step]:
                played.wrong[f"{step}: {kind}"] += 1


def _payload(message: Message, value: str) -> str:
    """The payload of the button that stands for this answer; raises LookupError when it is not offered."""
    for button in message.get("buttons", []):
        if f'"{value}"' in button["payload"]:
            return str(button["payload"])
    raise LookupError(f"no button for {value}")
