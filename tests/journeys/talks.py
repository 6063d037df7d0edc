"""The talks of tests/cases/journeys, and how one is played against the running Hypnic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from tests.conftest import Client

Message = dict[str, Any]
CASES = Path(__file__).resolve().parents[1] / "cases" / "journeys"
ACTS = {"say", "press"}
FIELDS = {"kind", "answer_id", "topic", "also_topic", "aspect", "population", "near", "level", "act", "verdict"}
CHECKS = {"both", "flags_include", "buttons_min", "has_sources", "messages", "repeat"}
JOURNEYS: list[dict[str, Any]] = [
    journey for path in sorted(CASES.glob("*.yml")) for journey in yaml.safe_load(path.read_text(encoding="utf-8"))
]


@dataclass(frozen=True)
class Step:
    """One turn that was played: what the case file says, and what came back (None: the button was not there)."""

    turn: dict[str, Any]
    replies: list[Message] | None


def play(journey: dict[str, Any], client: Client) -> list[Step]:
    """Plays a talk; stops at a button that was not offered."""
    steps: list[Step] = []
    offered: dict[str, str] = {}
    for turn in journey["talk"]:
        if "press" in turn and turn["press"] not in offered:
            return [*steps, Step(turn, None)]
        replies = client.press(offered[turn["press"]]) if "press" in turn else client.say(turn["say"])
        steps.append(Step(turn, replies))
        offered = {button["title"]: button["payload"] for message in replies for button in message.get("buttons", [])}
    return steps
