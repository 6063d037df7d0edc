"""Several questions in one message, words with several meanings, comparisons, descriptions and other languages."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from talking import ASK, ASPECTS, BASE, POPULATIONS, TALKING, TOPICS, UNCLEAR, answer_id, custom, kind, play, said

from hypnic.contrasts import Ambiguity
from hypnic.knowledge import GENERAL
from hypnic.reply import PAYLOAD_BYTES, PLACE, Button, cite, read_place, talk
from hypnic.turn import Context, Turn, Understood


def several(*parts: Understood, context: Context | None = None) -> Turn:
    """The turn after one message that asks all of this."""
    return play(Understood("ask_why", "whole", questions=parts), context=context)[0]


def given(turn: Turn) -> list[Any]:
    """Ids of the answers that were given, and the kind where it was something else."""
    return [reply.custom.get("answer_id", reply.custom["kind"]) for reply in turn.replies]


def pressed(button: Button) -> Understood:
    """What pressing a button is understood as."""
    intent, _, rest = button.payload[1:].partition("{")
    topic, population = read_place(json.loads("{" + rest)[PLACE])
    return said(intent, topic, population=population, pressed=True)


# -- several questions ----------------------------------------------------------------------------------------------


def test_answers_come_in_the_order_of_the_questions() -> None:
    """Three questions get their three answers, in their order."""
    turn = several(said("ask_why", "tics"), said("ask_danger_outlook", "restless_legs"), said("ask_self_help", "hiccups"))
    assert ["tics.why.general", "restless_legs.danger_outlook.general", "hiccups.self_help.general"] == given(turn)


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(ASK, 2)))
def test_the_second_question_is_about_the_topic_of_the_first(first: str, second: str) -> None:
    """A part that names no topic carries on from the part before it, and the talk goes on from the last part."""
    turn = several(said(first, "sleep_start"), said(second))
    alone = play(said(first, "sleep_start"), said(second))
    assert {"sleep_start"} == {reply.custom["topic"] for reply in turn.replies}
    assert turn.replies[-1].custom == alone[-1].replies[0].custom
    assert alone[-1].context == turn.context


def test_the_first_question_is_about_the_topic_of_the_talk() -> None:
    """What was talked of before counts for the first part."""
    assert ["tics.why.general", "tics.self_help.general"] == given(
        several(said("ask_why"), said("ask_self_help"), context=Context(topic="tics", aspect="what_is_it"))
    )


def test_people_carry_over_as_well() -> None:
    """A child named in the first part is meant in the second."""
    turn = several(said("ask_what_is_it", "tics", population="child"), said("ask_danger_outlook"))
    assert ["tics.what_is_it.child", "tics.danger_outlook.child"] == given(turn)


@pytest.mark.parametrize("count", [2, 3])
def test_the_same_answer_is_given_once(count: int) -> None:
    """A question asked twice in other words has one answer, which keeps its buttons."""
    turn = several(*[said("ask_why", "tics")] * count)
    assert ["tics.why.general"] == given(turn)
    assert play(said("ask_why", "tics"))[0].replies == turn.replies


def test_the_same_answer_is_not_given_between_others() -> None:
    """What was told for the first part is not told again for the third."""
    turn = several(said("ask_why", "tics"), said("ask_why", "hiccups"), said("ask_why", "tics"))
    assert ["tics.why.general", "hiccups.why.general"] == given(turn)
    assert "tics" == turn.context.topic


def test_only_the_last_answer_keeps_its_buttons() -> None:
    """Next steps stand under the last answer alone."""
    turn = several(said("ask_why", "tics"), said("ask_why", "hiccups"), said("ask_why", "restless_legs"))
    assert [(), (), play(said("ask_why", "restless_legs"))[0].replies[0].buttons] == [reply.buttons for reply in turn.replies]
    assert turn.replies[-1].buttons


def test_a_question_back_keeps_its_choices() -> None:
    """A choice that is needed stays, also when an answer follows."""
    turn = several(said("ask_why"), said("ask_why", "tics"))
    assert ["clarify", "tics.why.general"] == given(turn)
    assert all(reply.buttons for reply in turn.replies)
    payloads = [option["payload"] for option in turn.replies[0].custom["options"]]
    assert payloads == [button.payload for button in turn.replies[0].buttons]


def test_a_question_back_at_the_end_keeps_its_choices() -> None:
    """A part that is not understood asks back after the answer of the first."""
    turn = several(said("ask_why", "tics"), UNCLEAR)
    assert ["tics.why.general", "clarify"] == given(turn)
    assert [False, True] == [bool(reply.buttons) for reply in turn.replies]
    assert 1 == turn.context.misses


def test_a_belief_and_an_answer() -> None:
    """A part that asks about a belief gets its verdict."""
    myth = BASE.topics["tics"].myths[0]
    turn = several(said("myth_check", "tics", text=myth.wordings[0]), said("ask_self_help"))
    assert ["myth", "tics.self_help.general"] == given(turn)


DIFFERENT = [
    ("sources of the first answer", said("ask_why", "tics"), said("ask_source")),
    ("do i have it, and what is it", said("is_it_this", "tics"), said("ask_what_is_it", "tics")),
    ("a description, and how it feels", said("describe_symptom", "tics"), said("ask_feels_like", "tics")),
]


@pytest.mark.parametrize(("first", "second"), [row[1:] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT])
def test_what_differs_is_told(first: Understood, second: Understood) -> None:
    """Two parts whose replies say different things get both, even if these rest on the same answer."""
    alone = [turn.replies[0].text for turn in play(first, second)]
    assert alone[0] != alone[1]
    assert alone == [reply.text for reply in several(first, second).replies]


def test_two_questions_whose_answer_is_the_same_line() -> None:
    """Two parts that are both not for us get the line once."""
    part = said("other_language", language="de")
    assert [talk().choice("languages", "de")] == [reply.text for reply in several(part, part).replies]


@pytest.mark.parametrize("intent", ["greet", "nlu_fallback", "compare", "ask_why"])
def test_the_parts_decide(intent: str) -> None:
    """What the whole message was taken for does not matter when its parts are known."""
    whole = Understood(intent, "x", topics=("hiccups",), questions=(said("ask_why", "tics"), said("ask_self_help", "tics")))
    assert ["tics.why.general", "tics.self_help.general"] == given(play(whole)[0])


# -- other languages ------------------------------------------------------------------------------------------------

LANGUAGES = sorted(talk().keys("languages"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_line_of_the_language(code: str) -> None:
    """Who writes in a language that is known gets its line, with the emergency number."""
    turn = play(said("other_language", language=code))[0]
    assert talk().choice("languages", code) == turn.replies[0].text
    assert {"kind": "out_of_scope", "near": False} == custom(turn)
    assert "{emergency_number}" in turn.replies[0].text


@pytest.mark.parametrize("code", ["", "xx", "en", "DE", "de ", "languages", "{emergency_number}"])
def test_a_language_without_a_line(code: str) -> None:
    """Any other language gets the English line."""
    assert talk().choice("languages", "other") == play(said("other_language", language=code))[0].replies[0].text


def test_another_language_changes_nothing() -> None:
    """The talk stays where it was."""
    turns = play(said("ask_why", "tics"), said("other_language", language="de"))
    assert turns[0].context == turns[1].context


# -- words with several meanings ------------------------------------------------------------------------------------

WORDS = [(entry, entry.words[0]) for entry in BASE.ambiguities]
IDS = [entry.id for entry, _ in WORDS]
OUTSIDE = {entry.id: next(t for t in TOPICS if t not in {topic for _, topic in entry.options}) for entry in BASE.ambiguities}


def means(entry: Ambiguity, word: str, **more: Any) -> Understood:
    """A question that holds an ambiguous word; the NLU takes it for one of its senses."""
    return said("ask_why", entry.options[1][1], text=f"why do I get {word}", **more)


@pytest.mark.parametrize(("entry", "word"), WORDS, ids=IDS)
def test_an_ambiguous_word_is_asked_back(entry: Ambiguity, word: str) -> None:
    """The word's own question comes with its choices, in the order of the file."""
    turn = play(means(entry, word))[0]
    assert ("clarify", entry.ask) == (kind(turn), turn.replies[0].text)
    assert [title for title, _ in entry.options] == [button.title for button in turn.replies[0].buttons]
    assert [topic for _, topic in entry.options] == [option["topic"] for option in custom(turn)["options"]]
    assert (entry.id,) == turn.context.asked


