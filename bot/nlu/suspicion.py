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
FAINT = 0.05  # a piece with less likeness than this to any danger is none, whatever else stands in it
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
        parts = [pieces(text) or [text] for text in texts]
        # Of a harmless story every piece is harmless; which piece of a dangerous one is dangerous, nobody said.
        rows = [[text] if flag else list(dict.fromkeys([text, *own])) for text, flag, own in zip(texts, flags, parts)]
        taught = [text for message in rows for text in message]
        of = np.repeat(np.arange(len(texts)), [len(message) for message in rows])
        self._vectoriser = Vectoriser(self._encode)
        self._known = self._vectoriser.fit(taught)
        self.flags = sorted(set(flags) - {""})
        targets = np.zeros((len(taught), len(self.flags) + 1), dtype=np.float32)  # the last: any danger
        for row, message in enumerate(of):
            if flags[message]:
                targets[row, [self.flags.index(flags[message]), -1]] = 1
        inverse = _inverse(similarity(self._known, self._known, DENSE_WEIGHT), RIDGE)
        self._duals = (inverse @ targets).astype(np.float32)
        learned, dangerous, counts = self._without_own_message(parts, flags, weights, of, inverse)
        weigher = LogisticRegression(C=PENALTY, max_iter=3000).fit(learned, dangerous, sample_weight=counts)
        self._weights, self._bias = weigher.coef_[0], float(weigher.intercept_[0])
        return self

    def suspect(self, text: str) -> Suspicion:
        """The gravest piece of a text of any length."""
        parts = pieces(text)
        if not parts:
            return Suspicion("", 0.0)
        scores = similarity(self._vectoriser.transform(parts), self._known, DENSE_WEIGHT) @ self._duals
        like = np.flatnonzero(scores[:, -1] >= FAINT)
        if not len(like):
            return Suspicion("", 0.0)
        rows = np.array([self._row(scores[piece], parts[piece]) for piece in like])
        sure = 1 / (1 + np.exp(-(rows @ self._weights + self._bias)))
        best = int(sure.argmax())
        return Suspicion(self.flags[int(scores[like[best], :-1].argmax())], float(sure[best]))

    def _row(self, score: Array, text: str) -> list[float]:
        told = list(self._tell(text))
        any_danger, one = float(score[-1]), float(score[:-1].max())
        return [any_danger, one, min(any_danger, one), *told, *(any_danger * share for share in told)]

    def _without_own_message(
        self, parts: Sequence[Sequence[str]], flags: Sequence[str], weights: Sequence[float], of: Array, inverse: Array
    ) -> tuple[Array, Array, Array]:
        """What the logistic regression learns from: pieces scored as if their own message had not been trained on.

        Of a dangerous message the likeliest piece counts, of another every piece that is a little like a danger. Without the
        rows B of its own message the score of a piece x is k(x) d - (k(x) I)_B (I_BB)^-1 d_B, where I is the inverse of the
        similarity matrix with its ridge and d are the duals (block leave-one-out of kernel ridge regression).
        """
        rows: list[list[float]] = []
        dangerous: list[bool] = []
        counts: list[float] = []
        ends = np.cumsum(np.bincount(of))
        for start in range(0, len(parts), 200):  # a part at a time, for the similarities of all would not fit
            batch = parts[start : start + 200]
            flat = [piece for message in batch for piece in message]
            near = similarity(self._vectoriser.transform(flat), self._known, DENSE_WEIGHT)
            seen = 0
            for message, own in enumerate(batch, start):
                mine = near[seen : seen + len(own)]
                block = slice(ends[message - 1] if message else 0, ends[message])
                without = np.linalg.solve(inverse[block, block], self._duals[block])
                scores = mine @ self._duals - (mine @ inverse[:, block]) @ without
                chosen = [int(scores[:, -1].argmax())] if flags[message] else np.flatnonzero(scores[:, -1] >= FAINT).tolist()
                rows += [self._row(scores[piece], own[piece]) for piece in chosen]
                dangerous += [bool(flags[message])] * len(chosen)
                counts += [weights[message] / max(1, len(chosen))] * len(chosen)
                seen += len(own)
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


def _inverse(gram: Array, ridge: float) -> Array:
    """The inverse of a similarity matrix with a ridge, by Cholesky in single precision."""
    gram = gram.astype(np.float32, copy=False)
    gram[np.diag_indices_from(gram)] += ridge
    factor, failed = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, failed_too = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ValueError("the similarity matrix cannot be inverted; raise the ridge")
    upper = np.triu_indices_from(inverse, 1)
    inverse[upper] = inverse.T[upper]
    return np.asarray(inverse)


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
