"""Sentence vectors: the published weights or none, and the same vector for the same text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bot.quiet import hush

hush()

from bot.nlu.encoder import BATCH, DIMENSIONS, EncoderError, MiniLM, encoder
from tests.conftest import ROOT

TEXTS = ["why do i jerk when falling asleep", "my body jumps as i doze off", "how do i bake bread", "legs"]


def fresh(*texts: str) -> np.ndarray:
    """Vectors that do not come from the cache."""
    encoder()._lately.clear()
    return encoder().encode(texts)


def test_missing_weights(tmp_path: Path) -> None:
    """The message tells what to do."""
    with pytest.raises(EncoderError, match="make install"):
        MiniLM(tmp_path)


def test_wrong_weights(tmp_path: Path) -> None:
    """Another hash is refused before anything is read from the file."""
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(EncoderError, match="not the published ones"):
        MiniLM(tmp_path)


def test_unit_vectors() -> None:
    """One row of 384 numbers for each text, also for odd texts and for none."""
    vectors = fresh(*TEXTS, "", "😴" * 500, "word " * 1000)
    assert (len(TEXTS) + 3, DIMENSIONS) == vectors.shape
    assert np.float32 == vectors.dtype
    assert np.allclose(1, np.linalg.norm(vectors, axis=1), atol=1e-5)
    assert (0, DIMENSIONS) == encoder().encode([]).shape


def test_the_same_text_has_the_same_vector() -> None:
    """From the cache, afresh, and twice in one call."""
    first = fresh(TEXTS[0])
    assert np.array_equal(first, encoder().encode(TEXTS[:1]))
    assert np.array_equal(first, fresh(TEXTS[0]))
    twice = fresh(TEXTS[0], TEXTS[2], TEXTS[0])
    assert np.array_equal(twice[0], twice[2])


def test_alone_and_in_a_batch() -> None:
    """Neither padding nor the order of the batches shows."""
    together = fresh(*TEXTS, *(f"filler number {n} " * (n % 9 + 1) for n in range(BATCH)))
    for text, vector in zip(TEXTS, together):
        assert np.allclose(vector, fresh(text)[0], atol=1e-5), text


def test_the_vectors_of_the_reference() -> None:
    """Equal, up to the six digits that were written down, to those of transformers 4.41.2's TFBertModel on TensorFlow 2.12."""
    reference = json.loads((ROOT / "tests" / "bot" / "minilm_by_tensorflow.json").read_text(encoding="utf-8"))
    vectors = fresh(*(entry["text"] for entry in reference))
    assert np.abs(vectors - np.array([entry["vector"] for entry in reference])).max() < 2e-6


def test_near_meanings_are_near() -> None:
    """The vectors mean something."""
    jerk, jump, bread, _ = fresh(*TEXTS)
    assert jerk @ jump > jerk @ bread + 0.3
