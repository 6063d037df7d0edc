"""Rasa component: an asserted danger sign outranks every other intent."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.understanding import DANGER, SUSPICION
from hypnic.danger import DangerScreen, asserted
from hypnic.questions import questions
from hypnic.reply import talk
from hypnic.turn import words
from hypnic.yamlfile import ROOT

LEVELS = ("emergency", "urgent")
# Wordings that no rule knows: on unseen ones the rules alone find 7 of 10 emergencies, with the classifier 9 of 10 and more.
# Long stories look alike to it, so only short messages count (docs/nlu.md).
SUSPECTED = 0.85
SUSPECTED_WORDS = 20


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class DangerDetector(IntentClassifier, GraphComponent):
    """Puts the intent `danger` in front when the danger screen finds an asserted emergency or urgent sign.

    Also when the classifier is sure of danger in a short message and the screen found nothing at all, not even a denied
    or past sign; action_danger then says so conditionally.
    """

    def __init__(self, screen: DangerScreen) -> None:
        self._screen = screen

    @classmethod
    def required_components(cls) -> list[type]:
        return [IntentClassifier]

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> DangerDetector:
        return cls(DangerScreen.load(ROOT / "data" / "triage"))

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent where danger is asserted; the other intents stay in the ranking."""
        for message in messages:
            text = message.get(TEXT) or ""
            findings = self._screen.screen(text)
            found = [f for f in asserted(findings) if f.level in LEVELS]
            suspected = message.get(SUSPICION, 0.0) >= SUSPECTED and len(text.split()) <= SUSPECTED_WORDS
            suspected = suspected and not _asks_in_general(text)
            if found or (suspected and not findings):
                intent = {"name": DANGER, "confidence": 1.0}
                message.set(INTENT, intent, add_to_output=True)
                ranking = [intent, *message.get(INTENT_RANKING_KEY, [])]
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages


def _asks_in_general(text: str) -> bool:
    """Whether a text asks something without telling of anybody: "can stopping diazepam give you jerks"."""
    return bool(questions(text)) and not talk().words("people_words") & words(text)
