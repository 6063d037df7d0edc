"""The knowledge base: topics, answers by aspect and population, sources, vocabulary.

Everything a person is told about a topic comes from data/knowledge/, one YAML file a topic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypnic.contrasts import Ambiguity, Comparison, read_ambiguities, read_comparisons, read_words
from hypnic.errors import DataError
from hypnic.yamlfile import ROOT, Place, YamlFile

KNOWLEDGE = ROOT / "data" / "knowledge"
GENERAL = "general"
MYTH = "myth"  # stands where an aspect stands in the id of an answer


@dataclass(frozen=True)
class Source:
    """One entry of the bibliography."""

    id: str
    title: str
    publisher: str
    year: int
    url: str | None = None


@dataclass(frozen=True)
class Aspect:
    """One of the ten things that can be asked about a topic.

    instead: aspects to try, in order, when a topic has no answer on this one.
    """

    id: str
    label: str
    about: str
    instead: tuple[str, ...]


@dataclass(frozen=True)
class Population:
    """One of the five groups of people an answer can be meant for.

    keeps: groups that a follow-up may name without leaving this one, as the baby of somebody pregnant.
    """

    id: str
    label: str
    wordings: tuple[str, ...]
    own_first: frozenset[str] = frozenset()
    keeps: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Vocabulary:
    """The closed vocabulary of topics, aspects and populations; umbrella topics give way to any other that is named."""

    topics: tuple[str, ...]
    aspects: Mapping[str, Aspect]
    populations: Mapping[str, Population]
    umbrella: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """One answer of the knowledge base; `next` holds (topic, aspect) pairs to offer afterwards.

    A detail answers something narrower than its cell: `detail` is its id within the topic, `questions` are examples of what
    it answers, `fine_topic` is the finer subject it is limited to.
    """

    topic: str
    aspect: str
    population: str
    text: str
    certainty: str
    sources: tuple[Source, ...]
    reviewed: str
    next: tuple[tuple[str, str], ...]
    detail: str = ""
    fine_topic: str = ""
    questions: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Stable name of the answer: topic.aspect.population, with the id of a detail at the end."""
        return ".".join(filter(None, (self.topic, self.aspect, self.population, self.detail)))


@dataclass(frozen=True)
class Myth:
    """A belief about a topic with its verdict: true, partly_true, unproven or false."""

    id: str
    topic: str
    claim: str
    verdict: str
    text: str
    sources: tuple[Source, ...]
    wordings: tuple[str, ...]

    @property
    def full_id(self) -> str:
        """Stable name of the myth: topic.myth.id."""
        return f"{self.topic}.{MYTH}.{self.id}"


@dataclass(frozen=True)
class FineTopic:
    """A finer subject inside a topic, such as teeth grinding inside tics, with the wordings that name it."""

    id: str
    name: str
    wordings: tuple[str, ...]


