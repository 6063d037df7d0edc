"""Short questionnaires: who is offered which, every act at every question, the sums, and the question about dying."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml

from hypnic.check import Check, CheckTurn
from hypnic.errors import DataError
from hypnic.interview import State
from hypnic.knowledge import knowledge
from hypnic.reply import PAYLOAD_BYTES
from hypnic.screening import CRISIS, OFFER, Screening
from hypnic.turn import Understood
from hypnic.yamlfile import ROOT

FOLDER = ROOT / "data" / "triage"
CHECK = Check.load(FOLDER, knowledge().sources)
SCREENING = CHECK.screening
ME = {"who.self", "age.adult"}
ADULT = ("age.adult", "when.falling_asleep", "what.jolt", "worry", "low_mood")
STEPS = ["gad2.0", "gad2.1", "phq2.0", "phq2.1"]


def waiting(asked: str, *names: str) -> State:
    """A talk in which this waits."""
    return State(yes=tuple(sorted({"who.self", *(names or ADULT)})), asked=asked)


def say(state: State, text: str, intent: str = "nlu_fallback", pressed: str = "") -> CheckTurn:
    said = Understood("answer_check", pressed=True) if pressed else Understood(intent, text=text)
    return CHECK.respond(said, state, (), (), pressed)


def play(answers: tuple[int, ...], *names: str) -> list[CheckTurn]:
    """From the offer to the end, by buttons."""
    turns = [say(waiting(OFFER, *names), "", pressed="screening.yes")]
    for answer in answers:
        state = turns[-1].state
        assert state is not None
        turns.append(say(state, "", pressed=f"{state.asked}.{answer}"))
    return turns


@pytest.mark.parametrize(
    ("known", "due"),
    [
        ({*ME, "worry"}, ("gad2",)),
        ({*ME, "low_mood"}, ("phq2",)),
        ({"age.older", "worry", "low_mood"}, ("gad2", "phq2")),
        ({*ME}, ()),
        ({"who.self", "age.teen", "worry"}, ()),
        ({"who.child", "age.adult", "worry"}, ()),
        ({"who.partner", "age.adult", "low_mood"}, ()),
        ({"worry"}, ()),
    ],
)
def test_offered_to_adults_who_ask_for_themselves(known: set[str], due: tuple[str, ...]) -> None:
    """Worry brings one instrument, low mood the other."""
    assert due == SCREENING.due(known)


def test_the_offer_comes_after_the_result_and_keeps_it() -> None:
    """The result first, then the offer; the result counts whatever follows."""
    state = State(yes=("age.adult", "what.jolt", "when.falling_asleep", "who.self", "worry"), asked="burden")
    turn = say(state, "now and then")
    while turn.state is not None and not SCREENING.waits(turn.state.asked):
        option = CHECK.interview.questions[turn.state.asked].options[0]
        turn = say(turn.state, "", pressed=f"{turn.state.asked}.{option.id}")
    assert turn.state is not None and turn.verdict is not None and turn.last is not None
    kinds = [reply.custom["kind"] for reply in turn.replies]
    assert kinds[-2:] == ["triage", "question"] and turn.state.asked == OFFER
    assert "worry" in turn.replies[-1].text and "two" in turn.replies[-1].text


def test_nothing_is_asked_without_a_yes() -> None:
    """No ends it; something else ends it and is answered."""
    assert say(waiting(OFFER), "no", "deny").state is None
    other = say(waiting(OFFER), "why do legs twitch", "ask_why")
    assert other.state is None and other.aside == "question" and not other.replies


@pytest.mark.parametrize("scores", itertools.product(range(4), repeat=2))
@pytest.mark.parametrize(("fact", "name"), [("worry", "gad2"), ("low_mood", "phq2")])
def test_every_sum_has_its_meaning(scores: tuple[int, ...], fact: str, name: str) -> None:
    """Below the published cut-off of 3 the one text, from it on the other; only a high low-mood sum asks about dying."""
    turns = play(scores, "age.adult", fact)
    text, total = turns[-1].replies[0].text, sum(scores)
    assert f"up to {total} of 6" in text and "no diagnosis" in turns[-1].replies[1].text
    assert ("below 3" in text) == (total < 3)
    asked = turns[-1].state.asked if turns[-1].state else ""
    assert asked == (CRISIS if name == "phq2" and total >= 3 else "")
    last = turns[-1].last
    assert last is not None and SCREENING.sums(dict(last.scores)) == [f"{name.upper()[:3]}-2: {total} of 6"]


def test_wording_is_the_published_one() -> None:
    """Lead, items and answers of GAD-2 and PHQ-2 may not be edited."""
    texts = [say(waiting(step), "hm").replies[-1] for step in STEPS]
    assert all(text.text.startswith("Over the last 2 weeks, how often have you been bothered by the following problems?") for text in texts)
    assert [text.text.splitlines()[-1] for text in texts] == [
        "Feeling nervous, anxious or on edge",
        "Not being able to stop or control worrying",
        "Little interest or pleasure in doing things",
        "Feeling down, depressed or hopeless",
    ]
    for text in texts:
        assert [button.title for button in text.buttons] == [
            "Not at all", "Several days", "More than half the days", "Nearly every day",
        ]  # fmt: skip


@pytest.mark.parametrize("asked", [OFFER, *STEPS, CRISIS])
@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("greet", "hello"), ("why_do_you_ask", "why do you ask"), ("go_back", "go back"), ("dont_know", "no idea"), ("stop", "stop"),
        ("start_again", "start again"), ("nlu_fallback", "blue elephants sing"), ("ask_why", "why do legs twitch"), ("affirm", "yes"),
        ("deny", "no"),
    ],
)  # fmt: skip
def test_every_act_at_every_question(asked: str, intent: str, text: str) -> None:
    """Nothing breaks, nothing is silent, and buttons fit Telegram."""
    turn = say(waiting(asked), text, intent)
    assert turn.replies or turn.aside or turn.danger
    for reply in turn.replies:
        assert reply.text.strip() and "{wha" not in reply.text and "{score" not in reply.text
        assert all(len(button.payload.encode()) <= PAYLOAD_BYTES for button in reply.buttons)
    if intent == "stop":
        assert turn.state is None


@pytest.mark.parametrize(
    ("text", "score"),
    [("not at all", 0), ("never", 0), ("2", 2), ("most days", 2), ("a few days maybe", 1), ("Nearly every day!", 3), ("all the time", 3)],
)
def test_answers_can_be_typed(text: str, score: int) -> None:
    """In own words and as numbers."""
    turn = say(waiting("gad2.0", "age.adult", "worry"), text)
    assert turn.state is not None and turn.state.asked == "gad2.1" and dict(turn.state.scores) == {"gad2": (score,)}


def test_two_misses_leave_it_out() -> None:
    """Nobody is asked a third time."""
    first = say(waiting("gad2.0"), "blue elephants")
    assert first.state is not None and first.state.asked == "gad2.0"
    assert say(first.state, "green ones").state is None


def test_going_back_changes_an_answer() -> None:
    """The later answer counts."""
    turns = play((3,), "age.adult", "worry")
    assert turns[-1].state is not None
    back = say(turns[-1].state, "go back", "go_back")
    assert back.state is not None and back.state.asked == "gad2.0"
    again = say(back.state, "", pressed="gad2.0.1")
    assert again.state is not None and dict(again.state.scores) == {"gad2": (1,)}


@pytest.mark.parametrize(
    ("text", "flag"), [("yes", "suicidal_thoughts"), ("sometimes", "suicidal_thoughts"), ("i might act on them", "suicide_plan"), ("no", "")]
)
def test_thoughts_of_dying_are_danger(text: str, flag: str) -> None:
    """A yes is no answer of a questionnaire but a danger sign; a no gets the line to call all the same."""
    turn = say(waiting(CRISIS, "age.adult", "low_mood"), text)
    assert turn.state is None and turn.danger == flag
    if not flag:
        assert "{crisis_line}" in turn.replies[0].text


def test_an_unclear_answer_about_dying_gets_the_line_to_call() -> None:
    """Not knowing is not no."""
    turn = say(waiting(CRISIS), "i dont know", "dont_know")
    assert turn.state is None and "{crisis_line}" in turn.replies[0].text


def test_an_older_button_repeats_the_question() -> None:
    """A late press of another question's button changes nothing."""
    turn = say(waiting("gad2.1"), "", pressed="danger.none")
    assert turn.state is not None and turn.state.asked == "gad2.1"


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("instruments", "gad2", "sources"), ["nobody"], "instruments.gad2.sources.0"),
        (("instruments", "gad2", "when"), ["nothing"], "instruments.gad2.when.0"),
        (("instruments", "gad2", "cut"), 9, "instruments.gad2.cut"),
        (("crisis", "options", 1, "tells"), "no_flag", "crisis.options.1.tells"),
        (("offer",), 3, "offer"),
        (("answers",), [], "answers"),
    ],
)
def test_an_editors_slip_is_told_by_file_and_field(tmp_path: Path, path: tuple[Any, ...], value: Any, field: str) -> None:
    """The error names where it is."""
    data = yaml.safe_load((FOLDER / "screening.yml").read_text(encoding="utf-8"))
    at = data
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    (tmp_path / "screening.yml").write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(DataError) as error:
        Screening(tmp_path, CHECK.interview.rules.flags, knowledge().sources)
    assert error.value.file == "screening.yml" and error.value.field == field
