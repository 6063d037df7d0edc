"""A long conversation: the next turn reads only what still counts, and nothing that counts is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.quiet import hush

hush()

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, AllSlotsReset, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot import window
from bot.stores import ConversationStore
from hypnic.recent import typed_texts
from tests.conftest import ROOT

DOMAIN = Domain.load(str(ROOT / "domain.yml"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConversationStore:
    """With windows small enough to test."""
    monkeypatch.setattr(window, "WHOLE", 3)
    monkeypatch.setattr(window, "TYPED", 4)
    return ConversationStore(domain=DOMAIN, db=str(tmp_path / "talks.db"))


def turn(number: int) -> list[object]:
    parse = {"intent": {"name": "ask_why", "confidence": 0.9}, "entities": [], "intent_ranking": [{"name": "x" * 500}]}
    events = [UserUttered(f"text {number}", parse_data=parse), SlotSet("topic", f"topic{number}")]
    return [*events, BotUttered(f"reply {number}"), ActionExecuted("action_listen")]


async def talk(store: ConversationStore, turns: int, **between: object) -> DialogueStateTracker:
    """A conversation, one save a turn; `between` has events that come before a turn of that number (_3=...)."""
    for number in range(turns):
        tracker = await store.retrieve("ann") or store.init_tracker("ann")
        if number == 0:
            tracker.update(SessionStarted())
        for event in (*between.get(f"_{number}", ()), *turn(number)):
            tracker.update(event)
        await store.save(tracker)
    found = await store.retrieve("ann")
    assert found is not None
    return found


def typed(tracker: DialogueStateTracker) -> list[str]:
    return typed_texts(event.as_dict() for event in tracker.events)


def test_a_short_conversation_is_whole(store: ConversationStore) -> None:
    """Every event, as before."""
    assert 1 + 2 * 4 == len(asyncio.run(talk(store, 2)).events)


def test_slots_and_the_check_outlast_everything(store: ConversationStore) -> None:
    """Danger signs, consent and the check under way are still there after any number of turns."""
    set_once = [SlotSet("danger_flags", ["seizure_now"]), SlotSet("check", {"consent": True}), ActiveLoop("check_form")]
    tracker = asyncio.run(talk(store, 40, _1=set_once))
    assert ["seizure_now"] == tracker.get_slot("danger_flags")
    assert {"consent": True} == tracker.get_slot("check")
    assert "check_form" == tracker.active_loop_name
    assert "topic39" == tracker.get_slot("topic")


def test_what_is_read_stops_growing(store: ConversationStore) -> None:
    """Three turns whole and the words of four before; everything is still stored and handed out."""

    async def both() -> tuple[DialogueStateTracker, DialogueStateTracker, int]:
        early = await talk(store, 10)
        late = await talk(store, 40)
        copy = await store.conversation("ann")
        assert copy is not None
        return early, late, len(copy["messages"])

    early, late, handed_out = asyncio.run(both())
    assert len(early.events) == len(late.events)
    assert [f"text {number}" for number in range(33, 40)] == typed(late)
    assert 2 * 50 == handed_out


def test_starting_again_counts(store: ConversationStore) -> None:
    """Slots and words from before it do not come back."""
    tracker = asyncio.run(talk(store, 8, _1=[SlotSet("danger_flags", ["x"])], _3=[AllSlotsReset()]))
    assert tracker.get_slot("danger_flags") is None
    assert [f"text {number}" for number in range(3, 8)] == typed(tracker)


def test_only_one_session_is_read(store: ConversationStore) -> None:
    """The session before is over, also for the slots."""
    tracker = asyncio.run(talk(store, 12, _1=[SlotSet("danger_flags", ["x"])], _6=[SessionStarted()]))
    assert tracker.get_slot("danger_flags") is None
    assert [f"text {number}" for number in range(6, 12)] == typed(tracker)
