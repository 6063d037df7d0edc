"""The knowledge base as content: complete, short, plain, sourced, and free of what must never be said."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import textstat
import yaml

from hypnic.knowledge import Answer, knowledge
from hypnic.reply import PAYLOAD_BYTES, ask, next_buttons, place, read_place
from hypnic.yamlfile import ROOT

BASE = knowledge()
ANSWERS = [*BASE.answers(), *BASE.details()]
RESERVED = {"nlu", "stories", "rules", "responses"}  # Rasa takes a file with one of these for training data
CASES = Path(__file__).parents[1] / "cases"
FORBIDDEN = {
    "a dose": r"\b\d+([.,]\d+)?\s?(mg|milligrams?|mcg|micrograms?|ml|millilitres?|iu|tablets?|pills?|drops)\b",
    "a diagnosis": r"\byou (definitely |certainly |clearly )?have (restless|epilepsy|sleep apn|a sleep start|hypnic|parkinson|narcolepsy|rls|plmd)",
    "a dose in words": r"\b(one|two|three|four|half an?) (tablet|pill|capsule|spoonful)s?\b",
    "any diagnosis": r"(?<!if )(?<!do )\byou have (?!to\b|not\b|any\b|been\b|had\b|ever\b|told\b|both\b|one of\b)",
    "certainty": r"\b(this is|it is) definitely\b",
    "advice on a medicine": r"(?<!not )(?<!never )(?<!n't )\b(start|stop|change|increase|reduce|double|skip|switch) (taking )?(your|the|this|that) (medicine|medication|tablet|pill|dose)",
    "minimising": r"\bdon'?t worry\b|\bonly stress\b",
    "the word just": r"\bjust\b(?! had a baby)",  # there it is about time
    "shouting": r"!",
    "a long dash": "—",
    "markup": r"\*\*|<[a-z/]|\]\(",
    "a claim to be a doctor": r"\bas a (doctor|nurse|clinician)\b",
}


def strings(data: object) -> Iterator[str]:
    """Every text inside parsed YAML."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for part in data.values() if isinstance(data, dict) else data:
            yield from strings(part)


def spoken() -> Iterator[tuple[str, str]]:
    """Every text of the knowledge base and around it that a person can read."""
    for answer in ANSWERS:
        yield answer.id, answer.text
    for topic in BASE.topics.values():
        yield f"{topic.id}.title", topic.title
        yield f"{topic.id}.tell_apart", topic.tell_apart
        for myth in topic.myths:
            yield f"{topic.id}.{myth.id}", myth.text
            yield f"{topic.id}.{myth.id}.claim", myth.claim
    for known in BASE.comparisons:
        yield f"comparison.{'.'.join(known.topics)}", known.text
    for word in BASE.ambiguities:
        yield f"ambiguous.{word.id}", word.ask
        yield from ((f"ambiguous.{word.id}", title) for title, _ in word.options)
    for entry in (*BASE.vocabulary.aspects.values(), *BASE.vocabulary.populations.values()):
        yield f"{entry.id}.label", entry.label
    for name, text in yaml.safe_load((ROOT / "data" / "talk.yml").read_text()).items():
        if not name.endswith("_words") and name != "languages":
            yield from ((f"talk.{name}", part) for part in strings(text))
    for name, variants in yaml.safe_load((ROOT / "domain.yml").read_text())["responses"].items():
        for variant in variants:
            yield name, variant["text"]
            yield from ((name, button["title"]) for button in variant.get("buttons", []))
    outcomes = yaml.safe_load((ROOT / "data" / "triage" / "outcomes.yml").read_text())
    yield from (("outcomes", text) for key in ("failure", "also", "crisis") for text in strings(outcomes[key]))
    for reply in outcomes["replies"]:
        yield from ((f"outcomes.{reply['for'][0]}", text) for key in reply.keys() - {"for"} for text in strings(reply[key]))


SPOKEN = list(spoken())


def test_there_is_something_to_read() -> None:
    """The collectors are not empty."""
    assert 34 == len(BASE.topics)
    assert len(ANSWERS) > 200
    assert len(SPOKEN) > 300
    assert {"outcomes.suicide_plan", "utter_greet", "talk.which_topic", "talk.verdict"} <= {name for name, _ in SPOKEN}


def test_every_filled_cell_is_answered() -> None:
    """What the source document covers has an answer."""
    listed = yaml.safe_load((CASES / "cells.yml").read_text())
    cells = {(topic, *cell.split(".")) for topic, cells in listed.items() for cell in cells}
    known = {(answer.topic, answer.aspect, answer.population) for answer in ANSWERS}
    assert len(cells) >= 131
    assert set() == cells - known


