"""What a person gets when the action server is slow, raising, talking nonsense or dead."""

from __future__ import annotations

import threading
import time

import pytest

from tests.faults.broken import DANGER, HANGS, QUESTION, TURN, Alone, ScriptedActions, kinds, measured


@pytest.mark.parametrize("mode", ["slow", "500", "garbage", "schema", "empty"])
def test_a_broken_action_server_is_never_silence(mode: str, alone: Alone) -> None:
    """A question gets one apology with the emergency number in time; danger still gets its words first."""
    ScriptedActions.mode = mode
    assert HANGS > TURN
    begun = time.monotonic()
    replies = alone.client().say(QUESTION)
    waited = time.monotonic() - begun
    assert waited < TURN + 1
    assert ["failure"] == kinds(replies)
    assert "112" in replies[0]["text"]
    begun = time.monotonic()
    urgent = alone.client().say(DANGER)
    measured(f"action server {mode}", "apology after", waited)
    measured(f"action server {mode}", "emergency words after", time.monotonic() - begun)
    assert time.monotonic() - begun < 4
    assert "danger" == kinds(urgent)[0]
    assert "112" in urgent[0]["text"]
    assert ["chat"] == kinds(alone.client().say("hello"))


def test_health_is_red_without_answers(alone: Alone) -> None:
    """A server that cannot answer does not call itself healthy."""
    ScriptedActions.mode = "500"
    assert 503 == alone.client().get("health").status


def test_a_slow_turn_holds_nobody_else_up(alone: Alone) -> None:
    """While one person waits for a hung action, another is served at once."""
    ScriptedActions.mode = "slow"
    slow = threading.Thread(target=alone.client().say, args=(QUESTION,))
    slow.start()
    try:
        begun = time.monotonic()
        assert ["chat"] == kinds(alone.client().say("hello"))
        assert time.monotonic() - begun < 2
    finally:
        slow.join()


def test_a_dead_action_server(alone: Alone) -> None:
    """Nothing listens on the action port: an apology, and danger still has its words. Nothing after this needs actions."""
    alone.actions.shutdown()
    alone.actions.server_close()
    assert ["failure"] == kinds(alone.client().say(QUESTION))
    assert "danger" == kinds(alone.client().say(DANGER))[0]


def test_no_words_of_people_in_the_log(alone: Alone) -> None:
    """Not even when the action server sends the whole request back in its error."""
    written = alone.log.read_text(errors="replace")
    assert "falling asleep" not in written
    assert "everything that was said" not in written
