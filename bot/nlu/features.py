"""Texts as numbers: sentence vectors beside TF-IDF weights of words and word pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

Array = np.ndarray[Any, Any]
Encode = Callable[[Sequence[str]], Array]


@dataclass(frozen=True)
class Features:
    """Of n texts: unit vectors `dense`, shape (n, d), and unit TF-IDF rows `words`, sparse of shape (n, v)."""

    dense: Array
    words: sparse.csr_matrix

    def __getitem__(self, rows: slice) -> Features:
        return Features(self.dense[rows], self.words[rows])

    @cached_property
    def terms(self) -> sparse.csr_matrix:
        """`words` transposed, row by row; kept, for turning the rows of all examples takes longer than a whole message."""
        return self.words.T.tocsr()


class Vectoriser:
    """Turns texts into Features: the encoder knows meanings, the words keep exact terms and typos that it blurs.

    Args:
        encode: texts to unit vectors, float32, one row a text.
    """

    def __init__(self, encode: Encode) -> None:
        self._encode = encode

    def fit(self, texts: Sequence[str]) -> Features:
        """Learn the words of these texts and return their features."""
        self._counters = [
            CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b").fit(texts),
            CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2).fit(texts),
        ]
        self._weigh = TfidfTransformer(sublinear_tf=True).fit(self._counts(texts))
        return self.transform(texts)

    def transform(self, texts: Sequence[str]) -> Features:
        """Features of these texts; unknown words count nothing."""
        words = self._weigh.transform(self._counts(texts)).tocsr().astype(np.float32)
        return Features(np.asarray(self._encode(texts), dtype=np.float32), words)

    def known_words(self, text: str) -> float:
        """Share of the words of a text that stand in the training texts, 0 to 1; 1 for a text without words."""
        said = [word for word in self._counters[0].build_analyzer()(text) if " " not in word]
        return sum(word in self._counters[0].vocabulary_ for word in said) / len(said) if said else 1.0

    def _counts(self, texts: Sequence[str]) -> sparse.csr_matrix:
        return sparse.hstack([counter.transform(texts) for counter in self._counters]).tocsr()

    def state(self) -> dict[str, Array]:
        """What fit() learned, as arrays of numbers and strings."""
        terms = [np.array(counter.get_feature_names_out(), dtype=str) for counter in self._counters]
        return {"terms_words": terms[0], "terms_pieces": terms[1], "idf": self._weigh.idf_}

    @classmethod
    def restore(cls, encode: Encode, state: dict[str, Array]) -> Vectoriser:
        """The inverse of state()."""
        made = cls(encode)
        made._counters = [
            CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", vocabulary=list(map(str, state["terms_words"]))),
            CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), vocabulary=list(map(str, state["terms_pieces"]))),
        ]
        made._weigh = TfidfTransformer(sublinear_tf=True)
        made._weigh.idf_ = state["idf"]
        return made
