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
ANSWERS = list(BASE.answers())
CASES = Path(__file__).parents[1] / "cases"
FORBIDDEN = {
    "a dose": r"\b\d+([.,]\d+)?\s?(mg|milligrams?|mcg|micrograms?|ml|millilitres?|iu|tablets?|pills?|drops)\b",
    "a diagnosis": r"\byou (definitely |certainly |clearly )?have (restless|epilepsy|sleep apn|a sleep start|hypnic|parkinson|narcolepsy|rls|plmd)",
    "certainty": r"\b(this is|it is) definitely\b",
    "advice on a medicine": r"(?<!not )(?<!never )(?<!n't )\b(start|stop|increase|reduce|double|skip|switch) (taking )?your (medicine|medication|tablets|pills|dose)",
    "minimising": r"\bdon'?t worry\b|\bonly stress\b",
    "the word just": r"\bjust\b",
    "shouting": r"!",
    "a long dash": "—",
    "markup": r"\*\*|<[a-z/]|\]\(",
    "a claim to be a doctor": r"\bas a (doctor|nurse|clinician)\b",
}


def spoken() -> Iterator[tuple[str, str]]:
    """Every text of the knowledge base and around it that a person can read."""
    for answer in ANSWERS:
        yield answer.id, answer.text
    for topic in BASE.topics.values():
        yield f"{topic.id}.title", topic.title
        yield f"{topic.id}.tell_apart", topic.tell_apart
        for myth in topic.myths:
            yield f"{topic.id}.{myth.id}", myth.text
    for name, text in yaml.safe_load((ROOT / "data" / "talk.yml").read_text()).items():
        if isinstance(text, str) and not name.endswith("_words"):
            yield f"talk.{name}", text
    for name, variants in yaml.safe_load((ROOT / "domain.yml").read_text())["responses"].items():
        for variant in variants:
            yield name, variant["text"]


SPOKEN = list(spoken())


def test_there_is_something_to_read() -> None:
    """The collectors are not empty."""
    assert 34 == len(BASE.topics)
    assert len(ANSWERS) > 200
    assert len(SPOKEN) > 300


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
    return answer.text.replace("{emergency_number}", "the emergency number")


def test_length() -> None:
    """Answers have 35 to 95 words."""
    assert {} == {a.id: n for a in ANSWERS if not 35 <= (n := len(plain(a).split())) <= 95}


def test_reading_grade() -> None:
    """Every answer can be read at US grade 9 or below (Flesch-Kincaid)."""
    assert {} == {a.id: g for a in ANSWERS if (g := textstat.flesch_kincaid_grade(plain(a))) > 9}


def test_placeholders() -> None:
    """Only known placeholders stand in the texts of answers."""
    assert set() == {m for a in ANSWERS for m in re.findall(r"{.*?}", a.text)} - {"{emergency_number}", "{urgent_line}"}


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
    """Titles of offered next steps are short enough for a phone."""
    assert [] == [b.title for a in ANSWERS for b in next_buttons(BASE, a) if len(b.title) > 62]


def test_no_answer_offers_itself() -> None:
    """A next step leads on."""
    assert [] == [a.id for a in ANSWERS if (a.topic, a.aspect) in a.next]


def test_wordings_stand_for_one_topic() -> None:
    """No lay wording names two topics."""
    owners = Counter()
    for topic in BASE.topics.values():
        owners.update({name.lower() for name in (topic.title, topic.short, *topic.also_called, *topic.wordings)})
    assert [] == [wording for wording, count in owners.items() if count > 1]


def test_every_source_is_cited() -> None:
    """The bibliography holds nothing that no text rests on."""
    cited = {source.id for a in ANSWERS for source in a.sources}
    cited |= {source.id for topic in BASE.topics.values() for myth in topic.myths for source in myth.sources}
    assert set() == set(BASE.sources) - cited


def test_no_reserved_keys() -> None:
    """Rasa would read a data file whose top level has one of its own keys."""
    for path in [*(ROOT / "data" / "knowledge").glob("*.yml"), *(ROOT / "data" / "triage").glob("*.yml"), ROOT / "data" / "talk.yml"]:
        assert set() == set(yaml.safe_load(path.read_text())) & {"nlu", "stories", "rules", "responses"}
