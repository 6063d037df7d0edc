"""Kernel ridge regression over sentence vectors and word counts, with several targets learned at once.

One similarity between texts (a squared mix of the encoder's cosine and the TF-IDF cosine) serves three targets
together: what is wanted (intent), what it is about (topic), and the pair of both (cell). It has a closed form
(Saunders et al. 1998), so training takes seconds, has no random start, and gives leave-one-out scores for calibration
at no extra cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.optimize import minimize_scalar
from sklearn.feature_extraction.text import TfidfTransformer

Array = np.ndarray[Any, Any]

NO_TOPIC = "none"


@dataclass(frozen=True)
class Judgement:
    """What the model makes of one text.

    cells: (intent, topic, probability), the likeliest first; probabilities sum to 1 over all cells seen in training.
    nearness: cosine to the nearest training example, 0 to 1.
    """

    cells: list[tuple[str, str, float]]
    nearness: float

    def intents(self) -> list[tuple[str, float]]:
        """Intents with their summed probabilities, the likeliest first."""
        return _summed((intent, p) for intent, _, p in self.cells)

    def topics(self) -> list[tuple[str, float]]:
        """Topics with their summed probabilities, the likeliest first; NO_TOPIC is one of them."""
        return _summed((topic, p) for _, topic, p in self.cells)


class CellModel:
    """Learns cells (intent, topic) from labelled texts.

    Args:
        dense_weight: share of the encoder's cosine in the similarity; the rest is the TF-IDF cosine.
        ridge: regularisation strength.
        ruler_bonus: added to the score of cells whose topic a wording of the knowledge base names.
    """

    def __init__(self, dense_weight: float = 0.6, ridge: float = 0.1, ruler_bonus: float = 0.2) -> None:
        self.dense_weight, self.ridge, self.ruler_bonus = dense_weight, ridge, ruler_bonus
        self.temperature = 0.1

    def fit(self, dense: Array, counts: sparse.spmatrix, cells: list[tuple[str, str]], weights: Array) -> CellModel:
        """Train.

        Args:
            dense: unit vectors, shape (n, d).
            counts: word and character counts, shape (n, v).
            cells: intent and topic of each text.
            weights: how much each text counts, shape (n,).
        """
        self._tfidf = TfidfTransformer(sublinear_tf=True).fit(counts)
        self.dense = np.asarray(dense, dtype=np.float32)
        self.words = self._tfidf.transform(counts).tocsr().astype(np.float32)
        self.cells = sorted(set(cells))
        self.intents = sorted({intent for intent, _ in cells})
        self.topics = sorted({topic for _, topic in cells})
        self._index()
        which = np.array([self.cells.index(cell) for cell in cells])
        targets = np.zeros((len(cells), len(self.intents) + len(self.topics) + len(self.cells)))
        rows = np.arange(len(cells))
        targets[rows, self._intent_of[which]] = 1
        targets[rows, len(self.intents) + self._topic_of[which]] = 1
        targets[rows, len(self.intents) + len(self.topics) + which] = 1
        gram = self._similarity(self.dense, self.words)
        gram[rows, rows] += self.ridge / weights
        self.duals, diagonal = _solve(gram, targets)
        left_out = targets - self.duals / diagonal[:, None]
        self.temperature = _calibrate(self._joint(left_out), which)
        return self

    def judge(self, dense: Array, counts: sparse.spmatrix, named: frozenset[str] = frozenset()) -> Judgement:
        """Judge one text: dense of shape (1, d), counts of shape (1, v), topics that a known wording names."""
        words = self._tfidf.transform(counts).tocsr().astype(np.float32)
        scores = self._joint(self._similarity(dense, words) @ self.duals)[0]
        if named:
            scores = scores + self.ruler_bonus * np.array([topic in named for _, topic in self.cells])
        p = _softmax(scores[None, :] / self.temperature)[0]
        order = np.argsort(-p)
        nearness = float(np.clip((self.dense @ dense[0]).max(), 0.0, 1.0))
        return Judgement([(*self.cells[i], float(p[i])) for i in order], nearness)

    def _similarity(self, dense: Array, words: sparse.spmatrix) -> Array:
        mix = self.dense_weight * (dense @ self.dense.T)
        mix = mix + (1 - self.dense_weight) * (words @ self.words.T).toarray()
        return np.square(np.maximum(mix, 0.0))

    def _joint(self, scores: Array) -> Array:
        split = np.cumsum([len(self.intents), len(self.topics)])
        intents, topics, cells = np.split(scores, split, axis=1)
        return np.asarray(intents[:, self._intent_of] + topics[:, self._topic_of] + cells)

    def _index(self) -> None:
        self._intent_of = np.array([self.intents.index(intent) for intent, _ in self.cells])
        self._topic_of = np.array([self.topics.index(topic) for _, topic in self.cells])

    def to_bytes(self) -> bytes:
        """The trained model as an NPZ archive; holds numbers and strings only, never pickled objects."""
        buffer = BytesIO()
        np.savez_compressed(
            buffer,
            dense=self.dense.astype(np.float16),
            words_data=self.words.data.astype(np.float16),
            words_indices=self.words.indices,
            words_indptr=self.words.indptr,
            words_shape=np.array(self.words.shape),
            idf=self._tfidf.idf_,
            duals=self.duals,
            cells=np.array(self.cells),
            settings=np.array([self.dense_weight, self.ridge, self.ruler_bonus, self.temperature]),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> CellModel:
        """The inverse of to_bytes."""
        stored: Any = np.load(BytesIO(data), allow_pickle=False)
        dense_weight, ridge, ruler_bonus, temperature = (float(x) for x in stored["settings"])
        model = cls(dense_weight, ridge, ruler_bonus)
        model.temperature = temperature
        model.dense = stored["dense"].astype(np.float32)
        model.words = sparse.csr_matrix(
            (stored["words_data"].astype(np.float32), stored["words_indices"], stored["words_indptr"]),
            shape=tuple(stored["words_shape"]),
        )
        model._tfidf = TfidfTransformer(sublinear_tf=True)
        model._tfidf.idf_ = stored["idf"]
        model.duals = stored["duals"]
        model.cells = [(str(intent), str(topic)) for intent, topic in stored["cells"]]
        model.intents = sorted({intent for intent, _ in model.cells})
        model.topics = sorted({topic for _, topic in model.cells})
        model._index()
        return model


def _solve(gram: Array, targets: Array) -> tuple[Array, Array]:
    """The dual weights gram^-1 targets, and the diagonal of gram^-1, by Cholesky in single precision.

    The ridge keeps the condition number near 1e4, so that single precision is exact enough and halves time and memory.
    """
    factor = linalg.cho_factor(gram.astype(np.float32).T, lower=True, overwrite_a=True, check_finite=False)
    duals = linalg.cho_solve(factor, targets.astype(np.float32), check_finite=False)
    inverse, failed = linalg.lapack.spotri(factor[0], lower=1, overwrite_c=1)
    if failed:
        raise ValueError("the similarity matrix cannot be inverted; raise `ridge`")
    return duals, np.diag(inverse).copy()


def _softmax(scores: Array) -> Array:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def _calibrate(scores: Array, which: Array) -> float:
    """The softmax temperature with the least log loss on leave-one-out scores (Guo et al. 2017)."""
    rows = np.arange(len(which))

    def loss(log_temperature: float) -> float:
        p = _softmax(scores / np.exp(log_temperature))[rows, which]
        return float(-np.log(np.maximum(p, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-5, 1), method="bounded").x))


def _summed(pairs: Any) -> list[tuple[str, float]]:
    total: dict[str, float] = {}
    for name, p in pairs:
        total[name] = total.get(name, 0.0) + p
    return sorted(total.items(), key=lambda item: -item[1])
