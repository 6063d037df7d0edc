"""The dialogue: questions, follow-ups, a topic that is missing, and what is not understood."""

from __future__ import annotations

import pytest
from talking import ASK, ASPECTS, BASE, GUESSED, POPULATIONS, TOPICS, UNCLEAR, answer_id, custom, kind, play, said

from hypnic.asking import MENU_SIZE, OPTIONS
from hypnic.turn import Understood

# -- questions and follow-ups ---------------------------------------------------------------------------------------


def test_every_answer_can_be_had() -> None:
    """Asking for a cell that is filled gives exactly that answer."""
    answers = list(BASE.answers())
    assert len(answers) > 200
    for answer in answers:
        asked = said(f"ask_{answer.aspect}", answer.topic, population=answer.population)
        assert answer.id == answer_id(play(asked)[0])


def test_every_question_gets_a_reply() -> None:
    """Any cell of the vocabulary is answered from its own topic."""
    for topic in TOPICS:
        for intent in ASK:
            for population in POPULATIONS:
                assert topic == custom(play(said(intent, topic, population=population))[0])["topic"]


def test_an_aspect_alone_keeps_the_topic() -> None:
    """ "is that dangerous" after a question about sleep starts is about sleep starts."""
    turns = play(said("ask_why", "sleep_start"), said("ask_danger_outlook"))
    assert ["sleep_start.why.general", "sleep_start.danger_outlook.general"] == [answer_id(turn) for turn in turns]


def test_a_population_alone_keeps_topic_and_aspect() -> None:
    """ "and in children" asks the same for children."""
    asked = said("ask_danger_outlook", "sleep_start"), said("follow_up", population="child")
    after = play(*asked)[1].context
    assert ("sleep_start", "child") == (after.topic, after.population)
    nearest = BASE.nearest("sleep_start", "danger_outlook", "child", told="sleep_start.danger_outlook.general")
    assert nearest is not None
    assert nearest.id == answer_id(play(*asked)[1])


def test_a_topic_alone_keeps_aspect_and_population() -> None:
    """ "and restless legs" asks the same of restless legs, still for the child."""
    turns = play(
        said("ask_why", "sleep_start"),
        said("ask_danger_outlook"),
        said("follow_up", population="child"),
        said("follow_up", "restless_legs"),
    )
    nearest = BASE.nearest("restless_legs", "danger_outlook", "child")
    assert nearest is not None
    assert nearest.id == answer_id(turns[3])
    assert "child" == turns[3].context.population


def test_a_new_question_forgets_the_population() -> None:
    """A question that names its topic is not about the child of before."""
    turns = play(said("ask_why", "sleep_start", population="child"), said("ask_why", "restless_legs"))
    assert "restless_legs.why.general" == answer_id(turns[1])


def test_a_button_carries_nothing_over() -> None:
    """A pressed button asks for exactly what stands on it."""
    pressed = said("ask_why", "tics", population="general", pressed=True)
    assert "tics.why.general" == answer_id(play(said("ask_why", "sleep_start", population="child"), pressed)[1])


def test_a_follow_up_on_nothing_is_not_understood() -> None:
    """ "what about the other one" as the first message is asked back."""
    assert "clarify" == kind(play(said("follow_up"))[0])


# -- the topic is missing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("intent", [*ASK, "describe_symptom", "is_it_this", "start_check", "myth_check"])
def test_without_a_topic_it_is_asked_back(intent: str) -> None:
    """A question about nothing offers topics, each with an answer behind it."""
    options = custom(play(said(intent))[0])["options"]
    assert 0 < len(options) <= MENU_SIZE
    assert all(BASE.nearest(option["topic"], option["aspect"]) for option in options)


def test_guesses_are_offered_first() -> None:
    """When the message leans towards topics, at most three of those are offered."""
    asked = said("ask_why", guesses=(("tics", 0.5), ("hiccups", 0.2), ("stress", 0.2), ("alcohol", 0.06), ("insomnia", 0.01)))
    assert ["tics", "hiccups", "stress"] == [option["topic"] for option in custom(play(asked)[0])["options"]]


@pytest.mark.parametrize("aspect", ASPECTS)
def test_the_topic_answers_the_pending_question(aspect: str) -> None:
    """The topic named next is answered with the aspect that waits."""
    turns = play(said(f"ask_{aspect}"), said("follow_up", "restless_legs"))
    assert aspect == turns[0].context.wanted
    expected = aspect if BASE.has("restless_legs", aspect) else "what_is_it"
    assert ("restless_legs", expected) == (custom(turns[1])["topic"], custom(turns[1])["aspect"])
    assert turns[1].context.wanted is None


def test_the_pending_question_keeps_its_population() -> None:
    """ "is it dangerous in pregnancy", asked back, is answered for pregnancy."""
    turns = play(said("ask_what_is_it", population="pregnant"), said("follow_up", "restless_legs"))
    assert "restless_legs.what_is_it.pregnant" == answer_id(turns[1])


def test_deny_drops_the_pending_question() -> None:
    """After "no", a topic is not answered with the question of before."""
    turns = play(said("ask_tests"), said("deny"), said("follow_up", "restless_legs"))
    assert "what_is_it" == custom(turns[2])["aspect"]


# -- not understood -------------------------------------------------------------------------------------------------


def test_not_understood_once_offers_the_likeliest_meanings() -> None:
    """The first time, up to three meanings are offered, the likeliest first, one a topic."""
    options = custom(play(GUESSED)[0])["options"]
    assert [("restless_legs", "why"), ("leg_cramps", "why"), ("tics", "why")] == [(o["topic"], o["aspect"]) for o in options]


def test_meanings_name_topic_and_aspect() -> None:
    """The three meanings are three different buttons."""
    buttons = play(GUESSED)[0].replies[0].buttons
    assert OPTIONS == len({button.title for button in buttons}) == len({button.payload for button in buttons})


@pytest.mark.parametrize("unclear", [UNCLEAR, GUESSED], ids=["no idea", "with guesses"])
def test_not_understood_again_gives_the_menu(unclear: Understood) -> None:
    """The second time and ever after it is the menu of topics, and never an error."""
    turns = play(*[unclear] * 5)
    assert {"clarify"} == {kind(turn) for turn in turns}
    assert [MENU_SIZE] * 4 == [len(custom(turn)["options"]) for turn in turns[1:]]
    assert [1, 2, 3, 4, 5] == [turn.context.misses for turn in turns]


def test_the_menu_says_something_else_than_the_first_question() -> None:
    """The words change between the first and the second time."""
    first, second = play(UNCLEAR, UNCLEAR)
    assert first.replies[0].text != second.replies[0].text


def test_an_answer_forgives() -> None:
    """After an answer the counting starts anew."""
    turns = play(GUESSED, GUESSED, said("ask_why", "tics"), GUESSED)
    assert [1, 2, 0, 1] == [turn.context.misses for turn in turns]


NONSENSE = ["", "nonsense", "ask_", "ask_nothing", "ask_why ", "ASK_WHY", "danger", "greet", "__init__", "{0.__class__}", "ask_why.x"]


@pytest.mark.parametrize("intent", NONSENSE)
def test_an_unknown_intent_is_not_understood(intent: str) -> None:
    """An intent that the core does not know is asked back."""
    assert "clarify" == kind(play(said(intent))[0])
