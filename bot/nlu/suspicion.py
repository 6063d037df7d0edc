"""Suspects dangers that no pattern of the danger screen knows, by their likeness to wordings of dangers.

Two steps. Kernel ridge regression tells how much a piece of text is like the wordings of each danger sign, whatever is denied
in it. Logistic regression then weighs this likeness with the words about denial, time and person that stand in the piece
(data/triage/context.yml). Long messages are read piece by piece, for a danger is often mentioned in passing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import linalg
from sklearn.linear_model import LogisticRegression

from bot.nlu.features import Array, Encode, Vectoriser
from bot.nlu.kernel import features_state, restore_features, similarity

DENSE_WEIGHT, RIDGE = 0.8, 0.1
# Words of a piece, how far the next begins when a sentence is longer, and the longest pair of sentences read as one.
PIECE, STEP, PAIR, WHOLE = 18, 8, 40, 40
MOST_PIECES = 40
PENALTY = 3.0  # inverse, of the logistic regression
_SENTENCE = re.compile(r"(?<=[.!?;…])\s+|\n+")

Tell = Callable[[str], Sequence[float]]


@dataclass(frozen=True)
class Suspicion:
    """The likeliest danger sign of a message and the probability, 0 to 1, that something dangerous is told."""

    flag: str
    probability: float


class SuspicionModel:
    """Learns from wordings of dangers and from other wordings.

    Args:
        encode: texts to unit vectors.
        tell: what stands in a text about denial, time and person, as numbers between 0 and 1.
    """

    def __init__(self, encode: Encode, tell: Tell) -> None:
        self._encode, self._tell = encode, tell

    def fit(self, texts: Sequence[str], flags: Sequence[str], weights: Sequence[float]) -> SuspicionModel:
        """Train.

        Args:
            texts: messages.
            flags: the danger sign that each message tells; "" for none.
            weights: how much each message counts.
        """
        self._vectoriser = Vectoriser(self._encode)
        self._known = self._vectoriser.fit(texts)
        self.flags = sorted(set(flags) - {""})
        targets = np.zeros((len(texts), len(self.flags) + 1), dtype=np.float32)  # the last: any danger
        for row, flag in enumerate(flags):
            if flag:
                targets[row, [self.flags.index(flag), -1]] = 1
        gram = similarity(self._known, self._known, DENSE_WEIGHT).astype(np.float32)
        gram[np.diag_indices_from(gram)] += RIDGE
        inverse = linalg.inv(gram, overwrite_a=True, check_finite=False)
        self._duals = (inverse @ targets).astype(np.float32)
        rows, dangerous, counts = self._rows_without_their_message(texts, flags, weights, inverse)
        weigher = LogisticRegression(C=PENALTY, max_iter=3000).fit(rows, dangerous, sample_weight=counts)
        self._weights, self._bias = weigher.coef_[0], float(weigher.intercept_[0])
        return self

    def suspect(self, text: str) -> Suspicion:
        """The gravest piece of a text of any length."""
        parts = pieces(text)
        if not parts:
            return Suspicion("", 0.0)
        scores = similarity(self._vectoriser.transform(parts), self._known, DENSE_WEIGHT) @ self._duals
        rows = np.array([self._row(score, part) for score, part in zip(scores, parts)])
        sure = 1 / (1 + np.exp(-(rows @ self._weights + self._bias)))
        best = int(sure.argmax())
        return Suspicion(self.flags[int(scores[best, :-1].argmax())], float(sure[best]))

    def _row(self, score: Array, text: str) -> list[float]:
        told = list(self._tell(text))
        any_danger, one = float(score[-1]), float(score[:-1].max())
        return [any_danger, one, min(any_danger, one), *told, *(any_danger * share for share in told)]

    def _rows_without_their_message(
        self, texts: Sequence[str], flags: Sequence[str], weights: Sequence[float], inverse: Array
    ) -> tuple[Array, Array, Array]:
        """What the logistic regression learns from: pieces scored as if their own message had not been trained on.

        Of a dangerous message the likeliest piece counts, of another every piece. Leaving out message i changes the score of a
        piece x by (k(x) A^-1)_i dual_i / (A^-1)_ii, where A is the similarity matrix with its ridge.
        """
        parts = [pieces(text) or [text] for text in texts]
        flat = [part for message in parts for part in message]
        of = np.repeat(np.arange(len(texts)), [len(message) for message in parts])
        scores = np.zeros((len(flat), len(self.flags) + 1), dtype=np.float32)
        for start in range(0, len(flat), 2000):
            chunk = slice(start, start + 2000)
            near = similarity(self._vectoriser.transform(flat[chunk]), self._known, DENSE_WEIGHT)
            own = np.einsum("ij,ji->i", near, inverse[:, of[chunk]])
            share = own / np.diag(inverse)[of[chunk]]
            scores[chunk] = near @ self._duals - share[:, None] * self._duals[of[chunk]]
        rows, dangerous, counts = [], [], []
        for message, flag in enumerate(flags):
            mine = np.flatnonzero(of == message)
            chosen = [mine[int(scores[mine, -1].argmax())]] if flag else list(mine)
            rows += [self._row(scores[piece], flat[piece]) for piece in chosen]
            dangerous += [bool(flag)] * len(chosen)
            counts += [weights[message] / len(chosen)] * len(chosen)
        return np.array(rows), np.array(dangerous), np.array(counts)

    def state(self) -> dict[str, Array]:
        """The trained model as arrays of numbers and strings; nothing in it needs pickle."""
        return {
            **self._vectoriser.state(),
            **features_state("known", self._known),
            "duals": self._duals.astype(np.float16),
            "flags": np.array(self.flags),
            "weights": np.array([*self._weights, self._bias]),
        }

    @classmethod
    def restore(cls, encode: Encode, tell: Tell, state: Any) -> SuspicionModel:
        """The inverse of state(), up to half precision."""
        model = cls(encode, tell)
        model._vectoriser = Vectoriser.restore(encode, state)
        model._known = restore_features("known", state)
        model._duals = state["duals"].astype(np.float32)
        model.flags = [str(flag) for flag in state["flags"]]
        *weights, model._bias = (float(number) for number in state["weights"])
        model._weights = np.array(weights)
        return model


def pieces(text: str) -> list[str]:
    """The parts of a message that are judged one by one: sentences, pairs of them, stretches of long ones, a short whole."""
    sentences = [part.strip() for part in _SENTENCE.split(text) if len(part.split()) > 1]
    found: list[str] = []
    for sentence in sentences:
        words = sentence.split()
        if len(words) <= PIECE + STEP:
            found.append(sentence)
        else:
            found += [" ".join(words[start : start + PIECE]) for start in range(0, len(words) - STEP, STEP)]
    found += [f"{a} {b}" for a, b in pairwise(sentences) if len(a.split()) + len(b.split()) <= PAIR]
    if text.strip() and len(text.split()) <= WHOLE:
        found.append(text.strip())
    return list(dict.fromkeys(found))[:MOST_PIECES]
