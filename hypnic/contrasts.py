"""What is easily mixed up: contrasts between topics, and words that mean different things to different people."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypnic.yamlfile import Place, YamlFile

if TYPE_CHECKING:
    from hypnic.knowledge import Source

Cite = Callable[[YamlFile, Place, Sequence[str]], "tuple[Source, ...]"]


@dataclass(frozen=True)
class Comparison:
    """What tells two or three topics apart."""

    topics: tuple[str, ...]
    text: str
    certainty: str
    sources: tuple[Source, ...]
    reviewed: str

    @property
    def id(self) -> str:
        """Stable name of the comparison: compare.topic.topic."""
        return ".".join(("compare", *self.topics))


@dataclass(frozen=True)
class Ambiguity:
    """A group of words with several meanings: the question back, and the (title, topic) pairs to choose from.

    words: the words or phrases. clear: words that tell the meaning when they stand in the message too. plain: the topic
    that the words name in their strict sense, if any.
    """

    id: str
    words: tuple[str, ...]
    ask: str
    options: tuple[tuple[str, str], ...]
    clear: tuple[str, ...]
    plain: str = ""

    def unclear(self, text: str) -> bool:
        """Whether the text holds one of the words and none that makes it clear."""
        return _holds(text, self.words) and not _holds(text, self.clear)


def read_words(file: YamlFile, topics: Collection[str]) -> dict[str, str]:
    """The topic that each everyday word stands for in a comparison. Raises DataError."""
    for word, topic in file.data.get("words", {}).items():
        _check_topics(file, ("words", word), [topic], topics)
    return dict(file.data.get("words", {}))


def read_comparisons(file: YamlFile, topics: Collection[str], cite: Cite) -> tuple[Comparison, ...]:
    """The comparisons of a file. Raises DataError."""
    made: list[Comparison] = []
    for position, entry in enumerate(file.data["comparisons"]):
        place = ("comparisons", position)
        _check_topics(file, (*place, "topics"), entry["topics"], topics)
        if any(set(known.topics) == set(entry["topics"]) for known in made):
            raise file.error((*place, "topics"), "these topics are compared twice")
        made.append(
            Comparison(
                topics=tuple(entry["topics"]),
                text=" ".join(entry["text"].split()),
                certainty=entry["certainty"],
                sources=cite(file, (*place, "sources"), entry["sources"]),
                reviewed=entry["reviewed"],
            )
        )
    return tuple(made)


def read_ambiguities(file: YamlFile, topics: Collection[str]) -> tuple[Ambiguity, ...]:
    """The ambiguous words of a file. Raises DataError."""
    made: list[Ambiguity] = []
    for position, entry in enumerate(file.data["ambiguous"]):
        if entry["id"] in [known.id for known in made]:
            raise file.error(("ambiguous", position, "id"), f"'{entry['id']}' is given twice")
        options = tuple((option["title"], option["topic"]) for option in entry["options"])
        _check_topics(file, ("ambiguous", position, "options"), [topic for _, topic in options], topics)
        asked = " ".join(entry["ask"].split())
        plain = entry.get("plain", "")
        _check_topics(file, ("ambiguous", position, "plain"), [plain] if plain else [], topics)
        made.append(Ambiguity(entry["id"], tuple(entry["words"]), asked, options, tuple(entry["clear"]), plain))
    return tuple(made)


def _check_topics(file: YamlFile, place: Place, named: Sequence[str], topics: Collection[str]) -> None:
    for topic in named:
        if topic not in topics:
            raise file.error(place, f"'{topic}' is not a topic of _vocabulary.yml")


def _holds(text: str, phrases: Sequence[str]) -> bool:
    spoken = f" {' '.join(re.findall(r'[a-z0-9]+', text.lower().replace(chr(39), '').replace(chr(8217), '')))} "
    return any(f" {phrase.replace(chr(39), '')} " in spoken for phrase in phrases)
