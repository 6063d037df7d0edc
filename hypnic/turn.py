"""One turn of a talk: what was understood, what is remembered, what is replied."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hypnic.knowledge import GENERAL
from hypnic.reply import Reply


@dataclass(frozen=True)
class Understood:
    """What the NLU made of one message.

    topics: topics named or meant, the surest first; empty when the message names none.
    named: topics whose wordings stand in the text, in the order of the text.
    fine: finer subjects named, as topic/fine_topic.
    guesses: topics in order of likelihood, also unlikely ones, with probabilities (for asking back).
    intents: the likeliest intents in order, with probabilities.
    pressed: the topic and population came from a button, so nothing is carried over.
    nearest: intent and topic of the most similar training text, with its cosine.
    asked_for: (id of a detail or myth, cosine of its most similar example question, lead over all ordinary examples of its
        topic), the nearest first.
    questions: the parts of a message with several questions, in order; empty otherwise.
    language: code of the language when it is not English.
    """

    intent: str
    text: str = ""
    topics: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()
    population: str | None = None
    guesses: tuple[tuple[str, float], ...] = ()
    intents: tuple[tuple[str, float], ...] = ()
    pressed: bool = False
    nearest: tuple[str, str, float] = ("", "", 0.0)
    asked_for: tuple[tuple[str, float, float], ...] = ()
    questions: tuple[Understood, ...] = ()
    language: str = ""

    @property
    def aspect(self) -> str | None:
        """The aspect asked for, or None when the intent is a dialogue act."""
        return self.intent[len("ask_") :] if self.intent.startswith("ask_") else None


@dataclass(frozen=True)
class Context:
    """What is remembered between messages.

    wanted: aspect of a question that waits for its topic. misses: messages in a row that were not understood.
    options: (topic, aspect) pairs offered in the last question back. previous: the answer before the last one.
    asked: ids of ambiguous words that were asked back already.
    """

    topic: str | None = None
    aspect: str | None = None
    population: str = GENERAL
    answer_id: str | None = None
    previous: str | None = None
    wanted: str | None = None
    misses: int = 0
    options: tuple[tuple[str, str], ...] = ()
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """The outcome of one message."""

    replies: tuple[Reply, ...]
    context: Context


def words(text: str) -> frozenset[str]:
    """The words of a text in lower case, without punctuation."""
    return frozenset("".join(c if c.isalnum() else " " for c in text.lower()).split())


def plain(text: str) -> str:
    """A text in lower case, its words of letters and digits with one blank between them; apostrophes join."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower().replace("'", "").replace("’", "")))
