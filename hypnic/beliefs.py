"""Finds the belief that somebody asks about."""

from __future__ import annotations

from collections.abc import Sequence

from hypnic.knowledge import Myth
from hypnic.turn import words


def closest_myth(text: str, myths: Sequence[Myth], function_words: frozenset[str] = frozenset()) -> Myth | None:
    """The myth that shares most content words with the text (at least half of one of its wordings), or None."""
    said = _content(text) - function_words
    best, score = None, 0.5
    for myth in myths:
        for wording in (*myth.wordings, myth.claim):
            told = _content(wording) - function_words
            shared = len(told & said) / len(told) if told else 0.0
            if shared > score:
                best, score = myth, shared
    return best


def _content(text: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") for word in words(text))
