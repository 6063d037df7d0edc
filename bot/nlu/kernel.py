"""Kernel ridge regression over sentence vectors and word counts, with several targets learned at once.

One similarity between texts serves all targets together: what is wanted (intent), what it is about (topic), the pair of both
(cell), and whom it is about (population). It is the squared mix of the encoder's cosine and the TF-IDF cosine, taken of the
texts as they are and, with less weight, of the texts with the named topic replaced by a pronoun, so that a way of asking
learned with one topic serves all others. Ridge regression has a closed form (Saunders et al. 1998), so training has no random
start and gives leave-one-out scores for calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.optimize import minimize_scalar

from bot.nlu.features import Array, Features

NO_TOPIC, GENERAL = "none", "general"
NEAREST = 3
YIELD = 2  # how many times the bonus an umbrella topic loses when another topic is named


@dataclass(frozen=True)
class Example:
    """What one training text is: its labels, how much it counts, and the id of the text it asks for, if it is one."""

    intent: str
    topic: str = NO_TOPIC
    population: str = GENERAL
    weight: float = 1.0
    asks_for: str = ""


@dataclass(frozen=True)
class Judgement:
    """What the model makes of one text.

    cells: (intent, topic, probability), the likeliest first; probabilities sum to 1 over all cells seen in training.
    nearness: cosine to the nearest training text, 0 to 1.
    nearest: intent and topic of that text.
    populations: (population, score), the likeliest first; scores near 1 are sure.
    asked_for: (id of a text, cosine of its nearest example, lead), the nearest first, at most three. The lead is by how much
        the text's own examples are more similar than all ordinary examples of the same topic.
    """

    cells: list[tuple[str, str, float]]
    nearness: float
    nearest: tuple[str, str]
    populations: list[tuple[str, float]] = field(default_factory=list)
    asked_for: list[tuple[str, float, float]] = field(default_factory=list)

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
        masked_weight: share of the texts with masked topics in the similarity.
    """

    def __init__(
        self, dense_weight: float = 0.6, ridge: float = 0.1, ruler_bonus: float = 0.2, masked_weight: float = 0.4
    ) -> None:
        self.dense_weight, self.ridge, self.ruler_bonus = dense_weight, ridge, ruler_bonus
        self.masked_weight = masked_weight
        self.temperature = 0.1

    def fit(self, plain: Features, masked: Features, examples: Sequence[Example]) -> CellModel:
        """Train on texts as they are, on the same texts with their topics masked, and on what they are."""
        self.plain, self.masked = plain, masked
        self.cells = sorted({(e.intent, e.topic) for e in examples})
        self.populations = sorted({e.population for e in examples})
        self.asks_for = [e.asks_for for e in examples]
        self.which = np.array([self.cells.index((e.intent, e.topic)) for e in examples])
        self._index()
        targets = np.hstack(
            [
                _one_hot(self._intent_of[self.which], len(self.intents)),
                _one_hot(self._topic_of[self.which], len(self.topics)),
                _one_hot(self.which, len(self.cells)),
                _one_hot(np.array([self.populations.index(e.population) for e in examples]), len(self.populations)),
            ]
        )
        gram = self._mix(self._similarity(plain, plain), self._similarity(masked, masked))
        self.duals, left_out = _solve(gram, targets, self.ridge / np.array([e.weight for e in examples]))
        self.temperature = _calibrate(self._joint(left_out), self.which)
        return self

    def judge(
        self,
        plain: Features,
        masked: Features,
        named: frozenset[str] = frozenset(),
        umbrella: frozenset[str] = frozenset(),
    ) -> Judgement:
        """Judge one text.

        Args:
            plain, masked: its features as it is and with masked topics, one row each.
            named: the topics that a known wording names.
            umbrella: topics that give way when another one is named.
        """
        similar = self._similarity(plain, self.plain)
        asking = np.sqrt(similar[0])
        scores = self._mix(similar, self._similarity(masked, self.masked)) @ self.duals
        joint = self._joint(scores)[0]
        if named:
            gives_way = umbrella if named - umbrella else frozenset()
            joint = joint + self.ruler_bonus * np.array(
                [(topic in named) - YIELD * (topic in gives_way) for _, topic in self.cells]
            )
        p = _softmax(joint[None, :] / self.temperature)[0]
        cosines = self.plain.dense @ plain.dense[0]
        best = int(cosines.argmax())
        people = sorted(zip(self.populations, scores[0, -len(self.populations) :]), key=lambda item: -item[1])
        return Judgement(
            cells=[(*self.cells[i], float(p[i])) for i in np.argsort(-p)],
            nearness=float(np.clip(cosines[best], 0.0, 1.0)),
            nearest=self.cells[self.which[best]],
            populations=[(name, float(score)) for name, score in people],
            asked_for=self._asked_for(asking, cosines),
        )

    def _asked_for(self, similar: Array, cosines: Array) -> list[tuple[str, float, float]]:
        found: dict[str, tuple[str, float, float]] = {}
        topics = self._topic_of[self.which]
        for row in self._asking[np.argsort(-similar[self._asking])]:
            if self.asks_for[row] not in found:
                rivals = similar[self._ordinary & (topics == topics[row])]
                lead = similar[row] - (rivals.max() if len(rivals) else 0.0)
                found[self.asks_for[row]] = (self.asks_for[row], float(cosines[row]), float(lead))
            if len(found) == NEAREST:
                break
        return list(found.values())

    def _similarity(self, left: Features, right: Features) -> Array:
        return similarity(left, right, self.dense_weight)

    def _mix(self, plain: Array, masked: Array) -> Array:
        """The weighted sum of two similarities; takes the place of both, for at this size copies count."""
        plain *= 1 - self.masked_weight
        masked *= self.masked_weight
        plain += masked
        return plain

    def _joint(self, scores: Array) -> Array:
        split = np.cumsum([len(self.intents), len(self.topics), len(self.cells)])
        intents, topics, cells, _ = np.split(scores, split, axis=1)
        return np.asarray(intents[:, self._intent_of] + topics[:, self._topic_of] + cells)

    def _index(self) -> None:
        self.intents = sorted({intent for intent, _ in self.cells})
        self.topics = sorted({topic for _, topic in self.cells})
        self._intent_of = np.array([self.intents.index(intent) for intent, _ in self.cells])
        self._topic_of = np.array([self.topics.index(topic) for _, topic in self.cells])
        self._ordinary = np.array([not wanted for wanted in self.asks_for])
        self._asking = np.flatnonzero(~self._ordinary)

    def state(self) -> dict[str, Array]:
        """The trained model as arrays of numbers and strings; nothing in it needs pickle."""
        return {
            **features_state("plain", self.plain),
            **features_state("masked", self.masked),
            "duals": self.duals.astype(np.float16),
            "cells": np.array(self.cells),
            "which": self.which,
            "populations": np.array(self.populations),
            "asks_for": np.array(self.asks_for, dtype=str),
            "settings": np.array(
                [self.dense_weight, self.ridge, self.ruler_bonus, self.masked_weight, self.temperature]
            ),
        }

    @classmethod
    def restore(cls, state: Any) -> CellModel:
        """The inverse of state(), up to the half precision in which features are kept."""
        *settings, temperature = (float(x) for x in state["settings"])
        model = cls(*settings)
        model.temperature = temperature
        model.plain, model.masked = restore_features("plain", state), restore_features("masked", state)
        model.duals = state["duals"].astype(np.float32)
        model.cells = [(str(intent), str(topic)) for intent, topic in state["cells"]]
        model.which = state["which"]
        model.populations = [str(name) for name in state["populations"]]
        model.asks_for = [str(wanted) for wanted in state["asks_for"]]
        model._index()
        return model


