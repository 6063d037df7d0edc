"""What was seen lately is known, older things are forgotten, and no text is kept."""

from __future__ import annotations

import gc
from pathlib import Path

from hypnic.danger import DangerScreen
from hypnic.lately import Lately
from hypnic.yamlfile import ROOT


def test_the_oldest_is_forgotten() -> None:
    """Three results in a memory for two."""
    lately = Lately[int](2)
    for number, text in enumerate(("a", "b", "c")):
        lately.put(text, number)
    assert [None, 1, 2] == [lately.get(text) for text in ("a", "b", "c")]
    lately.clear()
    assert lately.get("c") is None


def test_broken_text() -> None:
    """Half a character is a text too."""
    lately = Lately[int](2)
    lately.put("\ud83d", 1)
    assert 1 == lately.get("\ud83d")


def test_no_text_is_kept() -> None:
    """Neither by the memory itself nor by the screen that uses it."""
    said = "".join(["my father's ", "lips are blue ", "and he does not wake"])
    screen = DangerScreen.load(Path(ROOT) / "data" / "triage")
    assert screen.screen(said)
    for holder in (screen._lately._known, *screen._lately._known.values()):
        assert said not in gc.get_referents(holder)


def test_a_second_look_is_the_same() -> None:
    """And changing the list that one reader got does not change what the next one gets."""
    screen = DangerScreen.load(Path(ROOT) / "data" / "triage")
    first = screen.screen("chest pain and no fever")
    copy = list(first)
    first.clear()
    assert copy and copy == screen.screen("chest pain and no fever")
