"""What the check asks, when it stops, and what may never happen whatever is answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypnic.danger import LEVELS
from hypnic.errors import DataError
from hypnic.interview import Answer, Interview, Question, State
from hypnic.yamlfile import ROOT

FOLDER = ROOT / "data" / "triage"
INTERVIEW = Interview(FOLDER)
STORIES = st.frozensets(
    st.sampled_from(["who.child", "age.infant", "age.older", "when.asleep", "what.kicks", "what.urge", "what.jolt", "regular"]),
    max_size=4,
)


def answer(question: Question, choice: int) -> Answer:
    """One of the answers to a question; past the options it is "I don't know"."""
    choice %= len(question.options) + 1
    if choice == len(question.options):
        return Answer(question.id, unknown=True)
    option = question.options[choice]
    return Answer(question.id, option.yes, option.no)


def play(state: State, choices: list[int]) -> list[State]:
    """Every state of a check, answered with the choices in turn."""
    states = [state]
    for choice in choices:
        question = INTERVIEW.next(states[-1])
        if question is None:
            break
        states.append(replace(states[-1], answers=(*states[-1].answers, answer(question, choice))))
    return states


CHOICES = st.lists(st.integers(0, 9), min_size=12, max_size=12)


@settings(max_examples=300, deadline=None)
@given(STORIES, CHOICES, st.sampled_from(["", "rls", "rbd", "plmd"]))
def test_it_ends_within_eight_questions(story: frozenset[str], choices: list[int], about: str) -> None:
    """Whatever is answered, at most eight questions are asked, none twice, and then there is a verdict."""
    states = play(State(about=about).told(story, ()), choices)
    asked = [answered.question for answered in states[-1].answers]
    assert INTERVIEW.next(states[-1]) is None
    assert len(asked) <= 8 and len(set(asked)) == len(asked)


@settings(max_examples=200, deadline=None)
@given(STORIES, CHOICES)
def test_not_knowing_everything_is_never_reassured(story: frozenset[str], choices: list[int]) -> None:
    """A check with "I don't know" to the danger question never ends with self-care."""
    start = State(answers=(Answer("danger", unknown=True),)).told(story, ())
    end = play(start, choices)[-1]
    assert INTERVIEW.verdict(end).level != "self_care"


@settings(max_examples=200, deadline=None)
@given(STORIES, CHOICES, st.sampled_from(sorted(n for n, f in INTERVIEW.rules.flags.items() if f[0] in ("urgent", "emergency"))))
def test_a_danger_flag_never_lowers_the_result(story: frozenset[str], choices: list[int], flag: str) -> None:
    """The same check with a danger flag told ends at that flag's level or above, at every point."""
    for state in play(State().told(story, ()), choices):
        assert LEVELS.index(INTERVIEW.verdict(state.told([flag], ())).level) <= LEVELS.index(INTERVIEW.rules.flags[flag][0])


@settings(max_examples=200, deadline=None)
@given(STORIES, CHOICES)
def test_state_survives_storing(story: frozenset[str], choices: list[int]) -> None:
    """What is kept in the slot gives the same state back."""
    for state in play(State(about="rls").told(story, ["regular"]), choices):
        assert State.from_json(state.to_json()) == state


def test_danger_is_asked_first() -> None:
    """Whatever was told, the first question is the one for danger."""
    for story in ([], ["what.urge", "who.self", "age.adult"], ["age.newborn"]):
        question = INTERVIEW.next(State().told(story, ()))
        assert question is not None and question.id == "danger"


@pytest.mark.parametrize("question", INTERVIEW.questions.values(), ids=lambda question: question.id)
def test_every_question_can_be_reached(question: Question) -> None:
    """With what it needs told, and everything before it answered, each question is asked."""
    story = [sorted(group)[0] for group in question.needs]
    state = State(about=question.about).told(story, ())
    for choices in ([0] * 12, [1] * 12, [0, 1, 0, 1] * 3, [0, 0, 2, 0, 1] * 3, [0, 8, 0, 0, 0] * 3, [0, 0, 0, 1, 0, 3] * 2):
        seen = [INTERVIEW.next(step) for step in play(state, choices)]
        if question in seen:
            return
    pytest.fail(f"{question.id} was never asked")


def test_what_was_told_is_not_asked() -> None:
    """A story with people, moment and kind of movement leaves those questions out."""
    story = ["who.partner", "age.older", "pregnant.no", "when.asleep", "what.kicks", "regular", "meds_possible"]
    states = play(State().told(story, ()), [0] * 12)
    assert {a.question for a in states[-1].answers} <= {"danger", "danger_more", "after", "burden"}


def test_urgent_ends_the_questions() -> None:
    """After an urgent answer nothing is asked that cannot lead to an emergency."""
    first = tuple(answer(INTERVIEW.questions[name], 0) for name in ("danger", "danger_more"))
    state = State(answers=first).told(["sleepy_driving", "when.asleep"], ())
    assert INTERVIEW.next(state) is None and INTERVIEW.verdict(state).level == "urgent"


def test_an_unknown_name_is_told_with_its_place(tmp_path: Path) -> None:
    """A typing error in questions.yml names file and field."""
    for name in ("flags.yml", "rules.yml", "questions.yml"):
        text = (FOLDER / name).read_text(encoding="utf-8").replace("tells: [what.bang]", "tells: [what.bong]")
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"questions.yml.*what.bong"):
        Interview(tmp_path)
