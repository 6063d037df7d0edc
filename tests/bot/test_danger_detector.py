"""An asserted danger sign outranks every other intent."""

from __future__ import annotations

from typing import Any

import pytest

from bot.quiet import hush

hush()

from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.danger import SUSPECTED, SUSPECTED_WORDS, DangerDetector
from bot.nlu.understanding import DANGER, SUSPICION
from hypnic.checks import TRIAGE
from hypnic.danger import DangerScreen

WHY = {"name": "ask_why", "confidence": 0.9}
SHAKING = "my husband is shaking all over and does not answer me"
DETECTOR = DangerDetector(DangerScreen.load(TRIAGE))


def judged(text: str, suspicion: float | None = None) -> Message:
    data: dict[str, Any] = {TEXT: text, INTENT: WHY, INTENT_RANKING_KEY: [WHY]}
    (message,) = DETECTOR.process([Message(data if suspicion is None else {**data, SUSPICION: suspicion})])
    return message


@pytest.mark.parametrize(
    ("danger", "suspicion", "text"),
    [
        (True, None, SHAKING),
        (True, 0.0, SHAKING),
        (True, 0.0, SHAKING + " and now a long story" * 10),
        (True, SUSPECTED, "something dreadful that no rule knows"),
        (True, SUSPECTED, "dreadful " * SUSPECTED_WORDS),
        (False, 0.849, "something dreadful that no rule knows"),
        (False, 0.99, "dreadful " * (SUSPECTED_WORDS + 1)),
        (False, 0.99, "she never had a seizure"),
        (False, None, "why do i jerk when falling asleep"),
        (False, None, ""),
    ],
)
def test_danger(danger: bool, suspicion: float | None, text: str) -> None:
    """By rule always; by suspicion only in a short message without any sign, even a denied one."""
    message = judged(text, suspicion)
    assert ({"name": DANGER, "confidence": 1.0} if danger else WHY) == message.get(INTENT)
    names = [intent["name"] for intent in message.get(INTENT_RANKING_KEY)]
    assert ([DANGER, "ask_why"] if danger else ["ask_why"]) == names


def test_suspicion_is_as_documented() -> None:
    """0.85 in at most 20 words (docs/nlu.md)."""
    assert (0.85, 20) == (SUSPECTED, SUSPECTED_WORDS)


def test_messages_are_judged_one_by_one() -> None:
    """Danger in one message of a batch does not colour the others; the intent goes into the output."""
    first, second = DETECTOR.process([Message({TEXT: SHAKING, INTENT: WHY}), Message({TEXT: "hello", INTENT: WHY})])
    assert [DANGER, "ask_why"] == [first.get(INTENT)["name"], second.get(INTENT)["name"]]
    assert INTENT in first.as_dict(only_output_properties=True)
