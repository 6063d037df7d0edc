"""Rasa component: what is wanted, what it is about, and for whom."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import SPACY_DOCS
from rasa.nlu.utils.spacy_utils import SpacyNLP
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.tokens import Doc

from bot.nlu.danger import DANGER, NO_DANGER
from bot.nlu.encoder import encoder
from bot.nlu.features import Vectoriser
from bot.nlu.kernel import GENERAL, NO_TOPIC, CellModel, Example, Judgement
from bot.nlu.spacy_model import POPULATION, TOPIC
from hypnic.knowledge import MYTH, knowledge
from hypnic.questions import questions

RANKING = 10
TOPIC_RANKING, QUESTIONS, NEAREST, ASKED_FOR = "topic_ranking", "questions", "nearest", "asked_for"
KNOWN_WORDS = "known_words"
FILE = "cells.npz"
# Questions that come with the vocabulary of topics show best which aspect a wording belongs to.
DOCUMENT_WEIGHT = 3.0
# Wordings of myths only lead to their myth; as examples of an intent they would draw plain questions to it.
MYTH_WEIGHT = 0.01
MASK = "it"
UMBRELLA = knowledge().vocabulary.umbrella


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Understanding(IntentClassifier, GraphComponent):
    """Sets intent, intent_ranking, topic_ranking, the entities topic and population, and what the core needs beside them.

    Topics, populations and ids of details and myths of training examples come from the metadata of their NLU block; a message
    without topic metadata trains the topic "none". Topics and populations that a wording of the knowledge base names come
    from the entities of spaCy's ruler.

    Confidence of the intent is the geometric mean of its probability and of the nearness to the nearest training example,
    which falls for off-topic text better than either alone (docs/nlu.md).

    With several questions in one message, `questions` lists the parse of each, and the message gets the intent of the first.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [SpacyNLP]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        # question_confidence: below it a part of a message is not taken for a question of its own.
        # population_score: above it the people are learned, not named. Both chosen on development data.
        return {"dense_weight": 0.6, "ridge": 0.1, "ruler_bonus": 0.2, "question_confidence": 0.5, "population_score": 0.6}

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn", "scipy", "onnxruntime", "onnx", "tokenizers"]

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource = storage, resource
        self.vectoriser = Vectoriser(encoder().encode)
        self.model: CellModel | None = None

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> Understanding:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have a text and an intent, but for danger: bot/nlu/danger.py learns that."""
        kept = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT) not in (None, DANGER, NO_DANGER)]
        plain = [str(message.get(TEXT)) for message in kept]
        masked = [_masked(message.get(TEXT), message.get(SPACY_DOCS[TEXT])) for message in kept]
        features = self.vectoriser.fit([*plain, *masked])
        self.model = CellModel(*(float(self._config[key]) for key in ("dense_weight", "ridge", "ruler_bonus")))
        self.model.fit(features[: len(kept)], features[len(kept) :], [_example(message) for message in kept])
        buffer = BytesIO()
        np.savez_compressed(buffer, **self.vectoriser.state(), **self.model.state())
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
    ) -> Understanding:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder, np.load(folder / FILE, allow_pickle=False) as stored:
            state = dict(stored)
        component.vectoriser = Vectoriser.restore(encoder().encode, state)
        component.model = CellModel.restore(state)
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Judge every message; a button's payload gets no intent here, Rasa reads it itself."""
        for message in messages:
            text = str(message.get(TEXT) or "")
            if self.model and text and not text.startswith(INTENT_MESSAGE_PREFIX):
                self._process(message, text)
            else:
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [], add_to_output=True)
        return messages

    def _process(self, message: Message, text: str) -> None:
        doc = message.get(SPACY_DOCS[TEXT])
        found = questions(text)
        spans = [(0, len(text))]
        if len(found) > 1:
            spans += [span for q in found for span in ((q.start, q.end), (q.told, q.end))]
        parsed = self._parse(text, doc, spans)
        message.set(KNOWN_WORDS, self.vectoriser.known_words(text))
        asked = [_with_topic(own, told) for own, told in zip(parsed[1::2], parsed[2::2])]
        if sum(self._is_question(part) for part in asked) > 1:
            message.set(QUESTIONS, asked, add_to_output=True)
            first = next(part for part in asked if self._is_question(part))
            parsed[0].update({key: first[key] for key in (INTENT, INTENT_RANKING_KEY)})
        for key, value in parsed[0].items():
            message.set(key, [*message.get(ENTITIES, []), *value] if key == ENTITIES else value, add_to_output=True)

    def _is_question(self, part: dict[str, Any]) -> bool:
        sure = part[INTENT]["confidence"] >= float(self._config["question_confidence"])
        return bool(sure and part[INTENT]["name"].startswith("ask_"))

    def _parse(self, text: str, doc: Doc, spans: list[tuple[int, int]]) -> list[dict[str, Any]]:
        """What Rasa calls a parse, for each span of the text."""
        assert self.model
        parts = [text[start:end].strip(" ,") for start, end in spans]
        masked = [_masked(text, doc, *span).strip(" ,") for span in spans]
        features = self.vectoriser.transform([*parts, *masked])
        parses = []
        for row, (start, end) in enumerate(spans):
            ruled = [e for e in doc.ents if start <= e.start_char and e.end_char <= end]
            named = frozenset(e.ent_id_.partition("/")[0] for e in ruled if e.label_ == TOPIC)
            plain, bare = features[row : row + 1], features[len(spans) + row : len(spans) + row + 1]
            parses.append(self._parsed(parts[row], self.model.judge(plain, bare, named, UMBRELLA), ruled, len(text)))
        return parses

    def _parsed(self, text: str, judged: Judgement, ruled: list[Any], length: int) -> dict[str, Any]:
        best_intent, best_topic, _ = judged.cells[0]
        intents = _ranking(judged.intents(), best_intent, judged.nearness)
        topics = [(name, p) for name, p in judged.topics() if name != NO_TOPIC]
        entities = [_entity(e.label_, e.ent_id_, e.start_char, e.end_char, 0.5 if e.label_ == TOPIC else 1.0) for e in ruled]
        if best_topic != NO_TOPIC:
            entities.insert(0, _entity(TOPIC, best_topic, 0, length, dict(topics)[best_topic] + 0.5))
        people, score = judged.populations[0]
        if people != GENERAL and score >= float(self._config["population_score"]):
            entities.append(_entity(POPULATION, people, 0, length, min(score, 0.99)))
        return {
            TEXT: text,
            INTENT: intents[0],
            INTENT_RANKING_KEY: intents[:RANKING],
            TOPIC_RANKING: [{"name": topic, "confidence": p} for topic, p in topics][:RANKING],
            ENTITIES: entities,
            NEAREST: {INTENT: judged.nearest[0], TOPIC: judged.nearest[1], "cosine": judged.nearness},
            ASKED_FOR: [{"id": wanted, "cosine": cosine, "lead": lead} for wanted, cosine, lead in judged.asked_for],
        }