@pytest.mark.parametrize("entry", [row[0] for row in WORDS], ids=IDS)
def test_every_wording_of_it_is_asked_back(entry: Ambiguity) -> None:
    """Each word of the group alone leads to a question back, of this group or of one higher up that shares the word."""
    for word in entry.words:
        holding = [other.ask for other in BASE.ambiguities if other.unclear(word)]
        assert entry.ask in holding
        assert holding[0] == play(said("ask_why", text=word))[0].replies[0].text


@pytest.mark.parametrize("intent", ["ask_why", "ask_danger_outlook", "describe_symptom", "nlu_fallback", "follow_up"])
def test_whatever_is_said_with_it_is_asked_back(intent: str) -> None:
    """Questions, descriptions, follow-ups and what was not understood are asked back alike."""
    entry, word = WORDS[0]
    assert entry.ask == play(said(intent, text=f"my {word}"))[0].replies[0].text


@pytest.mark.parametrize("intent", ["compare", "myth_check", "is_it_this", "start_check", "deny", "affirm", "go_back"])
def test_an_act_is_not_asked_back(intent: str) -> None:
    """Comparing, beliefs and steering the talk go their own way."""
    entry, word = WORDS[0]
    assert entry.ask != play(said(intent, entry.options[0][1], text=f"my {word}"))[0].replies[0].text


