"""Replies: filling in, buttons within 64 bytes, and what `custom` holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypnic.errors import DataError
from hypnic.knowledge import GENERAL, Knowledge
from hypnic.reply import (
    KINDS,
    PAYLOAD_BYTES,
    TALK,
    Talk,
    answer_custom,
    ask,
    check_button,
    cite,
    clarify_custom,
    fill,
    myth_custom,
    next_buttons,
    place,
    read_place,
    talk,
    topic_buttons,
)

FILLED = [
    # text, values, what comes out
    ("{a}", {"a": "x"}, "x"),
    ("{a} and {a}", {"a": "x"}, "x and x"),
    ("{b}", {"a": "x"}, "{b}"),
    ("{a}", {}, "{a}"),
    ("no place", {"a": "x"}, "no place"),
    ("{a!r} {a:>9} {a.__class__} {}", {"a": "x"}, "{a!r} {a:>9} {a.__class__} {}"),
    ("100 % {a} %s %(a)s $a", {"a": "x"}, "100 % x %s %(a)s $a"),
    ("{{a}}", {"a": "x"}, "{x}"),
    ("{a}", {"a": ""}, ""),
]


@pytest.mark.parametrize(("text", "values", "wanted"), FILLED)
def test_fill(text: str, values: dict[str, str], wanted: str) -> None:
    """{name} becomes its value; nothing else has a meaning."""
    assert wanted == fill(text, values)


HOSTILE = ["{0.__class__}", "%s", "%(a)s", "{b}", "{a}", "{emergency_number}", "${HOME}", "{", "}", "{{b}}", "\\1", "\n"]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_never_a_template(value: str) -> None:
    """What was filled in is not looked at again, whatever it holds and in whatever order the values come."""
    assert f"{value}|{value}" == fill("{a}|{b}", {"a": value, "b": value})
    assert f"{value}|x" == fill("{a}|{b}", {"a": value, "b": "x"})
    assert f"{value}|x" == fill("{a}|{b}", {"b": "x", "a": value})


@given(st.text(), st.text())
def test_fill_puts_any_value_in_unchanged(one: str, two: str) -> None:
    """Every value arrives as it was given."""
    assert f"<{one}><{two}>" == fill("<{one}><{two}>", {"one": one, "two": two})


def test_talk_says() -> None:
    """say() fills in the sentence's own placeholders."""
    assert "about cramps" == Talk({"some": "about {short}"}).say("some", short="cramps")


def test_talk_chooses() -> None:
    """choice() gives one of several wordings."""
    assert "b" == Talk({"some": {"x": "a", "y": "b"}}).choice("some", "y")


def test_the_projects_phrases_load() -> None:
    """data/talk.yml is in order, and read once a process."""
    assert talk() is talk()


BROKEN_TALK = [
    # old, new, piece of the message
    ("which_topic:", "what_topic:", "'which_topic' is missing"),
    ("which_topic:", "which_topic: [1]\nx:", "which_topic"),
    ("which_topic:", "which_topic: One\nwhich_topic:", "'which_topic' is given twice"),
    ("which_topic:", "which_topic: [", "not valid YAML"),
]


