"""Danger signs that only several messages together show."""

from __future__ import annotations

from hypnic.danger import DangerScreen
from hypnic.recent import MESSAGES, advised, newly_combined, recent_texts
from hypnic.yamlfile import ROOT

SCREEN = DangerScreen.load(ROOT / "data" / "triage")
PREGNANT, HEADACHE = "i am 34 weeks pregnant", "i have a splitting headache and flashing lights"


def user(text: str) -> dict[str, str]:
    """An event as Rasa stores it."""
    return {"event": "user", "text": text}


def test_two_messages_make_one_danger() -> None:
    """Neither acts alone, both together do."""
    assert [] == newly_combined(SCREEN, [PREGNANT], [])
    assert ["preeclampsia_signs"] == [finding.flag for finding in newly_combined(SCREEN, [PREGNANT, HEADACHE], [])]


def test_a_danger_is_told_once() -> None:
    """What was found before, or stood in the earlier messages already, is not new."""
    assert [] == newly_combined(SCREEN, [PREGNANT, HEADACHE], ["preeclampsia_signs"])
    assert [] == newly_combined(SCREEN, [PREGNANT, HEADACHE, "what are tics"], [])


def test_only_the_last_typed_messages_count() -> None:
    """Buttons are left out, and only the last few messages are read."""
    texts = recent_texts([*(user(str(number)) for number in range(9)), user('/ask_why{"at":"tics"}')])
    assert MESSAGES == len(texts) and "8" == texts[-1]


def test_a_message_that_was_taken_back_does_not_count() -> None:
    """Its new wording stands for it."""
    assert ["a", "c"] == recent_texts([user("a"), user("b"), {"event": "rewind"}, user("c")])


def test_an_end_begins_afresh() -> None:
    """What was said before a new session, or before an emergency was over, is not joined with what comes."""
    for event in ({"event": "session_started"}, {"event": "restart"}, {"event": "slot", "name": "emergency", "value": None}):
        assert ["new"] == recent_texts([user("old"), event, user("new")])


def test_advice_is_known_to_have_been_given() -> None:
    """By its level and its pattern, in messages to the person only."""
    said = {"event": "bot", "data": {"custom": {"kind": "triage", "level": "routine", "pattern": "plmd"}}}
    other = {"event": "bot", "data": {"custom": {"kind": "danger", "level": "urgent"}}}
    assert advised([said, other], "routine", "plmd") and not advised([said, other], "routine", "tremor")
    assert not advised([said, other], "urgent", "plmd") and not advised([], "routine", "plmd")