def test_asking_for_sources_is_not_asked_back() -> None:
    """ "where is that about cramps from" is answered with the sources of the last answer."""
    entry, word = WORDS[0]
    other = OUTSIDE[entry.id]
    turns = play(said("ask_why", other), said("ask_source", text=f"where is that about {word} from"))
    assert other == custom(turns[1]).get("topic")


@pytest.mark.parametrize(("entry", "word"), WORDS, ids=IDS)
def test_it_is_asked_back_once_a_talk(entry: Ambiguity, word: str) -> None:
    """The same word in the same talk is then taken as the NLU takes it, whatever is said in between."""
    asked = means(entry, word)
    between = [said("ask_why", OUTSIDE[entry.id]), said("greet"), said("other_language"), said("compare")]
    turns = play(asked, asked, *between, asked)
    assert ["clarify", "answer"] == [kind(turn) for turn in turns[:2]]
    assert entry.options[1][1] == custom(turns[1])["topic"]
    assert entry.ask not in [turn.replies[0].text for turn in turns[1:]]
    assert {(entry.id,)} == {turn.context.asked for turn in turns}


def test_what_was_asked_back_is_kept_through_every_act() -> None:
    """No act and no answer forgets which words were asked back."""
    before = Context(topic="tics", aspect="why", answer_id="tics.why.general", previous="tics.self_help.general", asked=("x",))
    acts = [*TALKING.acts, *ASK, "nothing"]
    for intent in acts:
        for topics in ((), ("hiccups",), ("hiccups", "stress")):
            assert ("x",) == play(said(intent, *topics), context=before)[0].context.asked, intent


def test_two_words_are_asked_back_one_after_the_other() -> None:
    """Each word has its own question, and both are remembered."""
    (first, one), (second, two) = WORDS[0], WORDS[2]
    turns = play(said("ask_why", text=one), said("ask_why", text=two))
    assert [first.ask, second.ask] == [turn.replies[0].text for turn in turns]
    assert (first.id, second.id) == turns[1].context.asked


@pytest.mark.parametrize(("entry", "word"), WORDS, ids=IDS)
def test_a_clear_word_settles_it(entry: Ambiguity, word: str) -> None:
    """With a word that tells the meaning, this word is not asked about."""
    for clear in entry.clear:
        asked = said("ask_why", entry.options[1][1], text=f"why do i get {word} {clear}")
        assert entry.ask != play(asked)[0].replies[0].text, clear


