"""Whole talks over real HTTP: what people ask one after the other, and what they must get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from talks import ACTS, CHECKS, FIELDS, JOURNEYS, Step

CORE_TOPICS = set(
    "night_twitching sleep_start sleep_onset_sensations restless_legs periodic_limb_movements epileptic_jerks sleep_paralysis "
    "sleep_apnoea panic_at_night leg_cramps tics muscle_twitching_awake".split()
)


def test_there_are_enough_talks() -> None:
    """At least 25 talks with 110 turns, each named once."""
    assert 25 <= len(JOURNEYS) == len({journey["name"] for journey in JOURNEYS})
    assert 110 <= sum(len(journey["talk"]) for journey in JOURNEYS)


def test_every_core_topic_is_talked_about() -> None:
    """Each of the twelve core topics is the expected topic of some turn."""
    expected = {str(turn.get("topic") or turn.get("answer_id", "")).split(".")[0] for j in JOURNEYS for turn in j["talk"]}
    assert set() == CORE_TOPICS - expected


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey["name"])
def test_turns_say_what_to_do_and_what_to_expect(journey: dict[str, Any]) -> None:
    """A turn has one act and known expectations, so that a typing error in a case file cannot hide."""
    for turn in journey["talk"]:
        assert 1 == len(ACTS & set(turn)), turn
        assert "kind" in turn and set() == set(turn) - ACTS - FIELDS - CHECKS, turn


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey["name"])
def test_journey(journey: dict[str, Any], played: Callable[[dict[str, Any]], list[Step]]) -> None:
    """Every turn of the talk gets the reply that the case file expects; all differences are listed."""
    wrong: list[str] = []
    before: set[str] = set()
    for step in played(journey):
        did = step.turn.get("say") or f"[{step.turn['press']}]"
        wrong += [f"{did!r}: {difference}" for difference in differences(step, before)]
        before = {message["text"] for message in step.replies or []}
    assert not wrong, "\n" + "\n".join(wrong)


def differences(step: Step, before: set[str]) -> list[str]:
    """What is not as expected in one turn."""
    turn, replies = step.turn, step.replies
    if replies is None:
        return ["the button was not offered"]
    if len(replies) != turn.get("messages", 1):
        return [f"{len(replies)} messages instead of {turn.get('messages', 1)}"]
    first = replies[0]
    custom = first["custom"]
    found = [f"{key} {custom.get(key)!r} instead of {turn[key]!r}" for key in FIELDS & set(turn) if custom.get(key) != turn[key]]
    if missing := set(turn.get("flags_include", [])) - set(custom.get("flags", [])):
        found.append(f"flags {custom.get('flags')} without {sorted(missing)}")
    if "both" in turn and sorted(turn["both"]) != sorted(str(custom.get(key)) for key in ("topic", "also_topic")):
        found.append(f"{custom.get('topic')} and {custom.get('also_topic')} instead of {turn['both']}")
    if len(first.get("buttons", [])) < turn.get("buttons_min", 0):
        found.append(f"{len(first.get('buttons', []))} buttons instead of {turn['buttons_min']} or more")
    if turn.get("has_sources") and not custom.get("sources"):
        found.append("no sources")
    if first["text"] in before and not turn.get("repeat"):
        found.append("the very text of the reply before once more")
    return sorted(found)
