"""Between Rasa's tracker and the core: what was understood, what is remembered."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Events
from hypnic.knowledge import GENERAL, knowledge
from hypnic.reply import PLACE, read_place
from hypnic.turn import Context, Understood

MEMORY = "talk_state"


def understood(message: dict[str, Any]) -> Understood:
    """The core's view of Rasa's parse of one message."""
    entities = message.get("entities") or []
    pressed = [entity["value"] for entity in entities if entity.get("entity") == PLACE]
    intent = (message.get("intent") or {}).get("name") or "nlu_fallback"
    if pressed:
        topic, population = read_place(str(pressed[0]))
        vocabulary = knowledge().vocabulary
        if topic not in vocabulary.topics or population not in vocabulary.populations:
            return Understood("nlu_fallback")
        return Understood(intent, topics=(topic,), population=population, pressed=True)
    topics = [(str(e["value"]).partition("/")[0], e) for e in entities if e.get("entity") == "topic"]
    length = len(str(message.get("text") or ""))
    spans = sorted((e.get("start", 0), topic) for topic, e in topics if e.get("end", 0) - e.get("start", 0) < length)
    topics.sort(key=lambda pair: -float(pair[1].get("confidence_entity") or 0))
    # People named outright come before those that were only concluded.
    groups = sorted(
        (-float(e.get("confidence_entity") or 0), str(e["value"])) for e in entities if e.get("entity") == "population"
    )
    nearest = message.get("nearest") or {}
    return Understood(
        intent=intent,
        text=str(message.get("text") or ""),
        topics=tuple(dict.fromkeys(topic for topic, _ in topics)),
        named=tuple(dict.fromkeys(topic for _, topic in spans)),
        fine=tuple(dict.fromkeys(str(e["value"]) for _, e in topics if "/" in str(e["value"]))),
        population=groups[0][1] if groups else None,
        guesses=_ranked(message.get("topic_ranking")),
        intents=tuple(pair for pair in _ranked(message.get("intent_ranking")) if pair[0] != "nlu_fallback"),
        nearest=(str(nearest.get("intent", "")), str(nearest.get("topic", "")), float(nearest.get("cosine", 0.0))),
        asked_for=tuple((str(a["id"]), float(a["cosine"]), float(a["lead"])) for a in message.get("asked_for") or []),
        questions=tuple(understood(part) for part in message.get("questions") or []),
        language=str(message.get("language") or ""),
    )


def _ranked(ranking: list[dict[str, Any]] | None) -> tuple[tuple[str, float], ...]:
    return tuple((str(entry["name"]), float(entry["confidence"])) for entry in ranking or [])


def context(values: dict[str, Any]) -> Context:
    """What the slots remember."""
    memory = values.get(MEMORY) or {}
    return Context(
        topic=values.get("topic"),
        aspect=values.get("aspect"),
        population=values.get("population") or GENERAL,
        answer_id=values.get("answer_id"),
        previous=memory.get("previous"),
        wanted=memory.get("wanted"),
        misses=int(memory.get("misses") or 0),
        options=tuple((str(topic), str(aspect)) for topic, aspect in memory.get("options") or []),
        asked=tuple(str(word) for word in memory.get("asked") or []),
    )


def slots(after: Context) -> Events:
    """The events that store a context."""
    memory = {
        "previous": after.previous,
        "wanted": after.wanted,
        "misses": after.misses,
        "options": [list(option) for option in after.options],
        "asked": list(after.asked),
    }
    values = {
        "topic": after.topic,
        "aspect": after.aspect,
        "population": after.population,
        "answer_id": after.answer_id,
        MEMORY: memory,
    }
    return [SlotSet(name, value) for name, value in values.items()]
