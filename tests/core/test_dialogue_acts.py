"""The dialogue: comparing, myths, and the acts around the answers."""

from __future__ import annotations

import pytest
from talking import BASE, GUESSED, TOPICS, UNCLEAR, answer_id, custom, kind, myths, play, said

from hypnic.asking import OPTIONS
from hypnic.beliefs import closest_myth
from hypnic.reply import talk
from hypnic.turn import Context, Understood

# -- comparing, myths -----------------------------------------------------------------------------------------------


def test_compare_nothing() -> None:
    """ "which is worse" as the first message asks which two."""
    assert {"kind": "clarify", "options": []} == custom(play(said("compare"))[0])


def test_compare_one_topic() -> None:
    """One topic alone is told apart from its look-alikes."""
    turn = play(said("compare", "tics"))[0]
    assert "tics.what_is_it.general" == answer_id(turn)
    assert BASE.topics["tics"].tell_apart in turn.replies[0].text


def test_compare_one_topic_with_the_one_before() -> None:
    """The topic of the talk is the second one."""
    told = custom(play(said("ask_why", "sleep_start"), said("compare", "tics"))[1])
    assert {"tics", "sleep_start"} == {told["topic"], told["also_topic"]}


def test_compare_a_topic_with_itself() -> None:
    """Naming the topic of the talk again is one topic, not two."""
    assert "answer" == kind(play(said("ask_why", "tics"), said("compare", "tics"))[1])


def test_compare_two_topics() -> None:
    """Both are described, with the sources of both and a way on to each."""
    turn = play(said("compare", "tics", "leg_cramps"))[0]
    told, reply = custom(turn), turn.replies[0]
    assert ("compare", "tics", "leg_cramps") == (told["kind"], told["topic"], told["also_topic"])
    assert all(BASE.topics[topic].tell_apart in reply.text for topic in ("tics", "leg_cramps"))
    assert told["sources"]
    assert 2 == len(reply.buttons)


def test_compare_every_pair() -> None:
    """Any two topics can be compared."""
    pairs = [(one, two) for one in TOPICS for two in TOPICS if one != two]
    assert len(pairs) == 34 * 33
    assert {"compare"} == {kind(play(said("compare", *pair))[0]) for pair in pairs}


def test_a_question_about_a_difference_compares() -> None:
    """Two topics and a word such as "versus" are a comparison, whatever the intent."""
    asked = said("ask_what_is_it", "tics", "leg_cramps", text="tics versus leg cramps")
    assert "compare" == kind(play(asked)[0])


def test_every_myth_is_found_by_its_wordings() -> None:
    """Each wording of a myth, asked of its topic, finds a myth of that topic."""
    rows = myths()
    assert len(rows) > 50
    missed = [(topic, wording) for topic, _, wording in rows if kind(play(said("myth_check", topic, text=wording))[0]) != "myth"]
    assert [] == missed


def test_a_myth_has_a_verdict() -> None:
    """The reply names the myth and its verdict."""
    topic, name, wording = myths()[0]
    told = custom(play(said("myth_check", topic, text=wording))[0])
    assert (topic, name) == (told["topic"], told["myth"])
    assert told["verdict"] in ("false", "unproven", "partly_true", "true")


def test_a_myth_not_found_is_answered_with_what_is_known() -> None:
    """An unknown belief about a topic gets the topic's reasons."""
    turn = play(said("myth_check", "sleep_start", text="is it the moon over zanzibar"))[0]
    assert "sleep_start.why.general" == answer_id(turn)


def test_a_myth_about_nothing_is_asked_back() -> None:
    """An unknown belief about no topic is asked back."""
    assert "clarify" == kind(play(said("myth_check", text="is it true"))[0])


@pytest.mark.parametrize("text", ["", "?", "the of and", "true myth fact really"])
def test_empty_words_find_no_myth(text: str) -> None:
    """Words without content fit no myth."""
    every = [myth for topic in BASE.topics.values() for myth in topic.myths]
    assert closest_myth(text, every, talk().words("function_words")) is None


# -- around the answers ---------------------------------------------------------------------------------------------


def test_go_back() -> None:
    """The answer before the last one comes again."""
    turns = play(said("ask_why", "sleep_start"), said("ask_why", "tics"), said("go_back"))
    assert "sleep_start.why.general" == answer_id(turns[2])
    assert "sleep_start" == turns[2].context.topic


