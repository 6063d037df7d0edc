"""Rasa component: messages in another language than English."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.understanding import KNOWN_WORDS
from hypnic.language import other_language
from hypnic.reply import talk

OTHER_LANGUAGE, LANGUAGE = "other_language", "language"
MAX_KNOWN_WORDS = 0.4  # share of words that also stand in our English examples; many short words are alike in two languages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class LanguageDetector(IntentClassifier, GraphComponent):
    """Puts the intent `other_language` in front where most words are unknown and not English; sets `language`."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [IntentClassifier]

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> LanguageDetector:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Judge every message."""
        for message in messages:
            if message.get(KNOWN_WORDS, 1.0) > MAX_KNOWN_WORDS:
                continue
            code = other_language(str(message.get(TEXT) or ""), talk().keys("languages"))
            if code:
                intent = {"name": OTHER_LANGUAGE, "confidence": 1.0}
                message.set(LANGUAGE, code, add_to_output=True)
                message.set(INTENT, intent, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [intent, *message.get(INTENT_RANKING_KEY, [])], add_to_output=True)
        return messages