@pytest.mark.parametrize(("old", "new", "piece"), BROKEN_TALK)
def test_broken_phrases(tmp_path: Path, old: str, new: str, piece: str) -> None:
    """A broken talk.yml is refused by name, with a line and what is wrong."""
    path = tmp_path / "talk.yml"
    path.write_text(TALK.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        Talk.load(path)
    assert "talk.yml" == caught.value.file
    assert caught.value.line
    assert piece in str(caught.value)


def test_missing_phrases(tmp_path: Path) -> None:
    """A missing talk.yml is a DataError."""
    with pytest.raises(DataError):
        Talk.load(tmp_path / "talk.yml")


def test_every_possible_button_fits(base: Knowledge) -> None:
    """Any aspect of any topic for any population can be asked for by a button of at most 64 bytes."""
    vocabulary = base.vocabulary
    sizes = {
        len(ask("", topic, aspect, population).payload.encode())
        for topic in vocabulary.topics
        for aspect in vocabulary.aspects
        for population in vocabulary.populations
    }
    assert sizes
    assert max(sizes) <= PAYLOAD_BYTES <= 64


OFFERS: list[tuple[str, Callable[[Knowledge], list[str]]]] = [
    ("next steps", lambda base: [b.payload for answer in base.answers() for b in next_buttons(base, answer)]),
    ("topics", lambda base: [b.payload for a in base.vocabulary.aspects for b in topic_buttons(base, list(base.topics), a)]),
]


@pytest.mark.parametrize("payloads", [row[1] for row in OFFERS], ids=[row[0] for row in OFFERS])
def test_every_offered_button_fits(base: Knowledge, payloads: Callable[[Knowledge], list[str]]) -> None:
    """No button that is made of the knowledge base is longer than 64 bytes."""
    found = payloads(base)
    assert len(found) > 300
    assert [] == [payload for payload in found if len(payload.encode()) > PAYLOAD_BYTES]


def test_places_come_back(base: Knowledge) -> None:
    """What a button carries reads back as the same topic and population."""
    places = [(topic, population) for topic in base.topics for population in base.vocabulary.populations]
    assert len(places) == 34 * 5
    assert places == [read_place(place(*one)) for one in places]


READ = [("x", ("x", GENERAL)), ("x.child", ("x", "child")), ("x.", ("x", GENERAL)), ("", ("", GENERAL)), ("x.a.b", ("x", "a.b"))]


@pytest.mark.parametrize(("value", "wanted"), READ)
def test_read_place(value: str, wanted: tuple[str, str]) -> None:
    """Anything at all reads as a topic and a population, without an error."""
    assert wanted == read_place(value)


def test_next_buttons_are_at_most_three(base: Knowledge) -> None:
    """No answer offers more than three next steps."""
    assert max(len(next_buttons(base, answer)) for answer in base.answers()) == 3


def test_next_buttons_lead_to_an_answer(base: Knowledge) -> None:
    """Every offered next step has an answer on the very aspect."""
    offers = [offer for answer in base.answers() for offer in answer.next]
    assert offers
    assert [] == [(topic, aspect) for topic, aspect in offers if not base.has(topic, aspect)]


def test_next_buttons_keep_the_population(base: Knowledge) -> None:
    """A parent is led on to what is written for children, where there is something."""
    kept = [
        f'"{place(topic, answer.population)}"' in button.payload
        for answer in base.answers()
        if answer.population != GENERAL
        for (topic, aspect), button in zip(answer.next, next_buttons(base, answer), strict=True)
        if base.find(topic, aspect, answer.population)
    ]
    assert {True} == set(kept)


def test_custom_of_an_answer(base: Knowledge) -> None:
    """The contract's fields, for every answer."""
    wanted = {"kind", "answer_id", "topic", "aspect", "population", "certainty", "sources", "reviewed"}
    customs = [answer_custom(answer) for answer in base.answers()]
    assert customs
    assert {frozenset(wanted)} == {frozenset(custom) for custom in customs}
    assert {"answer"} == {custom["kind"] for custom in customs} & KINDS


def test_custom_of_a_myth(base: Knowledge) -> None:
    """The contract's fields, for every myth."""
    customs = [myth_custom(myth) for topic in base.topics.values() for myth in topic.myths]
    assert len(customs) > 10
    assert all({"kind", "topic", "verdict", "sources"} <= custom.keys() for custom in customs)
    assert {"myth"} == {custom["kind"] for custom in customs} & KINDS


def test_custom_of_a_question_back(base: Knowledge) -> None:
    """Each option names its topic, its aspect and the payload of its button."""
    buttons = topic_buttons(base, ["tics"], "why")
    options = clarify_custom([("tics", "why")], buttons)["options"]
    assert [{"topic": "tics", "aspect": "why", "payload": buttons[0].payload}] == options


def test_cite_without_address(base: Knowledge) -> None:
    """A source without an address has no url field at all."""
    sources = list(base.sources.values())
    assert {bool(source.url) for source in sources} == {True, False}
    assert [bool(source.url) for source in sources] == ["url" in cited for cited in cite(sources)]


def test_kinds() -> None:
    """The kinds of the contract."""
    wanted = "answer compare myth triage danger clarify out_of_scope question summary failure chat"
    assert set(wanted.split()) == KINDS


def test_who_asks_when_to_see_a_doctor_is_offered_the_check(base: Knowledge) -> None:
    """First, before the other steps, and never more than three; other answers do not offer it."""
    for answer in base.answers():
        buttons = next_buttons(base, answer, "How soon?", "child")
        assert len(buttons) <= 3
        assert (buttons[:1] == (check_button("How soon?", answer.topic, "child"),)) is (answer.aspect == "see_doctor")
        assert next_buttons(base, answer)[:2] == (buttons[1:] if answer.aspect == "see_doctor" else buttons)[:2]
