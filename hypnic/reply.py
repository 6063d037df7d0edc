"""Replies: text, buttons and the one `custom` payload that says what kind of message it is.

The kinds are a contract with widgets, tests and operators (DESIGN: Contracts). Nothing here knows a channel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypnic.knowledge import GENERAL, Answer, Knowledge, Myth, Source
from hypnic.yamlfile import ROOT, YamlFile

TALK = ROOT / "data" / "talk.yml"
KINDS = frozenset(
    ["answer", "compare", "myth", "triage", "danger", "clarify", "out_of_scope", "question", "summary", "failure", "chat"]
)
PAYLOAD_BYTES = 64  # Telegram's limit for callback data
PLACE = "at"  # the one entity a button carries: topic or topic.population; short because of the limit above


@dataclass(frozen=True)
class Button:
    """A choice: what it shows and what it sends (at most 64 bytes)."""

    title: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """One message to a person. `custom` always holds a `kind` of KINDS."""

    text: str
    custom: Mapping[str, Any]
    buttons: tuple[Button, ...] = field(default=())


class Talk:
    """The fixed sentences around the answers (data/talk.yml)."""

    def __init__(self, phrases: Mapping[str, Any]) -> None:
        self._phrases = phrases

    @classmethod
    def load(cls, path: Path = TALK) -> Talk:
        """Read and check the file. Raises DataError."""
        return cls(YamlFile(path, "talk").data)

    def say(self, phrase: str, **values: str) -> str:
        """The sentence with its {placeholders} replaced; values are never treated as patterns themselves."""
        return fill(str(self._phrases[phrase]), values)

    def words(self, phrase: str) -> frozenset[str]:
        """A phrase as a set of its words."""
        return frozenset(str(self._phrases[phrase]).split())

    def keys(self, phrase: str) -> frozenset[str]:
        """The keys of a phrase that has several wordings."""
        return frozenset(self._phrases[phrase])

    def choice(self, phrase: str, key: str) -> str:
        """One of several wordings, such as the words for a verdict."""
        return str(self._phrases[phrase][key])


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace {name} by its value. Unknown placeholders stay as they are; no format mini-language is involved."""
    return re.sub(r"{(\w+)}", lambda found: values.get(found[1], found[0]), text)


def place(topic: str, population: str = GENERAL) -> str:
    """The value a button carries for a topic and population."""
    return topic if population == GENERAL else f"{topic}.{population}"


def read_place(value: str) -> tuple[str, str]:
    """The inverse of place(): (topic, population)."""
    topic, _, population = value.partition(".")
    return topic, population or GENERAL


def ask(title: str, topic: str, aspect: str, population: str = GENERAL) -> Button:
    """A button that asks for one answer."""
    return Button(title, f'/ask_{aspect}{{"{PLACE}":"{place(topic, population)}"}}')


def check_button(title: str, topic: str, population: str = GENERAL) -> Button:
    """A button that starts the check for one topic."""
    return Button(title, f'/start_check{{"{PLACE}":"{place(topic, population)}"}}')


def choice(title: str, intent: str, value: str) -> Button:
    """A button that carries an intent and one value: the answer to a question, or what an emergency's button means."""
    return Button(title, f'/{intent}{{"{PLACE}":"{value}"}}')


def listed(sources: Sequence[Source]) -> str:
    """Sources as one line of text."""
    return "; ".join(f"{s.title} ({s.publisher}, {s.year})" for s in sources)


def cite(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Sources as they stand in `custom`."""
    return [
        {"title": s.title, "publisher": s.publisher, "year": s.year, **({"url": s.url} if s.url else {})}
        for s in sources
    ]


def answer_custom(answer: Answer) -> dict[str, Any]:
    """The `custom` of an answer."""
    return {
        "kind": "answer",
        "answer_id": answer.id,
        "topic": answer.topic,
        "aspect": answer.aspect,
        "population": answer.population,
        "certainty": answer.certainty,
        "sources": cite(answer.sources),
        "reviewed": answer.reviewed,
    }


def next_buttons(base: Knowledge, answer: Answer, check: str = "", population: str | None = None) -> tuple[Button, ...]:
    """Up to three next steps: the aspect's label, with the topic's name when it is another topic.

    Args:
        base, answer: what was answered.
        check: what the button of the check says; it comes first after an answer on when to see a doctor. "" leaves it out.
        population: whom the person asks for, when that is not whom the answer is about.
    """
    offers_check = check and answer.aspect == "see_doctor"
    buttons = [check_button(check, answer.topic, population or answer.population)] if offers_check else []
    for topic, aspect in answer.next:
        label = base.vocabulary.aspects[aspect].label
        found = answer.population if base.find(topic, aspect, answer.population) else GENERAL
        title = label if topic == answer.topic else f"{_capital(base.topics[topic].short)}: {_lower(label)}"
        buttons.append(ask(title, topic, aspect, found))
    return tuple(buttons[:3])


def topic_buttons(base: Knowledge, topics: Sequence[str], aspect: str, population: str = GENERAL) -> tuple[Button, ...]:
    """One button a topic, each asking for the same aspect."""
    return tuple(ask(_capital(base.topics[topic].short), topic, aspect, population) for topic in topics)


def compare_custom(first: str, second: str, sources: Sequence[Source]) -> dict[str, Any]:
    """The `custom` of a comparison."""
    return {"kind": "compare", "topic": first, "also_topic": second, "aspect": "what_is_it", "sources": cite(sources)}


def clarify_custom(options: Sequence[tuple[str, str]], buttons: Sequence[Button]) -> dict[str, Any]:
    """The `custom` of a question back: (topic, aspect) pairs with their payloads."""
    return {
        "kind": "clarify",
        "options": [
            {"topic": topic, "aspect": aspect, "payload": button.payload}
            for (topic, aspect), button in zip(options, buttons)
        ],
    }


def myth_custom(myth: Myth) -> dict[str, Any]:
    """The `custom` of a myth check."""
    return {"kind": "myth", "topic": myth.topic, "myth": myth.id, "verdict": myth.verdict, "sources": cite(myth.sources)}


@lru_cache(maxsize=1)
def talk() -> Talk:
    """The project's own phrases, loaded once a process."""
    return Talk.load()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
