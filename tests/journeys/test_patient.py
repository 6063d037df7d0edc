"""The scripted patient of `make evaluate-triage`, at the running Hypnic: one vignette of each level, by button and in words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
import yaml

from benchmarks.patient import WORDS, Patient
from benchmarks.vignettes import FOLDER, SETS, Case, Player, cases
from hypnic.facts import FactReader
from hypnic.interview import Interview

if TYPE_CHECKING:
    from tests.conftest import Server

INTERVIEW = Interview(FOLDER)
PLAYER = Player(INTERVIEW, lambda text: frozenset(), FactReader.load(FOLDER))
CASES = cases(SETS["development"])
ONE_OF_EACH = [next(case for case in CASES if case.level == level) for level in ("emergency", "urgent", "routine", "self_care")]


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=lambda case: case.level)
@pytest.mark.parametrize("typing", [False, True], ids=["buttons", "typed"])
def test_the_check_over_http_comes_to_the_level_of_the_vignette(server: Server, typing: bool, case: Case) -> None:
    """Whoever answers truly gets the right level, and no reply has a kind that does not belong there."""
    played = Patient(INTERVIEW, typing).play(server.client(), case.text, partial(PLAYER.choose, case=case))
    assert played.ended and not played.wrong
    assert played.after.level == case.level
    assert played.asked <= INTERVIEW.limit
    if case.level == "emergency":
        assert played.first.level == "emergency" and played.asked == 0


def test_the_patient_has_words_for_options_that_exist() -> None:
    """No question or option of the patient's words was renamed or taken out."""
    words = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    known = {name: {option.id for option in question.options} for name, question in INTERVIEW.questions.items()}
    assert len(words) > 20
    assert [] == [(name, sorted(set(told) - known.get(name, set()))) for name, told in words.items() if set(told) - known.get(name, set())]
