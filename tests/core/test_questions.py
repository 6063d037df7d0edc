"""Where the questions of one message stand."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hypnic.questions import MAX_QUESTIONS, questions, without_questions


def asked(text: str) -> list[str]:
    """The questions as they stand in the text, without the blanks around them."""
    return [text[found.start : found.end].strip() for found in questions(text)]


def told(text: str) -> list[str]:
    """What stands before each question, up to the question before it."""
    return [text[found.told : found.start].strip(" ?.,\n") for found in questions(text)]


SENTENCES = [
    ("why do i jerk? is it dangerous?", ["why do i jerk", "is it dangerous"]),
    ("Why do I jerk. Is it dangerous", ["Why do I jerk", "Is it dangerous"]),
    ("why do i jerk! is it dangerous", ["why do i jerk", "is it dangerous"]),
    ("why do i jerk; is it dangerous", ["why do i jerk", "is it dangerous"]),
    ("why do i jerk\nis it dangerous", ["why do i jerk", "is it dangerous"]),
    ("why do i jerk??? is it dangerous?!", ["why do i jerk", "is it dangerous"]),
    ("WHY DO I JERK?IS IT DANGEROUS?", ["WHY DO I JERK", "IS IT DANGEROUS"]),
    ("1. what is it\n2. why does it happen", ["what is it", "why does it happen"]),
    ("- what is it\n- how do i stop it", ["- what is it", "- how do i stop it"]),
    ("legs kicking all night? what helps?", ["legs kicking all night", "what helps"]),
    ("what is it? thanks, also, how long does it last", ["what is it", "how long does it last"]),
    ("what's this. who gets it. how's it treated", ["what's this", "who gets it", "how's it treated"]),
]


@pytest.mark.parametrize(("text", "wanted"), SENTENCES, ids=[row[0] for row in SENTENCES])
def test_a_sentence_is_a_question_of_its_own(text: str, wanted: list[str]) -> None:
    """A full stop, a question mark, an exclamation mark, a semicolon and a new line end a question."""
    assert wanted == asked(text)


JOINED = [
    ("what is it and how do i stop it", ["what is it", "how do i stop it"]),
    ("what is it, and how do i stop it", ["what is it", "how do i stop it"]),
    ("what is it also does it hurt", ["what is it", "does it hurt"]),
    ("what is it but is it harmless", ["what is it", "is it harmless"]),
    ("what is it and also is it harmless", ["what is it", "is it harmless"]),
    ("what is it plus can i drive", ["what is it", "can i drive"]),
    ("what is it then what helps", ["what is it", "what helps"]),
    ("is it dangerous, what can i do", ["is it dangerous", "what can i do"]),
    ("is it dangerous,what can i do", ["is it dangerous", "what can i do"]),
    ("why does it happen AND WHAT HELPS", ["why does it happen", "WHAT HELPS"]),
    ("tell me what it is and explain how it is treated", ["tell me what it is", "explain how it is treated"]),
    ("how common is it and who gets it", ["how common is it", "who gets it"]),
    ("what can i do and when should i see a doctor", ["what can i do", "when should i see a doctor"]),
    ("is it dangerous and which tests are done", ["is it dangerous", "which tests are done"]),
    ("is it dangerous and what about children", ["is it dangerous", "what about children"]),
    ("what is it and can it be treated and does it hurt", ["what is it", "can it be treated", "does it hurt"]),
    ("can stress cause it and how do i stop it", ["can stress cause it", "how do i stop it"]),
    ("are restless legs dangerous and what helps", ["are restless legs dangerous", "what helps"]),
]


@pytest.mark.parametrize(("text", "wanted"), JOINED, ids=[row[0] for row in JOINED])
def test_joined_questions_are_told_apart(text: str, wanted: list[str]) -> None:
    """ "and", "also", "but" and a comma part two questions where the second begins like a question."""
    assert wanted == asked(text)


WHOLE = [
    # relative and side clauses
    "why do i jerk and when i wake up my legs hurt",
    "does it happen when i wake up and where i sleep",
    "why does my leg twitch when i lie down and when i am tired",
    "what is the jerk that comes when i doze off and that wakes me",
    "what do i do when he kicks and who he hits is me",
    # lists of topics and of reasons
    "what is the difference between tics and cramps",
    "what helps against cramps, tics and hiccups",
    "why do coffee, stress and exercise make it worse",
    "how do sleep starts and restless legs differ",
    "how are tics, cramps and jerks treated",
    # a choice is one question
    "is it harmless or should i see a doctor",
    "is it a sleep start or restless legs",
    # a single one
    "why do i jerk when falling asleep?",
    "is it dangerous",
    "how long does a bout of hiccups last",
    "please tell me about sleep starts",
]


@pytest.mark.parametrize("text", WHOLE)
def test_one_question_stays_whole(text: str) -> None:
    """A side clause, a list or a choice makes no second question."""
    assert [text.rstrip("?")] == asked(text)


NONE = [
    *("", " ", "?", "???", "hm", "why", "why?", "...\n\n", "\x00", "👍 👍"),
    *("i jerk when falling asleep", "my legs twitch and i kick my husband", "tics and cramps", "hello there"),
]


@pytest.mark.parametrize("text", NONE)
def test_no_question(text: str) -> None:
    """A statement, a single word and marks alone are no question."""
    assert [] == questions(text)


STATEMENTS = ["dont know what it is", "i don't know why", "do not worry about me", "don't like it at all", "will do, thanks"]


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_that_begins_with_a_verb(text: str) -> None:
    """A statement or a request without its subject is no question, although questions may begin with its first word."""
    assert [] == questions(text)


def test_a_statement_with_a_question_mark_asks() -> None:
    """The mark makes a question of anything with two words."""
    assert ["twitching all night"] == asked("twitching all night?")


@pytest.mark.parametrize("count", range(1, 8))
def test_three_at_most(count: int) -> None:
    """Only the first three questions are found, in their order."""
    every = [f"is it thing{number}" for number in range(count)]
    assert every[:3] == asked("? ".join(every) + "?")
    assert 3 == MAX_QUESTIONS


TOLD = [
    ("my baby twitches. is that normal?", ["my baby twitches"]),
    ("i jerk when falling asleep but is it dangerous", ["i jerk when falling asleep but"]),
    ("i kick. my wife is cross. what is it? it hurts too. what helps?", ["i kick. my wife is cross", "it hurts too"]),
    ("is it dangerous? what helps? thank you", ["", ""]),
    ("hello. what is it", ["hello"]),
]


@pytest.mark.parametrize(("text", "wanted"), TOLD, ids=[row[0] for row in TOLD])
def test_what_was_told_before_belongs_to_the_next_question(text: str, wanted: list[str]) -> None:
    """`told` begins where the question before ended, and at the beginning of the text for the first."""
    assert wanted == told(text)


def test_what_stands_after_the_last_question_is_in_none() -> None:
    """Thanks at the end belong to no question."""
    text = "what is it? thank you so much"
    assert [(0, 0, len("what is it"))] == [(found.told, found.start, found.end) for found in questions(text)]


PIECES = ["why do i jerk", "what is it", "is it bad", "my legs hurt", "when i wake", *"and also but ſ İ é".split(), *",.?!\n "]
pieces = st.lists(st.sampled_from(PIECES), max_size=14)
texts = st.one_of(st.text(), pieces.map(" ".join), pieces.map("".join))


@settings(max_examples=600, deadline=None)
@example("what is it? why is it? how is it? who gets it?")
@given(texts)
def test_any_text_gives_spans_in_order(text: str) -> None:
    """Whatever the text: at most three spans, each inside it and not empty, in order, and none over another."""
    found = questions(text)
    assert len(found) <= 3
    assert all(0 <= one.told <= one.start < one.end <= len(text) for one in found)
    assert all(text[one.start : one.end].strip() for one in found)
    assert [0][: len(found)] == [one.told for one in found[:1]]
    assert all(before.end == after.told for before, after in itertools.pairwise(found))


@given(texts)
def test_a_question_that_was_found_is_one_question(text: str) -> None:
    """What was cut out of a text is not cut again when it stands alone with its mark."""
    for wanted in asked(text):
        assert [wanted] == asked(f"{wanted}?")


LONG = [" " * 4000, "and " * 1000, ", " * 2000, "why is it and " * 300, "?" * 4000, "- " * 2000, "thank you " * 400]


@pytest.mark.parametrize("text", LONG, ids=[row[:8] for row in LONG])
def test_a_long_text_is_split_at_once(text: str) -> None:
    """Four times the longest message that is accepted takes less than a second."""
    began = time.perf_counter()
    assert len(questions(text)) <= 3
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("do i act out my dreams", ""),
        ("I punch in my sleep. Do I act out dreams?", "I punch in my sleep"),
        ("my legs jump every night", "my legs jump every night"),
        ("why? I am 60", "why? I am 60"),
        ("", ""),
    ],
)
def test_what_is_told_beside_the_questions(text: str, left: str) -> None:
    """A question tells nothing; everything else stays."""
    assert left == without_questions(text).strip(" ?.")