@dataclass(frozen=True)
class Topic:
    """One topic with its names, lay wordings, answers, finer subjects, details and myths."""

    id: str
    title: str
    short: str
    also_called: tuple[str, ...]
    wordings: tuple[str, ...]
    tell_apart: str
    answers: Mapping[tuple[str, str], Answer]
    myths: tuple[Myth, ...]
    fine_topics: tuple[FineTopic, ...] = ()
    details: Mapping[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class Knowledge:
    """The whole knowledge base, checked when loaded."""

    vocabulary: Vocabulary
    topics: Mapping[str, Topic]
    sources: Mapping[str, Source]
    comparisons: tuple[Comparison, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    compared_words: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path = KNOWLEDGE) -> Knowledge:
        """Read and check every file of the folder.

        Raises:
            DataError: a file is broken or refers to something that does not exist; names file, line and field.
        """
        vocabulary = _read_vocabulary(YamlFile(folder / "_vocabulary.yml", "vocabulary"))
        sources = _read_sources(YamlFile(folder / "_sources.yml", "sources"))
        files = sorted(path for path in folder.glob("*.yml") if not path.name.startswith("_"))
        topics = {path.stem: _read_topic(YamlFile(path, "topic"), vocabulary, sources) for path in files}
        missing = [topic for topic in vocabulary.topics if topic not in topics]
        if missing:
            raise DataError("data/knowledge", "", f"no file for the topic {missing[0]} ({missing[0]}.yml is missing)")

        def cite(file: YamlFile, place: Place, named: Sequence[str]) -> tuple[Source, ...]:
            return _cited(file, place, named, sources)

        compared = YamlFile(folder / "_comparisons.yml", "comparisons")
        base = cls(
            vocabulary,
            topics,
            sources,
            read_comparisons(compared, topics, cite),
            read_ambiguities(YamlFile(folder / "_ambiguous.yml", "ambiguous"), topics),
            read_words(compared, topics),
        )
        base._check_next(folder)
        return base

    def _check_next(self, folder: Path) -> None:
        for answer in (*self.answers(), *self.details()):
            for position, (topic, aspect) in enumerate(answer.next):
                if topic not in self.topics or not self.has(topic, aspect):
                    place: Place = ("answers", answer.aspect, answer.population)
                    if answer.detail:
                        place = ("details", list(self.topics[answer.topic].details).index(answer.detail))
                    raise YamlFile(folder / f"{answer.topic}.yml").error(
                        (*place, "next", position), f"there is no answer {topic}.{aspect} to offer next"
                    )

    def answers(self) -> Iterator[Answer]:
        """All answers, by topic in the order of the vocabulary."""
        for topic in self.vocabulary.topics:
            yield from self.topics[topic].answers.values()

    def details(self) -> Iterator[Answer]:
        """All details, by topic in the order of the vocabulary."""
        for topic in self.vocabulary.topics:
            yield from self.topics[topic].details.values()

    def by_id(self, answer_id: str) -> Answer | None:
        """The answer or detail of this id, or None."""
        topic, *rest = answer_id.split(".")
        if topic not in self.topics or len(rest) not in (2, 3):
            return None
        if len(rest) == 3:
            detail = self.topics[topic].details.get(rest[2])
            return detail if detail and detail.id == answer_id else None
        return self.find(topic, *rest)

    def myth(self, full_id: str) -> Myth | None:
        """The myth of this id (topic.myth.id), or None."""
        topic = self.topics.get(full_id.partition(".")[0])
        return next((myth for myth in topic.myths if myth.full_id == full_id), None) if topic else None

    def has(self, topic: str, aspect: str) -> bool:
        """Whether the topic has an answer on this aspect for any population."""
        return any(known == aspect for known, _ in self.topics[topic].answers)

    def find(self, topic: str, aspect: str, population: str = GENERAL) -> Answer | None:
        """The answer for exactly this cell, or None."""
        return self.topics[topic].answers.get((aspect, population))

    def nearest(
        self, topic: str, aspect: str, population: str = GENERAL, carried: bool = False, told: str | None = None
    ) -> Answer | None:
        """The best answer there is for what was asked, or None when the topic has no answer at all.

        In order: the exact cell; what this topic says about the population as a whole; the aspect in general; the
        aspects that the vocabulary names as replacements; any other aspect of the topic.

        Args:
            topic, aspect, population: what was asked.
            carried: the population is remembered from an earlier message, not named in this one. Then the aspect weighs
                more than the population.
            told: id of the answer given last; it is not told again while there is another one.
        """
        instead = self.vocabulary.aspects[aspect].instead
        own_first = aspect in self.vocabulary.populations[population].own_first
        overview = [] if population == GENERAL else [("what_is_it", population)]
        tries = [(aspect, population)]
        if own_first:
            tries += [*((other, population) for other in instead), *overview, (aspect, GENERAL)]
        elif carried:
            tries += [(other, population) for other in instead if other != "what_is_it"] + [(aspect, GENERAL)]
        else:
            tries += [*overview, (aspect, GENERAL)]
        tries += [(other, group) for other in instead for group in (population, GENERAL)] + overview
        tries += [(other, GENERAL) for other in self.vocabulary.aspects]
        found = [answer for answer in (self.find(topic, *cell) for cell in tries) if answer]
        if not found:
            return None
        if own_first or (found[0].aspect == aspect and found[0].population == population):
            return found[0]
        fresh = [answer for answer in found if answer.id != told]
        return fresh[0] if fresh and fresh[0].aspect == aspect else found[0]


@lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    """The project's own knowledge base, loaded once a process."""
    return Knowledge.load()


def _read_vocabulary(file: YamlFile) -> Vocabulary:
    data = file.data
    for aspect, entry in data["aspects"].items():
        for position, other in enumerate(entry["instead"]):
            if other not in data["aspects"]:
                raise file.error(("aspects", aspect, "instead", position), f"'{other}' is not an aspect")
    for position, topic in enumerate(data.get("umbrella", [])):
        if topic not in data["topics"]:
            raise file.error(("umbrella", position), f"'{topic}' is not a topic")
    return Vocabulary(
        umbrella=frozenset(data.get("umbrella", [])),
        topics=tuple(data["topics"]),
        aspects={
            name: Aspect(name, entry["label"], entry["about"], tuple(entry["instead"]))
            for name, entry in data["aspects"].items()
        },
        populations={
            name: Population(
                id=name,
                label=entry["label"],
                wordings=tuple(entry["wordings"]),
                own_first=frozenset(entry.get("own_first", [])),
                keeps=frozenset(entry.get("keeps", [])),
            )
            for name, entry in data["populations"].items()
        },
    )


def _read_sources(file: YamlFile) -> dict[str, Source]:
    return {
        name: Source(name, entry["title"], entry["publisher"], entry["year"], entry.get("url"))
        for name, entry in file.data["sources"].items()
    }


def _read_topic(file: YamlFile, vocabulary: Vocabulary, sources: Mapping[str, Source]) -> Topic:
    data = file.data
    topic: str = data["topic"]
    if topic not in vocabulary.topics:
        raise file.error(("topic",), f"'{topic}' is not a topic of _vocabulary.yml")
    if topic != file.path.stem:
        raise file.error(("topic",), f"'{topic}' does not match the file name {file.path.name}")
    answers: dict[tuple[str, str], Answer] = {}
    for aspect, by_population in data["answers"].items():
        for population, entry in by_population.items():
            place = ("answers", aspect, population)
            cited = _cited(file, (*place, "sources"), entry["sources"], sources)
            answers[aspect, population] = _answer(topic, aspect, population, entry, cited)
    fine_topics = tuple(
        FineTopic(name, entry["name"], tuple(entry["wordings"])) for name, entry in data.get("fine_topics", {}).items()
    )
    details: dict[str, Answer] = {}
    for position, entry in enumerate(data.get("details", [])):
        if entry["id"] in details:
            raise file.error(("details", position, "id"), f"'{entry['id']}' is given twice")
        if entry.get("fine_topic", "") not in {"", *(fine.id for fine in fine_topics)}:
            raise file.error(("details", position, "fine_topic"), f"'{entry['fine_topic']}' is not under fine_topics")
        if not any(aspect == entry["aspect"] for aspect, _ in answers):
            raise file.error(("details", position, "aspect"), "a detail needs an answer on the same aspect beside it")
        cited = _cited(file, ("details", position, "sources"), entry["sources"], sources)
        details[entry["id"]] = _answer(topic, entry["aspect"], entry.get("population", GENERAL), entry, cited)
    myths = tuple(
        Myth(
            id=entry["id"],
            topic=topic,
            claim=entry["claim"],
            verdict=entry["verdict"],
            text=" ".join(entry["text"].split()),
            sources=_cited(file, ("myths", position, "sources"), entry["sources"], sources),
            wordings=tuple(entry["wordings"]),
        )
        for position, entry in enumerate(data.get("myths", []))
    )
    return Topic(
        id=topic,
        title=data["title"],
        short=data["short"],
        also_called=tuple(data["also_called"]),
        wordings=tuple(data["wordings"]),
        tell_apart=" ".join(data["tell_apart"].split()),
        answers=answers,
        myths=myths,
        fine_topics=fine_topics,
        details=details,
    )


def _answer(topic: str, aspect: str, population: str, entry: Mapping[str, Any], cited: tuple[Source, ...]) -> Answer:
    return Answer(
        topic=topic,
        aspect=aspect,
        population=population,
        text=" ".join(entry["text"].split()),
        certainty=entry["certainty"],
        sources=cited,
        reviewed=entry["reviewed"],
        next=tuple(_next(topic, offer) for offer in entry["next"]),
        detail=entry.get("id", ""),
        fine_topic=entry.get("fine_topic", ""),
        questions=tuple(entry.get("questions", ())),
    )


def _cited(file: YamlFile, place: Place, named: Sequence[str], sources: Mapping[str, Source]) -> tuple[Source, ...]:
    for position, source in enumerate(named):
        if source not in sources:
            raise file.error((*place, position), f"'{source}' is not in _sources.yml; add it there or correct the id")
    return tuple(sources[source] for source in named)


def _next(topic: str, offer: str) -> tuple[str, str]:
    other, _, aspect = offer.rpartition(".")
    return other or topic, aspect
