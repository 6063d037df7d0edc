"""The marks of tests/cases/danger_states.yml fit the wordings, and the shares made of them are right."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.flag_states import ASSERTED, MARKS, STATES, Tried, Wording, tried, wordings
from benchmarks.reporting import Share, count, side_by_side
from hypnic.danger import DangerScreen
from hypnic.yamlfile import ROOT

WORDINGS = wordings()


def test_every_state_of_every_part_is_there() -> None:
    """Each sign has asserted wordings in each part, and there are enough of each state to say something."""
    flags = {wording.flag for wording in WORDINGS}
    assert len(flags) >= 47
    for part in ("dev", "test", "fresh"):
        assert flags == {wording.flag for wording in WORDINGS if wording.part == part and wording.state == ASSERTED}
    for state in STATES.values():
        assert sum(wording.state == state for wording in WORDINGS) > 50, state


def test_more_marks_than_wordings_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wording that was taken out without its letter shifts all marks after it, so that is an error."""
    text = MARKS.read_text(encoding="utf-8").replace("stroke_signs: {dev: ", "stroke_signs: {dev: d")
    path = tmp_path / "marks.yml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr("benchmarks.flag_states.MARKS", path)
    with pytest.raises(ValueError, match=r"stroke_signs\.dev has 22 letters for 21"):
        wordings()


def test_a_denial_is_seen_as_one_and_does_not_act() -> None:
    """The states come from the danger screen, what acts comes from the function given."""
    screen = DangerScreen.load(ROOT / "data" / "triage")
    levels = {flag.name: flag.level for flag in screen.flags}
    said = [Wording("chest_pain", "test", "denied", "no chest pain"), Wording("chest_pain", "test", ASSERTED, "crushing chest pain")]
    quiet, loud = tried(said, screen, lambda text: {"chest_pain"} if "crushing" in text else set(), levels)
    assert quiet == Tried(said[0], acts=False, some=False, states=frozenset({"denied"}))
    assert loud == Tried(said[1], acts=True, some=True, states=frozenset({"asserted"}))


def test_bounds_are_the_exact_ones() -> None:
    """Known values of the Clopper-Pearson interval: nothing missed in 20, and 8 of 10."""
    assert Share(20, 20).bounds == pytest.approx((0.8316, 1.0), abs=1e-4)
    assert Share(8, 10).bounds == pytest.approx((0.4439, 0.9748), abs=1e-4)
    assert str(count([True] * 19 + [False])) == "95.0 % (19/20; 75 to 100)"
    assert (str(Share(0, 0)), Share(0, 0).short) == ("none", "-")


def test_columns_stand_side_by_side() -> None:
    """A measure that a column does not have is a dash."""
    assert side_by_side({"a": {"x": 1}, "b": {"x": 2, "y": 3}})[2:] == ["| x | 1 | 2 |", "| y | - | 3 |", ""]
