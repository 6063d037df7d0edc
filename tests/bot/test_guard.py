"""The door: reading, cleaning, rate limits and repeats."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels.guard import MAX_BODY, MAX_PAYLOAD, Bucket, Incoming, Refused, Repeats, clean, read_web

SENDER = "web-3f2504e0-4f89-41d3-9a0c-0305e82c3301"
JSON = "application/json"


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


def body(**values: object) -> bytes:
    return json.dumps({"sender": SENDER, **values}).encode()


def test_a_good_request_is_read() -> None:
    """Text is cleaned, a payload is passed on whole."""
    assert Incoming(SENDER, "why", None, "m-1") == read_web(body(message=" /why ", id="m-1"), "Application/JSON; charset=utf-8")
    assert Incoming(SENDER, None, "/why", None) == read_web(body(payload="/why"), "application/json")


@pytest.mark.parametrize(
    ("status", "code", "sent", "kind"),
    [
        (415, "json_only", body(message="x"), "text/plain"),
        (415, "json_only", body(message="x"), ""),
        (413, "too_large", body(message="x" * MAX_BODY), JSON),
        (400, "bad_json", b"{", JSON),
        (400, "bad_json", b"\xff\xfe", JSON),
        (400, "bad_json", b"[" * MAX_BODY, JSON),
        (400, "bad_json", b"[]", JSON),
        (400, "unknown_field", body(message="x", slots={}), JSON),
        (400, "bad_sender", b'{"message": "x"}', JSON),
        (400, "bad_sender", body(message="x", sender="web-1"), JSON),
        (400, "bad_sender", body(message="x", sender=f"{SENDER}\n"), JSON),
        (400, "bad_sender", body(message="x", sender=["a"]), JSON),
        (400, "bad_id", body(message="x", id=""), JSON),
        (400, "bad_id", body(message="x", id="a" * 65), JSON),
        (400, "bad_id", body(message="x", id=5), JSON),
        (400, "message_or_payload", body(), JSON),
        (400, "message_or_payload", body(message="x", payload="/x"), JSON),
        (400, "bad_payload", body(payload=" "), JSON),
        (400, "bad_payload", body(payload="é" * (MAX_PAYLOAD // 2) + "e"), JSON),
        (400, "bad_payload", body(payload={}), JSON),
        (400, "bad_message", body(message=5), JSON),
        (400, "empty", body(message=" \u200b/ "), JSON),
    ],
)
def test_a_bad_request_is_refused(status: int, code: str, sent: bytes, kind: str) -> None:
    """Each fault has its own status and code."""
    with pytest.raises(Refused) as refused:
        read_web(sent, kind)
    assert (status, code) == (refused.value.status, refused.value.code)
    assert refused.value.message


def test_a_payload_at_the_limit_is_let_in() -> None:
    """64 bytes are allowed."""
    assert MAX_PAYLOAD == len(str(read_web(body(payload="x" * MAX_PAYLOAD), JSON).payload))


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("/／ :\u200b\ud800EXTRNAL"))))
@example("EXTERNAL: /EXTERNAL:\u200b/x")
def test_cleaned_text_is_never_a_command(typed: str) -> None:
    """Whatever is typed: no command at the start, nothing invisible, and cleaning again changes nothing."""
    cleaned = clean(typed)
    assert not cleaned.startswith(("/", "EXTERNAL:", " "))
    assert not [c for c in cleaned if unicodedata.category(c) in {"Cc", "Cf", "Cs"}]
    assert cleaned == clean(cleaned)


def test_a_repeat_can_be_forgotten_singly() -> None:
    """A retry of one message does not disturb another."""
    repeats = Repeats()
    repeats.put("a", "1", "x")
    repeats.put("a", "2", "y")
    repeats.forget("a", "1")
    repeats.forget("a", "unknown")
    assert [None, "y"] == [repeats.get("a", "1"), repeats.get("a", "2")]