def test_go_back_twice_returns() -> None:
    """Going back twice gives the later answer again."""
    turns = play(said("ask_why", "sleep_start"), said("ask_why", "tics"), said("go_back"), said("go_back"))
    assert "tics.why.general" == answer_id(turns[3])


@pytest.mark.parametrize("before", [[], [said("ask_why", "tics")], [UNCLEAR, UNCLEAR]], ids=["nothing", "one answer", "no answer"])
def test_go_back_to_nothing(before: list[Understood]) -> None:
    """Without an earlier answer it says so."""
    assert "chat" == kind(play(*before, said("go_back"))[-1])


def test_sources_of_an_answer() -> None:
    """Every source of the last answer is named with its publisher."""
    turn = play(said("ask_why", "tics"), said("ask_source"))[1]
    assert "tics.why.general" == answer_id(turn)
    assert all(f"{s['title']} ({s['publisher']}, {s['year']})" in turn.replies[0].text for s in custom(turn)["sources"])


def test_sources_of_nothing() -> None:
    """Without an answer there are no sources."""
    assert "chat" == kind(play(said("ask_source"))[0])


def test_sources_of_a_myth() -> None:
    """After a myth check the sources are those of the myth."""
    topic, name, wording = myths()[0]
    told = custom(play(said("myth_check", topic, text=wording), said("ask_source"))[1])
    assert ("myth", name) == (told["kind"], told["myth"])


def test_sources_change_nothing() -> None:
    """Asking for sources leaves the talk where it was."""
    turns = play(said("ask_why", "tics"), said("ask_source"))
    assert turns[0].context == turns[1].context


FORGED = ["", "x", "tics", "tics.why", "tics.nothing.general", "nothing.why.general", "tics.why.general.x", "..", "tics.myth.nothing", "tics.myth"]


@pytest.mark.parametrize("remembered", FORGED)
@pytest.mark.parametrize("intent", ["ask_source", "affirm", "go_back"])
def test_a_remembered_answer_that_is_gone(intent: str, remembered: str) -> None:
    """An answer id that no longer exists counts as no answer."""
    context = Context(answer_id=remembered, previous=remembered)
    assert "chat" == kind(play(said(intent), context=context)[0])


def test_yes_to_nothing() -> None:
    """ "yes" out of the blue is taken kindly."""
    assert "chat" == kind(play(said("affirm"))[0])


def test_yes_after_an_answer_offers_its_next_steps() -> None:
    """ "yes" after an answer shows the answer's next steps again."""
    first, second = play(said("ask_why", "sleep_start"), said("affirm"))
    assert first.replies[0].buttons == second.replies[0].buttons != ()


def test_yes_to_the_only_option() -> None:
    """ "yes" to a single offer takes it."""
    context = Context(options=(("tics", "why"),))
    assert "tics.why.general" == answer_id(play(said("affirm"), context=context)[0])


def test_yes_to_three_options() -> None:
    """ "yes" to three offers asks to pick one, with the same three."""
    turns = play(GUESSED, said("affirm"))
    assert custom(turns[0])["options"] == custom(turns[1])["options"]
    assert OPTIONS == len(turns[1].replies[0].buttons)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_no_to_options(count: int) -> None:
    """ "no" drops whatever was offered."""
    options = tuple((topic, "what_is_it") for topic in TOPICS[:count])
    turn = play(said("deny"), context=Context(options=options, wanted="why"))[0]
    assert "chat" == kind(turn)
    assert ((), None) == (turn.context.options, turn.context.wanted)


def test_describing_a_symptom() -> None:
    """Someone who describes is told what it feels like."""
    assert "sleep_start.feels_like.general" == answer_id(play(said("describe_symptom", "sleep_start"))[0])


def test_is_it_this_never_says_yes() -> None:
    """ "do i have restless legs" is answered with how it is told apart, not with the answer's own text."""
    turn = play(said("is_it_this", "restless_legs"))[0]
    assert BASE.topics["restless_legs"].tell_apart in turn.replies[0].text
    assert "restless_legs.what_is_it.general" == answer_id(turn)


def test_the_check_answers_when_to_see_a_doctor() -> None:
    """ "how soon do i need help" is answered with the signs."""
    assert "see_doctor" == custom(play(said("start_check", "sleep_start"))[0])["aspect"]