def _with_topic(own: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """The parse of a question, with the topic and the people of what was told before it where it names none itself."""
    have = {entity["entity"] for entity in own[ENTITIES]}
    return {**own, ENTITIES: [*own[ENTITIES], *(e for e in told[ENTITIES] if e["entity"] not in have)]}


def _masked(text: str, doc: Doc | None, start: int = 0, end: int | None = None) -> str:
    """The text from start to end with every named topic replaced by a pronoun."""
    end = len(text) if end is None else end
    pieces, last = [], start
    for entity in doc.ents if doc is not None else ():
        if entity.label_ == TOPIC and start <= entity.start_char and entity.end_char <= end:
            pieces += [text[last : entity.start_char], MASK]
            last = entity.end_char
    return "".join([*pieces, text[last:end]])


def _example(message: Message) -> Example:
    block = (message.get(METADATA) or {}).get(METADATA_INTENT) or {}
    asks_for = str(block.get(ASKED_FOR, ""))
    return Example(
        intent=str(message.get(INTENT)),
        topic=str(block.get(TOPIC, NO_TOPIC)),
        population=str(block.get(POPULATION, GENERAL)),
        weight=DOCUMENT_WEIGHT if block.get("document") else MYTH_WEIGHT if f".{MYTH}." in asks_for else 1.0,
        asks_for=asks_for,
    )


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