@pytest.mark.parametrize(("entry", "word"), WORDS, ids=IDS)
def test_the_topic_of_the_talk_settles_it(entry: Ambiguity, word: str) -> None:
    """Who talked of one of the senses before means that."""
    for _, topic in entry.options:
        turn = play(said("ask_why", text=word), context=Context(topic=topic, aspect="what_is_it"))[0]
        assert topic == custom(turn)["topic"]


@pytest.mark.parametrize(("entry", "word"), WORDS, ids=IDS)
def test_another_topic_named_or_plainly_meant_settles_it(entry: Ambiguity, word: str) -> None:
    """A topic outside the senses that is named, or likely from 0.6 on, tells more than the word."""
    other = OUTSIDE[entry.id]
    wanted = BASE.nearest(other, "why")
    assert wanted is not None
    told = [said("ask_why", other, text=word, named=(other,)), said("ask_why", other, text=word, guesses=((other, 0.6),))]
    assert [wanted.id] * 2 == [answer_id(play(one)[0]) for one in told]
    unsure = said("ask_why", other, text=word, guesses=((other, 0.59),))
    assert "clarify" == kind(play(unsure)[0])


@pytest.mark.parametrize(("entry", "word"), WORDS, ids=IDS)
def test_a_sense_that_is_named_does_not_settle_it(entry: Ambiguity, word: str) -> None:
    """The word itself names one of its senses, so that alone tells nothing."""
    topic = next(topic for _, topic in entry.options if topic != entry.plain)
    assert entry.ask == play(said("ask_why", topic, text=word, named=(topic,), guesses=((topic, 0.99),)))[0].replies[0].text


PLAIN = [(entry, word) for entry, word in WORDS if entry.plain]


@pytest.mark.parametrize(("entry", "word"), PLAIN, ids=[entry.id for entry, _ in PLAIN])
def test_the_strict_sense(entry: Ambiguity, word: str) -> None:
    """A question in the strict sense that tells of nobody is answered; one that tells of somebody is asked back."""
    strict, own = (said("ask_why", entry.plain, text=text) for text in (f"what makes {word}", f"what makes me {word}"))
    assert entry.plain == custom(play(strict)[0])["topic"]
    assert "answer" == kind(play(strict)[0])
    assert entry.ask == play(own)[0].replies[0].text


@pytest.mark.parametrize(("entry", "word"), WORDS, ids=IDS)
def test_a_pressed_button_is_not_asked_back(entry: Ambiguity, word: str) -> None:
    """Whoever pressed a button has chosen."""
    topic = entry.options[0][1]
    asked = said("ask_what_is_it", topic, population=GENERAL, text=word, pressed=True)
    assert ("answer", topic) == (kind(play(asked)[0]), custom(play(asked)[0])["topic"])


@pytest.mark.parametrize("population", POPULATIONS)
@pytest.mark.parametrize("aspect", ASPECTS)
def test_choices_carry_the_aspect_asked_for(aspect: str, population: str) -> None:
    """Each choice asks what was asked, or what is nearest in its topic, for the same people, within 64 bytes."""
    for entry, word in WORDS:
        turn = play(said(f"ask_{aspect}", text=word, population=population))[0]
        options, buttons = custom(turn)["options"], turn.replies[0].buttons
        assert aspect == turn.context.wanted
        assert len(entry.options) == len(options) == len(buttons)
        for option, button, (_, topic) in zip(options, buttons, entry.options):
            nearest = BASE.nearest(topic, aspect)
            assert nearest is not None
            assert aspect == option["aspect"] or not BASE.find(topic, aspect)
            assert (topic, nearest.aspect) == (option["topic"], option["aspect"])
            assert button.payload == option["payload"]
            assert len(button.payload.encode()) <= PAYLOAD_BYTES
            chosen = pressed(button)
            assert (f"ask_{nearest.aspect}", (topic,), population) == (chosen.intent, chosen.topics, chosen.population)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(("entry", "word"), WORDS, ids=IDS)
def test_a_choice_answers(entry: Ambiguity, word: str, number: int) -> None:
    """Pressing a choice gives an answer of its topic, and nothing waits any more."""
    first = play(means(entry, word))[0]
    number = min(number, len(entry.options) - 1)
    button, topic = first.replies[0].buttons[number], entry.options[number][1]
    nearest = BASE.nearest(topic, "why")
    assert nearest is not None
    turn = play(pressed(button), context=first.context)[0]
    assert nearest.id == answer_id(turn)
    assert (topic, None, (), 0) == (turn.context.topic, turn.context.wanted, turn.context.options, turn.context.misses)


@pytest.mark.parametrize(("entry", "word"), WORDS, ids=IDS)
def test_a_typed_choice_answers(entry: Ambiguity, word: str) -> None:
    """Who names the topic instead gets the aspect that waits."""
    topic = next(topic for _, topic in entry.options if BASE.find(topic, "why"))
    turns = play(said("ask_why", text=word), said("follow_up", topic, text="the first one"))
    assert f"{topic}.why.general" == answer_id(turns[1])


def test_no_to_the_choices() -> None:
    """ "none of these" drops the choices."""
    entry, word = WORDS[0]
    turn = play(means(entry, word), said("deny"))[1]
    assert ((), None) == (turn.context.options, turn.context.wanted)


# -- comparisons ----------------------------------------------------------------------------------------------------

PAIRS = [known for known in BASE.comparisons if len(known.topics) == 2]
TRIPLES = [known for known in BASE.comparisons if len(known.topics) == 3]
COMPARED = [(known, order) for known in BASE.comparisons for order in itertools.permutations(known.topics)]


def test_there_are_comparisons() -> None:
    """The collections that the tests below go through are not empty."""
    assert len(PAIRS) > 40
    assert len(TRIPLES) > 3


def test_every_comparison_is_told_in_any_order() -> None:
    """Two or three topics that are named in whatever order get what was written on them, with its sources."""
    for known, order in COMPARED:
        turn = play(said("compare", *order, named=order))[0]
        assert known.text == turn.replies[0].text, order
        assert cite(known.sources) == custom(turn)["sources"]
        assert ("compare", *order[:2]) == tuple(custom(turn)[key] for key in ("kind", "topic", "also_topic"))
        assert list(order) == [pressed(button).topics[0] for button in turn.replies[0].buttons]
        assert all(len(button.payload.encode()) <= PAYLOAD_BYTES for button in turn.replies[0].buttons)


def test_every_pair_is_told_with_the_topic_of_the_talk() -> None:
    """Naming one topic compares it with the one that was talked of."""
    for known in PAIRS:
        for first, second in itertools.permutations(known.topics):
            assert known.text == play(said("compare", first), context=Context(topic=second, aspect="why"))[0].replies[0].text


def test_every_pair_is_told_for_a_question_about_a_difference() -> None:
    """A question with a word such as "difference" is told the same as a comparison."""
    for known in PAIRS:
        asked = said("ask_what_is_it", *known.topics, named=known.topics, text="what is the difference")
        assert known.text == play(asked)[0].replies[0].text


def test_what_is_named_goes_before_what_is_meant() -> None:
    """Two topics named in the text are compared, not those that the model puts first."""
    known = PAIRS[0]
    other = next(topic for topic in TOPICS if topic not in known.topics)
    assert known.text == play(said("compare", other, *known.topics, named=known.topics))[0].replies[0].text


def test_two_that_are_named_are_two() -> None:
    """The topic of the talk does not join a comparison of two others."""
    pairs = {frozenset(known.topics): known for known in PAIRS}
    rows = [
        (pairs[frozenset(two)], two, (set(known.topics) - set(two)).pop())
        for known in TRIPLES
        for two in itertools.combinations(known.topics, 2)
        if frozenset(two) in pairs
    ]
    assert rows
    for pair, two, before in rows:
        turn = play(said("compare", *two, named=two), context=Context(topic=before, aspect="why"))[0]
        assert pair.text == turn.replies[0].text, (two, before)


def test_three_without_a_written_comparison() -> None:
    """Of three topics that nothing was written on together the first two are compared."""
    known = PAIRS[0]
    written = {frozenset(entry.topics) for entry in TRIPLES}
    third = next(topic for topic in TOPICS if topic not in known.topics and frozenset((*known.topics, topic)) not in written)
    turn = play(said("compare", *known.topics, third))[0]
    assert known.text == turn.replies[0].text
    assert 2 == len(turn.replies[0].buttons)


def test_two_without_a_written_comparison() -> None:
    """Both are described by how they are told apart."""
    written = {frozenset(entry.topics) for entry in PAIRS}
    pair = next(two for two in itertools.combinations(TOPICS, 2) if frozenset(two) not in written)
    text = play(said("compare", *pair))[0].replies[0].text
    assert all(BASE.topics[topic].tell_apart in text for topic in pair)
    assert talk().say("compare_close") in text


# -- descriptions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", TOPICS)
def test_a_description_is_acknowledged(topic: str) -> None:
    """Whoever tells of something hears what such things are called, gets no verdict, and can start the check."""
    turn = play(said("describe_symptom", topic))[0]
    reply, entry = turn.replies[0], BASE.topics[topic]
    assert reply.text.startswith(talk().say("described", short=entry.short))
    assert entry.tell_apart in reply.text
    assert reply.text.endswith(talk().say("offer_check"))
    assert ("answer", topic) == (custom(turn)["kind"], custom(turn)["topic"])
    assert BASE.by_id(answer_id(turn)) is not None
    assert f'/start_check{{"at":"{topic}"}}' == reply.buttons[0].payload
    assert all(len(button.payload.encode()) <= PAYLOAD_BYTES for button in reply.buttons)
    assert all(BASE.has(topic, pressed(button).aspect or "") for button in reply.buttons[1:])


@pytest.mark.parametrize("population", ["child", "pregnant", "older_adult"])
@pytest.mark.parametrize("topic", TOPICS)
def test_a_description_of_somebody_special(topic: str, population: str) -> None:
    """Told of a child, in pregnancy or of somebody old, what is known of these people is said at once."""
    turn = play(said("describe_symptom", topic, population=population))[0]
    nearest = BASE.nearest(topic, "what_is_it", population)
    assert nearest is not None
    assert nearest.id == answer_id(turn)
    assert f"{talk().say('described', short=BASE.topics[topic].short)} {nearest.text}" == turn.replies[0].text


def test_the_check_follows_a_description() -> None:
    """Pressing the first button after a description gives the signs of that topic."""
    first = play(said("describe_symptom", "restless_legs"))[0]
    turn = play(pressed(first.replies[0].buttons[0]), context=first.context)[0]
    assert "restless_legs.see_doctor.general" == answer_id(turn)


def test_a_description_without_a_topic_is_about_the_talk() -> None:
    """Going on to tell of something is about what was talked of."""
    assert "tics" == custom(play(said("ask_why", "tics"), said("describe_symptom"))[1])["topic"]


def test_asking_on_after_a_description() -> None:
    """ "why" after a description is about what was described."""
    assert "tics.why.general" == answer_id(play(said("describe_symptom", "tics"), said("ask_why"))[1])


TELLS = [
    ("my husband kicks me all night long", True),
    ("i jump just before i fall asleep", True),
    ("why do i jump before i fall asleep", False),
    ("my husband kicks", False),
    ("legs that kick all night long again", False),
    ("my husband kicks me all night, is that normal", False),
]


@pytest.mark.parametrize(("text", "wanted"), TELLS)
@pytest.mark.parametrize("aspect", ["what_is_it", "feels_like"])
def test_a_statement_that_was_taken_for_a_question(aspect: str, text: str, wanted: bool) -> None:
    """Five words about somebody without a question are a description, whatever the NLU made of them."""
    text_given = play(said(f"ask_{aspect}", "restless_legs", text=text))[0].replies[0].text
    assert wanted is text_given.startswith(talk().say("described", short=BASE.topics["restless_legs"].short))
