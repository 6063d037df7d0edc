"""Finds the questions inside one message, so that each can be answered."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_QUESTIONS = 3

# Words that open a question. Some of them mostly open a side clause ("and when I wake"), so they need a verb behind.
_VERB = (
    r"(?:is|are|am|was|were|do|does|did|don'?t|doesn'?t|can|can'?t|could|should|would|will|has|have|may|might|must|isn'?t|aren'?t)"
)
_WHO = r"(?:it|this|that|these|those|they|there|i|we|you|he|she|people|someone|anyone|my|our|his|her|their|the|a|an|any)"
_OPENS = (
    rf"(?:why|how|(?:(?:until|till|at|for|from|in|to|by|since)\s+)?what|what'?s|how'?s|why'?s|whats|hows|which\s+\w+|(?:when|where|who|whom)\s+(?:{_VERB}|gets?|to)|{_VERB}\s+{_WHO}|"
    r"tell me|explain|describe|any (?:tips|advice|ideas?)|please (?:tell|explain))\b"
)
_LEAD = (
    r"(?:(?:and|also|but|so|plus|or|then|ok|okay|well|hi|hello|hey|please|oh|thanks?|thank you|secondly|second|first|finally)"
    r"[\s,]+)*"
)
# At the head of a clause some verbs alone are enough: "does magnesium help". "Was kicking all night" and "do not worry" tell.
_HEAD = r"(?:is|are|does|did|can|could|should|would|isn'?t|aren'?t|doesn'?t)\s+(?!not\b)\w"
_QUESTION = re.compile(rf"\s*[-*•\d.)(]*\s*{_LEAD}(?:{_OPENS}|{_HEAD})", re.I)
_SENTENCE = re.compile(r"[.!;]+(?=\s|$)|\?+|\n+")
_JOINT = re.compile(rf"(?:\s*,\s*|\s+)(?:(?:and|but|plus|also|then)\s+)+(?={_OPENS})|\s*,\s*(?={_OPENS})", re.I)


@dataclass(frozen=True)
class Question:
    """Where one question stands: what was told before it begins at `told`, the question itself goes from `start` to `end`."""

    told: int
    start: int
    end: int


def questions(text: str) -> list[Question]:
    """The first three questions in a text, in order.

    A question ends with a question mark or begins like one. What stands between two questions belongs to the second.
    """
    found: list[Question] = []
    told = 0
    for start, end in _clauses(text):
        if _asks(text, start, end):
            found.append(Question(told, start, end))
            told = end
    return found[:MAX_QUESTIONS]


def without_questions(text: str) -> str:
    """What a text tells beside what it asks."""
    left, at = "", 0
    for question in questions(text):
        left += text[at : question.start]
        at = question.end
    return left + text[at:]


def _clauses(text: str) -> list[tuple[int, int]]:
    spans = []
    for start, end in _between(_SENTENCE, text, 0, len(text)):
        spans += _between(_JOINT, text, start, end)
    return [(start, end) for start, end in spans if len(re.findall(r"\w+", text[start:end])) > 1]


def _between(pattern: re.Pattern[str], text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans, last = [], start
    for found in pattern.finditer(text, start, end):
        spans.append((last, found.start()))
        last = found.end()
    spans.append((last, end))
    return [(a, b) for a, b in spans if text[a:b].strip()]


def _asks(text: str, start: int, end: int) -> bool:
    return text[end:].lstrip(" ,")[:1] == "?" or bool(_QUESTION.match(text, start, end))
