"""Rasa component: a danger sign outranks every other intent, whether a rule finds it or it is suspected."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.encoder import encoder
from bot.nlu.suspicion import SuspicionModel
from hypnic.danger import DangerScreen, asserted
from hypnic.questions import questions
from hypnic.reply import talk
from hypnic.turn import words
from hypnic.yamlfile import ROOT

DANGER, NO_DANGER = "danger", "no_danger"
SUSPECTED = "suspected"
LEVELS = ("emergency", "urgent")
FILE = "danger.npz"
OTHERS = 5  # every fifth of the ordinary examples is enough to know what is ordinary
LOOK_ALIKE_WEIGHT = 2.0


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DangerDetector(IntentClassifier, GraphComponent):
    """Puts the intent `danger` in front when the danger screen finds an asserted emergency or urgent sign.

    Also when the model suspects one that no rule knows; `suspected` then holds the flag and the probability. Examples of
    `danger` and `no_danger` carry their flag in the metadata of their NLU block.
    """

    def __init__(self, config: dict[str, Any], storage: ModelStorage | None = None, resource: Resource | None = None) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource = storage, resource
        self._screen = screen()
        self.model: SuspicionModel | None = None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        # From these probabilities on a danger is suspected; a long story has more chances to be like one by accident.
        # Chosen on development data: docs/nlu.md.
        return {"threshold": 0.4, "threshold_of_stories": 0.7, "words_of_a_story": 20}

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> DangerDetector:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the wordings of dangers, from their look-alikes and from a part of all other examples."""
        assert self._storage and self._resource
        kept = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        told = [m for m in kept if m.get(INTENT) in (DANGER, NO_DANGER)]
        told += [m for m in kept if m.get(INTENT) not in (DANGER, NO_DANGER)][::OTHERS]
        flags = [_flag(message) if message.get(INTENT) == DANGER else "" for message in told]
        weights = [LOOK_ALIKE_WEIGHT if message.get(INTENT) == NO_DANGER else 1.0 for message in told]
        self.model = SuspicionModel(encoder().encode, _tell).fit([str(m.get(TEXT)) for m in told], flags, weights)
        buffer = BytesIO()
        np.savez_compressed(buffer, **self.model.state())
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_bytes(buffer.getvalue())
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DangerDetector:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder, np.load(folder / FILE, allow_pickle=False) as stored:
            component.model = SuspicionModel.restore(encoder().encode, _tell, dict(stored))
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent where danger is asserted or suspected; the other intents stay in the ranking."""
        for message in messages:
            text = str(message.get(TEXT) or "")
            found = any(finding.level in LEVELS for finding in asserted(self._screen.screen(text)))
            if not found and self.model and text and not text.startswith(INTENT_MESSAGE_PREFIX):
                suspicion = self.model.suspect(text)
                story = len(text.split()) > int(self._config["words_of_a_story"])
                if suspicion.probability >= float(self._config["threshold_of_stories" if story else "threshold"]):
                    found = True
                    value = {"flag": suspicion.flag, "probability": round(suspicion.probability, 4)}
                    message.set(SUSPECTED, value, add_to_output=True)
            if found:
                intent = {"name": DANGER, "confidence": 1.0}
                message.set(INTENT, intent, add_to_output=True)
                ranking = [intent, *message.get(INTENT_RANKING_KEY, [])]
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages


def tell(rules: DangerScreen, text: str) -> list[float]:
    """What a text says about denial, time and person: shares of its words, and whether it asks, and asks in general."""
    asks = bool(questions(text))
    general = asks and not talk().words("people_words") & words(text)
    findings = [f for f in rules.screen(text) if f.level in LEVELS]
    only_others = bool(findings) and not asserted(findings)  # a sign is there, but denied, past, or somebody else's
    return [*rules.shares(text).values(), float(asks), float(general), float(only_others)]


def _tell(text: str) -> list[float]:
    return tell(screen(), text)


def _flag(message: Message) -> str:
    return str(((message.get(METADATA) or {}).get(METADATA_INTENT) or {}).get("flag", DANGER))


@lru_cache(maxsize=1)
def screen() -> DangerScreen:
    """The danger screen over the project's flags."""
    return DangerScreen.load(ROOT / "data" / "triage")
