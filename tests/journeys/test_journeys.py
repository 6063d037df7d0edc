"""Whole talks over HTTP with the real servers, written as data in tests/cases/journeys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hypnic.reply import KINDS
from tests.conftest import Server

CASES = Path(__file__).parents[1] / "cases" / "journeys"
JOURNEYS = [journey for path in sorted(CASES.glob("*.yml")) for journey in yaml.safe_load(path.read_text())]


def test_there_are_journeys() -> None:
    """The collector has found talks and turns."""
    assert len(JOURNEYS) >= 30
    assert sum(len(journey["talk"]) for journey in JOURNEYS) >= 80


@pytest.mark.parametrize("journey", JOURNEYS, ids=[journey["name"] for journey in JOURNEYS])
def test_journey(journey: dict[str, Any], server: Server) -> None:
    """Every turn gets the reply that the case expects, and every reply keeps the contract."""
    person = server.client()
    offered: dict[str, str] = {}
    before = ""
    for turn in journey["talk"]:
        wanted = dict(turn)
        if "say" in wanted:
            replies = person.say(wanted.pop("say"))
        else:
            replies = person.press(offered[wanted.pop("press")])
        for reply in replies:
            keeps_contract(reply)
        first = replies[0]
        buttons_min, flags = wanted.pop("buttons_min", 0), wanted.pop("flags_include", [])
        sourced, messages, repeat = wanted.pop("has_sources", False), wanted.pop("messages", 1), wanted.pop("repeat", False)
        assert messages == len(replies)
        assert repeat or first["text"] != before, turn
        before = first["text"]
        assert not sourced or first["custom"]["sources"]
        got = {key: first["custom"].get(key) for key in wanted}
        assert wanted == got, (turn, first)
        assert len(first.get("buttons", [])) >= buttons_min
        assert set(flags) <= set(first["custom"].get("flags", []))
        offered = {button["title"]: button["payload"] for reply in replies for button in reply.get("buttons", [])}


def keeps_contract(reply: dict[str, Any]) -> None:
    """One custom of a known kind, a text, short payloads, and for answers everything that stands behind them."""
    assert set(reply) <= {"text", "buttons", "custom"}
    assert reply["text"].strip()
    assert "{" not in reply["text"]
    custom = reply["custom"]
    assert custom["kind"] in KINDS
    assert all(len(button["payload"].encode()) <= 64 and button["title"] for button in reply.get("buttons", []))
    if custom["kind"] == "answer":
        assert set(custom) == {
            "kind", "answer_id", "topic", "aspect", "population", "certainty", "sources", "reviewed",
        }
        assert custom["answer_id"] == f"{custom['topic']}.{custom['aspect']}.{custom['population']}"
        assert custom["sources"] and all({"title", "publisher", "year"} <= set(source) for source in custom["sources"])
