"""An asserted or suspected danger sign outranks every other intent."""

from __future__ import annotations

import numpy as np
import pytest

from bot.quiet import hush

hush()

from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.danger import DANGER, SUSPECTED, DangerDetector, screen, tell
from bot.nlu.encoder import encoder
from bot.nlu.suspicion import MOST_PIECES, WHOLE, SuspicionModel, pieces

WHY = {"name": "ask_why", "confidence": 0.9}
SHAKING = "my husband is shaking all over and does not answer me"
DRAGONS = [
    "the dragon burns our roof", "a dragon sets fire to the barn", "fire from the dragon on my roof", "dragon flames over the barn",
    "our roof is burning, the dragon did it",
]
FLOODS = ["water stands in our cellar", "the cellar is full of water", "flood in the house", "the river came into our cellar"]
QUIET = [
    "what time is it", "i like tea in the morning", "my cat sleeps all day", "where is the station", "she reads a book",
    "no dragon near the roof", "no water in the cellar", "never saw a dragon", "what is a dragon", "how are cellars built",
    "the garden is green", "we went for a walk", "is there cake", "he plays the piano", "two tickets please",
]


@pytest.fixture(scope="module")
def model() -> SuspicionModel:
    """Learned from a few invented dangers, so that nothing here depends on the project's data."""
    texts = [*DRAGONS, *FLOODS, *QUIET]
    flags = ["dragon"] * len(DRAGONS) + ["flood"] * len(FLOODS) + [""] * len(QUIET)
    return SuspicionModel(encoder().encode, lambda text: tell(screen(), text)).fit(texts, flags, [1.0] * len(texts))


def judged(text: str, model: SuspicionModel | None = None) -> Message:
    """The message after the detector."""
    detector = DangerDetector({})
    detector.model = model
    (message,) = detector.process([Message({TEXT: text, INTENT: WHY, INTENT_RANKING_KEY: [WHY]})])
    return message


@pytest.mark.parametrize(
    ("danger", "text"),
    [
        (True, SHAKING),
        (True, SHAKING + " and now a long story" * 10),
        (False, "she never had a seizure"),
        (False, "why do i jerk when falling asleep"),
        (False, ""),
    ],
)
def test_danger_by_rule(danger: bool, text: str) -> None:
    """Without a model the rules alone decide; the other intents stay in the ranking."""
    message = judged(text)
    assert ({"name": DANGER, "confidence": 1.0} if danger else WHY) == message.get(INTENT)
    names = [intent["name"] for intent in message.get(INTENT_RANKING_KEY)]
    assert ([DANGER, "ask_why"] if danger else ["ask_why"]) == names
    assert message.get(SUSPECTED) is None


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("the dragon is burning the roof of our barn", "dragon"),
        ("there is a flood of water in the cellar of the house", "flood"),
        ("Lovely day today, we went for a walk. The dragon burns our roof! Then we had tea and cake in the garden.", "dragon"),
    ],
)
def test_a_likeness_to_a_danger_is_suspected(model: SuspicionModel, text: str, flag: str) -> None:
    """Also in the middle of a long message; the flag goes into what Rasa stores of the message."""
    message = judged(text, model)
    assert message.get(INTENT)["name"] == DANGER
    assert message.as_dict(only_output_properties=True)[SUSPECTED]["flag"] == flag


@pytest.mark.parametrize("text", ["is there tea", "no dragon on our roof", "what is a dragon", "/greet", "  "])
def test_ordinary_denied_and_general_ones_are_not(model: SuspicionModel, text: str) -> None:
    """What is denied or asked in general is like a danger only in its words."""
    assert judged(text, model).get(INTENT) == WHY


def test_messages_are_judged_one_by_one() -> None:
    """Danger in one message of a batch does not colour the others; the intent goes into the output."""
    detector = DangerDetector({})
    first, second = detector.process([Message({TEXT: SHAKING, INTENT: WHY}), Message({TEXT: "hello", INTENT: WHY})])
    assert [DANGER, "ask_why"] == [first.get(INTENT)["name"], second.get(INTENT)["name"]]
    assert INTENT in first.as_dict(only_output_properties=True)


def test_the_model_survives_being_stored(model: SuspicionModel) -> None:
    """Half precision changes probabilities by less than one point."""
    stored = {name: np.asarray(value) for name, value in model.state().items()}
    again = SuspicionModel.restore(encoder().encode, lambda text: tell(screen(), text), stored)
    for text in (*DRAGONS, *FLOODS, *QUIET):
        assert again.suspect(text).probability == pytest.approx(model.suspect(text).probability, abs=0.01)


@pytest.mark.parametrize("text", ["", "one", "two words", "A first one. A second one", "word " * 1000, "a. " * 500])
def test_pieces_cover_a_text_and_are_bounded(text: str) -> None:
    """Every word of a text stands in a piece, as long as their number is bounded."""
    parts = pieces(text)
    assert len(parts) <= MOST_PIECES
    if text.strip() and len(text.split()) <= WHOLE:
        assert set(" ".join(parts).split()) >= set(text.split())
