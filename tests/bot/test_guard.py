"""The door: cleaning, rate limits and repeats (the statuses are tested over HTTP in tests/journeys)."""

from __future__ import annotations

import pytest

from bot.channels.guard import Bucket, Repeats, clean


@pytest.mark.parametrize(
    ("wanted", "typed"),
    [
        ("why do i jerk", "  why   do\ni jerk "),
        ("greet", "/greet"),
        ("ask_why{}", "// /ask_why{}"),
        ("x", "EXTERNAL: EXTERNAL: /x"),
        ("a b", "a\u0000b"),
        ("", "\u200b\u200e"),
        ("fine", "ﬁne"),
        ("1/2 a tablet", "1/2 a tablet"),
    ],
)
def test_clean(wanted: str, typed: str) -> None:
    """Typed text loses command syntax, control characters and runs of blanks, and nothing else."""
    assert wanted == clean(typed)


def test_bucket_empties_and_refills() -> None:
    """A burst is let through, then only the rate; keys do not share."""
    now = [0.0]
    bucket = Bucket(rate=1, burst=3, clock=lambda: now[0])
    assert [True, True, True, False] == [bucket.take("a") for _ in range(4)]
    assert bucket.take("b")
    now[0] = 2.0
    assert [True, True, False] == [bucket.take("a") for _ in range(3)]


def test_bucket_memory_is_bounded() -> None:
    """A flood of new keys does not grow the table."""
    bucket = Bucket(rate=1, burst=3, size=10)
    for number in range(100):
        bucket.take(str(number))
    assert 10 == len(bucket._levels)


def test_repeats() -> None:
    """Values are found by sender and id, forgotten singly and by sender; without id nothing is kept."""
    repeats = Repeats(size=2)
    repeats.put("a", "1", "x")
    repeats.put("a", None, "y")
    assert "x" == repeats.get("a", "1")
    assert repeats.get("a", None) is None
    assert repeats.get("b", "1") is None
    repeats.forget_sender("a")
    assert repeats.get("a", "1") is None
    for number in range(5):
        repeats.put("c", str(number), number)
    assert repeats.get("c", "1") is None
    assert 4 == repeats.get("c", "4")