def similarity(left: Features, right: Features, dense_weight: float) -> Array:
    """The squared mix of two cosines, dense and TF-IDF, of n texts with m texts; float32, shape (n, m)."""
    mix = dense_weight * (left.dense @ right.dense.T)
    mix += (1 - dense_weight) * (left.words @ right.terms).toarray()
    return np.asarray(np.square(np.maximum(mix, 0.0, out=mix), out=mix))


def features_state(name: str, features: Features) -> dict[str, Array]:
    """Features as arrays in half precision; nothing in them needs pickle."""
    words = features.words
    return {
        f"{name}_dense": features.dense.astype(np.float16),
        f"{name}_data": words.data.astype(np.float16),
        f"{name}_indices": words.indices,
        f"{name}_indptr": words.indptr,
        f"{name}_shape": np.array(words.shape),
    }


def restore_features(name: str, state: Any) -> Features:
    """The inverse of features_state()."""
    data = state[f"{name}_data"].astype(np.float32)
    words = sparse.csr_matrix((data, state[f"{name}_indices"], state[f"{name}_indptr"]), shape=tuple(state[f"{name}_shape"]))
    features = Features(state[f"{name}_dense"].astype(np.float32), words)
    _ = features.terms  # now, and not when the first person waits
    return features


def _solve(gram: Array, targets: Array, noise: Array) -> tuple[Array, Array]:
    """Dual weights and leave-one-out scores, by Cholesky in single precision; `gram` is overwritten.

    The ridge keeps the condition number near 1e4, so that single precision is exact enough and halves time and memory.
    """
    gram = gram.astype(np.float32, copy=False)
    gram[np.diag_indices_from(gram)] += noise.astype(np.float32)
    factor = linalg.cho_factor(gram.T, lower=True, overwrite_a=True, check_finite=False)
    duals = linalg.cho_solve(factor, targets.astype(np.float32), check_finite=False)
    inverse, failed = linalg.lapack.spotri(factor[0], lower=1, overwrite_c=1)
    if failed:
        raise ValueError("the similarity matrix cannot be inverted; raise `ridge`")
    return duals, targets - duals / np.diag(inverse)[:, None]


def _one_hot(which: Array, size: int) -> Array:
    targets = np.zeros((len(which), size), dtype=np.float32)
    targets[np.arange(len(which)), which] = 1
    return targets


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