@pytest.mark.parametrize("reason", FORBIDDEN)
def test_nothing_forbidden_is_said(reason: str) -> None:
    """No text holds a phrase that must never be said."""
    found = [(name, m.group(0)) for name, text in SPOKEN if (m := re.search(FORBIDDEN[reason], text, re.I))]
    assert [] == found


def plain(answer: Answer) -> str:
    return plainly(answer.text)


def plainly(text: str) -> str:
    """The text with words for the numbers of the region."""
    for name in ("emergency number", "urgent line", "crisis line"):
        text = text.replace("{" + name.replace(" ", "_") + "}", f"the {name}")
    return text


def test_length() -> None:
    """Answers have 35 to 95 words."""
    assert {} == {a.id: n for a in ANSWERS if not 35 <= (n := len(plain(a).split())) <= 95}


def test_reading_grade() -> None:
    """Every answer can be read at US grade 9 or below (Flesch-Kincaid)."""
    assert {} == {a.id: g for a in ANSWERS if (g := textstat.flesch_kincaid_grade(plain(a))) > 9}


def test_comparisons_can_be_read() -> None:
    """At least twelve pairs, each 45 to 105 words at US grade 9 or below, and a short question for every ambiguous word."""
    assert len(BASE.comparisons) >= 12
    texts = {known.topics: plainly(known.text) for known in BASE.comparisons}
    assert {} == {topics: n for topics, text in texts.items() if not 45 <= (n := len(text.split())) <= 105}
    assert {} == {topics: g for topics, text in texts.items() if (g := textstat.flesch_kincaid_grade(text)) > 9}
    assert {} == {word.id: n for word in BASE.ambiguities if (n := len(word.ask.split())) > 40}


def test_sentences_are_not_copied() -> None:
    """No sentence of eight or more words stands more than twice when topics share it."""
    places: dict[str, list[Answer]] = {}
    for answer in ANSWERS:
        for sentence in re.split(r"(?<=[.?])\s+", plain(answer)):
            if len(sentence.split()) >= 8:
                places.setdefault(re.sub(r"\W+", " ", sentence.lower()).strip(), []).append(answer)
    assert len(places) > 500
    assert {} == {s: [a.id for a in found] for s, found in places.items() if len(found) > 2 and len({a.topic for a in found}) > 1}


def test_placeholders() -> None:
    """Only known placeholders stand in the texts of answers."""
    assert set() == {m for a in ANSWERS for m in re.findall(r"{.*?}", a.text)} - {"{emergency_number}", "{urgent_line}", "{crisis_line}"}


def test_reviewed() -> None:
    """Every answer was checked within two years, and none in the future."""
    today = datetime.date.today()
    ages = [(today - datetime.date.fromisoformat(answer.reviewed)).days for answer in ANSWERS]
    assert 0 <= min(ages)
    assert max(ages) < 730


def test_buttons_fit_telegram() -> None:
    """The payload of every possible button stays within 64 bytes and can be read back."""
    for topic in BASE.topics:
        for aspect in BASE.vocabulary.aspects:
            for population in BASE.vocabulary.populations:
                assert len(ask("x", topic, aspect, population).payload.encode()) <= PAYLOAD_BYTES
                assert (topic, population) == read_place(place(topic, population))


def test_button_titles() -> None:
    """Titles are short enough for a phone: the offered next steps, and any aspect named with its topic."""
    offered = [button.title for answer in ANSWERS for button in next_buttons(BASE, answer)]
    possible = [f"{topic.short}: {aspect.label}" for topic in BASE.topics.values() for aspect in BASE.vocabulary.aspects.values()]
    assert len(offered) > 200
    assert [] == [title for title in offered + possible if len(title) > 60]


def test_short_names() -> None:
    """The short name of a topic has at most 26 characters."""
    assert [] == [topic.short for topic in BASE.topics.values() if len(topic.short) > 26]


def test_no_answer_offers_itself() -> None:
    """A next step leads on."""
    assert [] == [a.id for a in ANSWERS if (a.topic, a.aspect) in a.next]


def test_wordings_stand_for_one_topic() -> None:
    """No lay wording names two topics."""
    owners = Counter()
    for topic in BASE.topics.values():
        fine = [wording for finer in topic.fine_topics for wording in finer.wordings]
        owners.update({name.lower() for name in (topic.title, topic.short, *topic.also_called, *topic.wordings, *fine)})
    assert [] == [wording for wording, count in owners.items() if count > 1]


def test_no_reserved_keys() -> None:
    """No data file of ours has a top-level key of Rasa's training data."""
    paths = [*(ROOT / "data" / "knowledge").glob("*.yml"), *(ROOT / "data" / "triage").glob("*.yml"), ROOT / "data" / "talk.yml"]
    assert len(paths) > 36
    assert [] == [path.name for path in paths if RESERVED & set(yaml.safe_load(path.read_text()))]
