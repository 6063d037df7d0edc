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

from hypnic.danger import DangerScreen, asserted
from hypnic.yamlfile import ROOT

DANGER = "danger"
LEVELS = ("emergency", "urgent")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class DangerDetector(IntentClassifier, GraphComponent):
    """Puts the intent `danger` in front when the danger screen finds an asserted emergency or urgent sign."""

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
            found = [f for f in asserted(self._screen.screen(message.get(TEXT) or "")) if f.level in LEVELS]
            if found:
                intent = {"name": DANGER, "confidence": 1.0}
                message.set(INTENT, intent, add_to_output=True)
                ranking = [intent, *message.get(INTENT_RANKING_KEY, [])]
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages
