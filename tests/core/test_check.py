"""The talk of the check: every act at every question, changes, and what a result says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hypnic.check import CONSENT, Check, CheckTurn
from hypnic.facts import FactReader
from hypnic.interview import Answer, Interview, State
from hypnic.knowledge import knowledge
from hypnic.reply import PAYLOAD_BYTES
from hypnic.turn import Understood
from hypnic.yamlfile import ROOT

FOLDER = ROOT / "data" / "triage"
INTERVIEW = Interview(FOLDER)
CHECK = Check.load(FOLDER, knowledge().sources)
READER = FactReader.load(FOLDER)
QUESTIONS = sorted(INTERVIEW.questions)
ACTS = {
    "dont_know": "i don't know",
    "why_do_you_ask": "why do you ask",
    "go_back": "go back",
    "change_answer": "i want to change something",
    "greet": "hello",
    "thanks": "thanks",
    "nlu_fallback": "blue elephants sing",
    "ask_why": "why does coffee make me twitch?",
    "what_it_means": "what does that mean?",
    "affirm": "yes",
    "deny": "no",
}


def asking(question: str) -> State:
    """A check in which this question waits."""
    story = [sorted(group)[0] for group in INTERVIEW.questions[question].needs]
    return replace(State(about=INTERVIEW.questions[question].about).told(story, ()), asked=question)


def say(state: State, text: str, intent: str = "nlu_fallback") -> CheckTurn:
    """One typed message."""
    told = READER.read(text)
    return CHECK.respond(Understood(intent, text=text), state, told.yes, told.no)


def press(state: State, value: str) -> CheckTurn:
    """One button."""
    return CHECK.respond(Understood("answer_check", pressed=True), state, (), (), value)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("act", ACTS)
def test_every_act_at_every_question(question: str, act: str) -> None:
    """Whatever is said at whatever question: there is a reply, and the check waits for a question or ends with a result."""
    turn = say(asking(question), ACTS[act], "ask_what_is_it" if act == "what_it_means" else act)
    last = turn.replies[-1].custom["kind"]
    assert all(reply.text for reply in turn.replies)
    assert (last == "question" and turn.state is not None) or (last == "triage" and turn.state is None)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_button_is_taken(question: str) -> None:
    """Each option of each question is noted and fits into a button."""
    for option in INTERVIEW.questions[question].options:
        turn = press(asking(question), f"{question}.{option.id}")
        noted = turn.state is None or turn.state.answers[-1] == Answer(question, option.yes, option.no)
        assert noted and len(f'/answer_check{{"at":"{question}.{option.id}"}}'.encode()) <= PAYLOAD_BYTES


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_label_can_be_typed(question: str) -> None:
    """Typing what a button says chooses it."""
    for option in INTERVIEW.questions[question].options:
        assert INTERVIEW.questions[question].chosen(option.label, INTERVIEW.denial) == option


@pytest.mark.parametrize("question", QUESTIONS)
def test_why_and_meaning_come_from_the_data(question: str) -> None:
    """Both explanations are given and the same question is asked again."""
    for text, intent in (("why do you ask", "why_do_you_ask"), ("what does that mean?", "nlu_fallback")):
        turn = say(asking(question), text, intent)
        assert 2 == len(turn.replies) and turn.replies[-1].custom["id"] == question


@pytest.mark.parametrize("question", QUESTIONS)
def test_stopping_ends_it_with_the_warning_signs(question: str) -> None:
    """Stop means stop, and the signs are told."""
    turn = say(asking(question), "stop", "stop")
    assert turn.state is None and CHECK.results.signs[0] in turn.replies[0].text


def test_nobody_is_asked_without_consent() -> None:
    """Consent comes first; refusing ends the check with one kind line."""
    turn = CHECK.begin(["what.jolt"], [])
    assert turn.state is not None and turn.replies[0].custom["id"] == CONSENT
    refused = press(turn.state, f"{CONSENT}.no")
    assert refused.state is None and 1 == len(refused.replies)
    assert say(turn.state, "no", "deny").state is None


def test_the_story_is_read_back() -> None:
    """After consent the bot says what it has understood."""
    told = READER.read("My husband, 62, kicks every 30 seconds all night and takes citalopram")
    begun = CHECK.begin(told.yes, told.no)
    assert begun.state is not None
    words = press(begun.state, f"{CONSENT}.yes").replies[0].text
    assert all(piece in words for piece in ("your partner", "60 or over", "leg kicks", "clock", "medicine"))


def test_a_change_takes_back_what_depended_on_it() -> None:
    """Another moment: the question about what happens then falls away, and the words say so."""
    state = replace(asking("burden"), answers=(Answer("when", ("when.daytime",)), Answer("what_daytime", ("what.tic",))))
    turn = say(state, "actually it is when i fall asleep", "change_answer")
    assert turn.state is not None
    assert {"when.falling_asleep"} == {name for name in CHECK.known(turn.state).yes if name.startswith("when.")}
    assert "what.tic" not in CHECK.known(turn.state).yes and "drifting off" in turn.replies[0].text


def test_going_back_asks_the_last_question_again() -> None:
    """The last answer is forgotten and asked for once more."""
    state = replace(asking("who"), answers=(Answer("danger"),))
    turn = say(state, "go back", "go_back")
    assert turn.state is not None and turn.state.asked == "danger" and not turn.state.answers


def test_two_misses_leave_a_question_open() -> None:
    """A reply that is not understood is asked back once; after the second the check goes on without it."""
    once = say(asking("burden"), "blue elephants sing")
    assert once.state is not None and once.state.asked == "burden"
    twice = say(once.state, "green ones too")
    assert twice.state is None or twice.state.asked != "burden"


def test_a_result_begins_with_the_level() -> None:
    """First line: how soon. Then reasons, steps, what to tell, what to watch for, sources."""
    state = State(answers=(Answer("danger"), Answer("danger_more"))).told(["age.adult", "when.falling_asleep", "what.jolt"], ())
    verdict = INTERVIEW.verdict(state)
    text = CHECK.results.reply(verdict, CHECK.known(state), CHECK.say).text
    assert text.startswith(CHECK.results.level_line(verdict))
    assert all(CHECK.say[part] in text for part in ("because", "do", "tell", "watch")) and "Sources:" in text


def test_what_was_denied_is_told_as_what_would_change_it() -> None:
    """A denied danger sign stands under what to watch for."""
    state = State().told(["age.adult", "when.falling_asleep", "what.jolt"], ["night_seizure_markers"])
    assert any("tongue" in line for line in CHECK.results.changes(INTERVIEW.verdict(state), CHECK.known(state)))


@pytest.mark.parametrize(
    ("text", "yes", "intent"),
    [
        ("dad shouts and punches in his sleep", {"who.other", "age.adult", "what.act_dreams"}, "describe_symptom"),
        ("why does dad shout in his sleep?", {"who.other", "age.adult", "what.act_dreams"}, "nlu_fallback"),
        ("something else altogether", {"who.other"}, "nlu_fallback"),
    ],
)
def test_facts_make_a_description_of_a_message_that_fits_nothing(text: str, yes: set[str], intent: str) -> None:
    """A story whose words the classifier does not know is not asked back when its facts are clear; a question stays one."""
    assert CHECK.described(Understood("nlu_fallback", text=text), yes, ()).intent == intent
    assert CHECK.described(Understood("greet", text=text), yes, ()).intent == "greet"


@pytest.mark.parametrize(
    ("named", "told", "topic"),
    [
        ((), {"what.urge", "when.rest_evening"}, "restless_legs"),
        (("exercise",), {"what.urge", "when.rest_evening"}, "exercise"),
        ((), {"what.urge"}, "exercise"),
        ((), set(), "exercise"),
    ],
)
def test_what_is_told_decides_what_a_question_is_about(named: tuple[str, ...], told: set[str], topic: str) -> None:
    """Unless the topic was named, or too little was told; greetings and buttons are left alone."""
    said = Understood("ask_danger_outlook", text="x", topics=("exercise",), named=named)
    assert CHECK.described(said, told, told).topics[0] == topic
    assert CHECK.described(replace(said, intent="greet"), told, told).topics == ("exercise",)
    assert CHECK.described(replace(said, pressed=True), told, told).topics == ("exercise",)


def test_why_not_is_answered_from_the_persons_own_answers() -> None:
    """For, against and what would make a doctor look; never a reassurance."""
    state = State(yes=("what.jolt", "when.falling_asleep", "dream_recall"), no=("night_seizure_markers",))
    reply = CHECK.why_not(Understood("ask_why", text="Why not epilepsy?", topics=("epileptic_jerks",)), state)
    assert reply
    for part in ("Nobody can rule it out", "it matches a dream", "you said no to this", "A doctor would look for it"):
        assert part.lower() in reply.text.lower()
    assert CHECK.results.words(["night_seizure_markers"])[0] in reply.text


@pytest.mark.parametrize(("text", "topic"), [("why do i jerk", "sleep_start"), ("why not hiccups", "hiccups"), ("why not", "")])
def test_other_questions_are_no_why_not(text: str, topic: str) -> None:
    """Only a question about a picture that the rules know."""
    assert CHECK.why_not(Understood("ask_why", text=text, topics=(topic,) if topic else ()), State()) is None


@pytest.mark.parametrize(
    ("question", "text", "option"),
    [
        ("danger", "no stroke, no fit", "none"),
        ("danger", "not suicidal or anything", "none"),
        ("danger", "no none of that, thank goodness", "none"),
        ("danger", "nope not at all", "none"),
        ("danger", "no but I have pain in my chest", "chest"),
        ("danger", "no I passed out and was sick", "fit"),
        ("danger", "no, only a bit of tingling", None),
        ("danger", "not sure if that was a fit", "fit"),
        ("danger_more", "I don't take lithium", "none"),
        ("danger_more", "no, no head injury, no poison, nothing", "none"),
        ("danger_more", "no. I take lithium though", "lithium"),
        ("lasting", "no it lasts seconds and nothing is swollen", "no"),
        ("context", "I am not pregnant and have no diabetes", "none"),
        ("context", "pregnant, no other things", "pregnant"),
        ("when", "not in the evening, while sleeping", "asleep"),
    ],
)
def test_what_is_denied_is_not_chosen(question: str, text: str, option: str | None) -> None:
    """A danger that somebody rules out is not a danger that somebody has."""
    chosen = INTERVIEW.questions[question].chosen(text, INTERVIEW.denial)
    assert (chosen.id if chosen else None) == option


def test_an_answer_takes_back_no_more_than_was_asked() -> None:
    """ "I don't take lithium" is still about the wife, who takes another medicine; a correction changes both."""
    state = State(yes=("age.adult", "meds_possible", "what.kicks", "when.asleep", "who.partner"), asked="danger_more")
    turn = CHECK.respond(Understood("nlu_fallback", text="I don't take lithium"), state, ("who.self",), ("meds_possible",))
    assert turn.state is not None and {"who.partner", "meds_possible"} <= CHECK.known(turn.state).yes
    turn = CHECK.respond(Understood("change_answer", text="actually it is me"), state, ("who.self",), ("meds_possible",))
    assert turn.state is not None and CHECK.known(turn.state).yes & {"who.partner", "meds_possible"} == set()
