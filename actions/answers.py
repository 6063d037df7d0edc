"""Questions and the talk around them: one action that asks the core what to say."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, SafeAction, dialogue, send
from hypnic.dialogue import Context, Understood
from hypnic.knowledge import GENERAL, knowledge
from hypnic.reply import PLACE, read_place

MEMORY = "talk_state"


class ActionAnswer(SafeAction):
    """Answers a question, asks back, or handles a dialogue act; sets the conversation's slots."""

    def name(self) -> str:
        return "action_answer"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        turn = dialogue().respond(understood(tracker.latest_message), context(tracker.slots))
        for reply in turn.replies:
            send(dispatcher, reply)
        return slots(turn.context)


def understood(message: dict[str, Any]) -> Understood:
    """The core's view of Rasa's parse of one message."""
    entities = message.get("entities") or []
    ranking = message.get("intent_ranking") or []
    pressed = [entity["value"] for entity in entities if entity.get("entity") == PLACE]
    intent = (message.get("intent") or {}).get("name") or "nlu_fallback"
    if pressed:
        topic, population = read_place(str(pressed[0]))
        vocabulary = knowledge().vocabulary
        if topic not in vocabulary.topics or population not in vocabulary.populations:
            return Understood("nlu_fallback")
        return Understood(intent, topics=(topic,), population=population, pressed=True)
    topics = [e for e in entities if e.get("entity") == "topic"]
    length = len(str(message.get("text") or ""))
    spans = sorted((e.get("start", 0), str(e["value"])) for e in topics if e.get("end", 0) - e.get("start", 0) < length)
    topics.sort(key=lambda entity: -float(entity.get("confidence_entity") or 0))
    groups = [str(entity["value"]) for entity in entities if entity.get("entity") == "population"]
    return Understood(
        intent=intent,
        text=str(message.get("text") or ""),
        topics=tuple(dict.fromkeys(str(entity["value"]) for entity in topics)),
        named=tuple(dict.fromkeys(value for _, value in spans)),
        population=groups[0] if groups else None,
        guesses=tuple((g["name"], g["confidence"]) for g in message.get("topic_ranking") or []),
        intents=tuple((r["name"], r["confidence"]) for r in ranking if r["name"] != "nlu_fallback"),
    )


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
    )


def slots(after: Context) -> Events:
    """The events that store a context."""
    memory = {
        "previous": after.previous,
        "wanted": after.wanted,
        "misses": after.misses,
        "options": [list(option) for option in after.options],
    }
    values = {
        "topic": after.topic,
        "aspect": after.aspect,
        "population": after.population,
        "answer_id": after.answer_id,
        MEMORY: memory,
    }
    return [SlotSet(name, value) for name, value in values.items()]
