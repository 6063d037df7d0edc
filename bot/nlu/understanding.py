"""Rasa component: what is wanted, what it is about, and for whom."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import SPACY_DOCS
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse

from bot.nlu.kernel import NO_TOPIC, Array, CellModel
from bot.nlu.spacy_model import POPULATION, TOPIC

RANKING = 10
TOPIC_RANKING = "topic_ranking"
SUSPICION = "danger_suspicion"
DANGER, NO_DANGER = "danger", "no_danger"
FILE = "cells.npz"
# Questions that come with the vocabulary of topics show best which aspect a wording belongs to.
DOCUMENT_WEIGHT = 3.0


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Understanding(IntentClassifier, GraphComponent):
    """Sets intent, intent_ranking, topic_ranking and the entities topic and population.

    Needs one dense and one sparse sentence feature. Topics of training examples come from the metadata of their NLU
    block; a message without topic metadata trains the topic "none". Topics and populations that a wording of the
    knowledge base names come from the entities of spaCy's ruler.

    Confidence of the intent is the geometric mean of its probability and of the nearness to the nearest training example,
    which falls for off-topic text better than either alone (docs/nlu.md).
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"dense_weight": 0.6, "ridge": 0.1, "ruler_bonus": 0.2}

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn", "scipy"]

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource = storage, resource
        self.model: CellModel | None = None

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> Understanding:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have an intent and both features."""
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        features = [_features(message) for message in examples]
        kept = [(message, pair) for message, pair in zip(examples, features) if pair]
        cells = [(str(message.get(INTENT)), str(_block(message).get(TOPIC, NO_TOPIC))) for message, _ in kept]
        weights = np.array([DOCUMENT_WEIGHT if _block(m).get("document") else 1.0 for m, _ in kept])
        self.model = CellModel(*(float(self._config[key]) for key in ("dense_weight", "ridge", "ruler_bonus")))
        dense = np.vstack([vectors for _, (vectors, _) in kept])
        counts = sparse.vstack([words for _, (_, words) in kept]).tocsr()
        self.model.fit(dense, counts, cells, weights)
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_bytes(self.model.to_bytes())
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Understanding:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component.model = CellModel.from_bytes((folder / FILE).read_bytes())
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Judge every message; one without features (a button's payload) gets no intent here, Rasa reads it itself."""
        for message in messages:
            pair = _features(message)
            if pair and self.model:
                self._process(message, *pair)
            else:
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [], add_to_output=True)
        return messages

    def _process(self, message: Message, dense: Array, counts: sparse.spmatrix) -> None:
        assert self.model
        spans = _ruled(message)
        named = list(dict.fromkeys(value for label, value, *_ in spans if label == TOPIC))
        judged = self.model.judge(dense, counts, frozenset(named))
        message.set(SUSPICION, dict(judged.intents()).get(DANGER, 0.0))
        # Whether there is danger is decided by DangerDetector; here the question beside it is what matters.
        best_intent, best_topic, _ = next(cell for cell in judged.cells if cell[0] not in (DANGER, NO_DANGER))
        others = [(name, p) for name, p in judged.intents() if name not in (DANGER, NO_DANGER)]
        left = max(sum(p for _, p in others), 1e-6)
        intents = _ranking([(name, p / left) for name, p in others], best_intent, judged.nearness)
        topics = [(name, p / left) for name, p in judged.topics() if name != NO_TOPIC]
        message.set(INTENT, intents[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, intents[:RANKING], add_to_output=True)
        ranking = [{"name": topic, "confidence": p} for topic, p in topics][:RANKING]
        message.set(TOPIC_RANKING, ranking, add_to_output=True)
        found = [_entity(TOPIC, value, start, end, 0.5) for label, value, start, end in spans if label == TOPIC]
        if best_topic != NO_TOPIC:
            found.insert(0, _entity(TOPIC, best_topic, 0, len(message.get(TEXT)), dict(topics)[best_topic] + 0.5))
        found += [_entity(POPULATION, value, start, end, 1.0) for label, value, start, end in spans if label == POPULATION]
        message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)


def _features(message: Message) -> tuple[Array, sparse.spmatrix] | None:
    _, dense = message.get_dense_features(TEXT)
    _, counts = message.get_sparse_features(TEXT)
    if dense is None or counts is None:
        return None
    return np.asarray(dense.features, dtype=np.float32), counts.features.tocsr()


def _block(message: Message) -> dict[str, Any]:
    return (message.get(METADATA) or {}).get(METADATA_INTENT) or {}


def _ruled(message: Message) -> list[tuple[str, str, int, int]]:
    doc = message.get(SPACY_DOCS[TEXT])
    return [(e.label_, e.ent_id_, e.start_char, e.end_char) for e in doc.ents] if doc is not None else []


def _entity(label: str, value: str, start: int, end: int, confidence: float) -> dict[str, Any]:
    return {
        "entity": label,
        "value": value,
        "start": start,
        "end": end,
        "confidence_entity": round(min(confidence, 1.0), 4),
        "extractor": "Understanding",
    }


def _ranking(intents: list[tuple[str, float]], first: str, nearness: float) -> list[dict[str, Any]]:
    """Intents with confidences, the one of the likeliest cell in front."""
    ordered = sorted(intents, key=lambda item: (item[0] != first, -item[1]))
    return [{"name": name, "confidence": float(np.sqrt(p * nearness))} for name, p in ordered]
