"""A talk with the core: messages as they are understood, played one after the other over the project's knowledge base."""

from __future__ import annotations

from typing import Any

from hypnic.dialogue import Dialogue
from hypnic.knowledge import knowledge
from hypnic.reply import talk
from hypnic.turn import Context, Turn, Understood

BASE = knowledge()
TALKING = Dialogue(BASE, talk())
TOPICS, ASPECTS, POPULATIONS = BASE.vocabulary.topics, tuple(BASE.vocabulary.aspects), tuple(BASE.vocabulary.populations)
ASK = tuple(f"ask_{aspect}" for aspect in ASPECTS)
UNCLEAR = Understood("nlu_fallback", "hm")
GUESSED = Understood(
    "nlu_fallback",
    "legs odd",
    guesses=(("restless_legs", 0.4), ("leg_cramps", 0.3), ("tics", 0.2), ("stress", 0.01)),
    intents=(("ask_why", 0.5), ("greet", 0.2), ("ask_what_is_it", 0.2)),
)


def said(intent: str, *topics: str, population: str | None = None, **more: Any) -> Understood:
    return Understood(intent, topics=topics, population=population, **more)


def play(*messages: Understood, context: Context | None = None) -> list[Turn]:
    turns: list[Turn] = []
    for message in messages:
        turns.append(TALKING.respond(message, turns[-1].context if turns else context or Context()))
    return turns


def custom(turn: Turn) -> dict[str, Any]:
    assert len(turn.replies) == 1
    return dict(turn.replies[0].custom)


def kind(turn: Turn) -> str:
    return str(custom(turn)["kind"])


def answer_id(turn: Turn) -> str:
    return str(custom(turn)["answer_id"])


def myths() -> list[tuple[str, str, str]]:
    """(topic, myth, wording) of every wording of every myth."""
    topics = BASE.topics.values()
    return [(topic.id, myth.id, wording) for topic in topics for myth in topic.myths for wording in myth.wordings]
