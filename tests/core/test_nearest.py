"""Which answer stands in for one that is missing, when the talk so far is taken into account."""

from __future__ import annotations

import pytest

from hypnic.knowledge import Answer, Aspect, Knowledge, Population, Topic, Vocabulary

ASPECTS = {
    "what_is_it": ("feels_like",),
    "feels_like": ("what_is_it",),
    "danger_outlook": ("see_doctor", "what_is_it"),
    "see_doctor": (),
}


def small(*cells: str, own_first: tuple[str, ...] = ()) -> Knowledge:
    """One topic with these cells; the text of each answer is the name of its cell."""
    answers: dict[tuple[str, str], Answer] = {}
    for cell in cells:
        aspect, population = cell.split(".")
        answers[aspect, population] = Answer("t", aspect, population, cell, "strong", (), "2026-01-01", ())
    vocabulary = Vocabulary(
        ("t",),
        {name: Aspect(name, name, name, instead) for name, instead in ASPECTS.items()},
        {
            "general": Population("general", "general", (), frozenset()),
            "child": Population("child", "child", (), frozenset(own_first)),
        },
    )
    return Knowledge(vocabulary, {"t": Topic("t", "T", "t", (), (), "", answers, ())}, {})


def given(base: Knowledge, asked: str, carried: bool = False, told: str | None = None) -> str | None:
    aspect, population = asked.split(".")
    answer = base.nearest("t", aspect, population, carried, told and f"t.{told}")
    return answer.text if answer else None


CARRIED = [
    # asked, the cells that there are, the cell that is given
    ("danger_outlook.child", "danger_outlook.child danger_outlook.general", "danger_outlook.child"),
    ("danger_outlook.child", "see_doctor.child what_is_it.child danger_outlook.general", "see_doctor.child"),
    ("danger_outlook.child", "what_is_it.child danger_outlook.general", "danger_outlook.general"),
    ("danger_outlook.child", "what_is_it.child see_doctor.general", "see_doctor.general"),
    ("danger_outlook.child", "what_is_it.child", "what_is_it.child"),
]


@pytest.mark.parametrize(("asked", "cells", "wanted"), CARRIED)
def test_a_remembered_population(asked: str, cells: str, wanted: str) -> None:
    """A population of an earlier message weighs less than the aspect of this one."""
    assert wanted == given(small(*cells.split()), asked, carried=True)


OWN_FIRST = [
    ("danger_outlook.child", "danger_outlook.child danger_outlook.general", "danger_outlook.child"),
    ("danger_outlook.child", "what_is_it.child danger_outlook.general", "what_is_it.child"),
    ("danger_outlook.child", "see_doctor.child what_is_it.child danger_outlook.general", "see_doctor.child"),
    ("danger_outlook.child", "danger_outlook.general see_doctor.general", "danger_outlook.general"),
]


@pytest.mark.parametrize("told", [None, "what_is_it.child"])
@pytest.mark.parametrize("carried", [False, True], ids=["named", "remembered"])
@pytest.mark.parametrize(("asked", "cells", "wanted"), OWN_FIRST)
def test_where_the_population_comes_first(asked: str, cells: str, wanted: str, carried: bool, told: str | None) -> None:
    """Where harmless in general may not be so here, the general answer is the last resort, even if the other was told."""
    assert wanted == given(small(*cells.split(), own_first=("danger_outlook",)), asked, carried, told)


TOLD = [
    # asked, the cells that there are, told last, given now
    ("danger_outlook.child", "what_is_it.child danger_outlook.general", "what_is_it.child", "danger_outlook.general"),
    ("danger_outlook.child", "what_is_it.child see_doctor.general", "what_is_it.child", "what_is_it.child"),
    ("danger_outlook.child", "danger_outlook.child danger_outlook.general", "danger_outlook.child", "danger_outlook.child"),
    ("danger_outlook.child", "danger_outlook.general", "danger_outlook.general", "danger_outlook.general"),
]


@pytest.mark.parametrize(("asked", "cells", "told", "wanted"), TOLD)
def test_what_was_told_last(asked: str, cells: str, told: str, wanted: str) -> None:
    """It gives way to another answer on what was asked, but an exact answer is told again."""
    assert wanted == given(small(*cells.split()), asked, told=told)


def test_children_and_pregnancy_get_their_own_answer_on_danger(base: Knowledge) -> None:
    """No parent or pregnant woman is given the general answer on danger while the topic has one of theirs."""
    pairs = [
        (topic, population)
        for topic in base.topics
        for population in ("child", "pregnant")
        if any(base.find(topic, aspect, population) for aspect in ("danger_outlook", "see_doctor", "what_is_it"))
    ]
    assert len(pairs) > 10
    for topic, population in pairs:
        for carried in (False, True):
            answer = base.nearest(topic, "danger_outlook", population, carried)
            assert answer is not None
            assert (topic, population) == (answer.topic, answer.population)
