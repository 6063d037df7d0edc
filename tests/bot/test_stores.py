"""Conversations are kept, and forgotten without a trace."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import pytest

from bot.quiet import hush

hush()

import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import AllSlotsReset, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.database import Overtaken, StoreFailed
from bot.stores import ConversationStore


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    """A store in a file of its own."""
    return ConversationStore(domain=Domain.empty(), db=str(tmp_path / "talks.db"))


async def said(store: ConversationStore, sender: str) -> str | None:
    """The last words kept of a sender."""
    tracker = await store.retrieve(sender)
    return tracker.latest_message.text if tracker and tracker.latest_message else None


async def save(store: ConversationStore, sender: str) -> None:
    tracker = DialogueStateTracker(sender, slots=[])
    tracker.update(UserUttered(f"canary of {sender}"))
    await store.save(tracker)


def test_save_retrieve_delete(store: ConversationStore, tmp_path: Path) -> None:
    """What was deleted is in no file any more; the other conversation stays."""

    async def talk() -> None:
        await save(store, "ann")
        await save(store, "bob")
        assert "canary of ann" == await said(store, "ann")
        assert 1 == await store.delete("ann")
        assert await said(store, "ann") is None
        assert "canary of bob" == await said(store, "bob")
        assert 0 == await store.delete("ann")

    asyncio.run(talk())
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"canary of bob" in files
    assert b"canary of ann" not in files


@pytest.mark.parametrize("seed", [2, 5])
def test_no_copy_is_left_by_moving_pages(seed: int, store: ConversationStore, tmp_path: Path) -> None:
    """SQLite moves rows between pages and leaves copies; many talks of many sizes come and go, and no word stays."""
    dice, alive, gone, number = random.Random(seed), set(), set(), 0
    with store.session_scope() as session:
        for _ in range(700):
            if dice.random() < 0.75 or not alive:
                who = dice.choice(sorted(alive)) if alive and dice.random() < 0.7 else f"c{len(alive) + len(gone)}q"
                alive.add(who)
                number += 1
                text = json.dumps({"text": f"<<{who}:{number}>> " + "w" * dice.choice([20, 200, 900, 3000, 6000])})
                session.add(store.SQLEvent(sender_id=f"web-{who * 5}", type_name="user", timestamp=1.0, intent_name="x", data=text))
                session.commit()
            elif dice.random() < 0.25:
                who = dice.choice(sorted(alive))
                alive.discard(who)
                gone.add(who)
                asyncio.run(store.delete(f"web-{who * 5}"))
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(gone) > 20
    assert [] == [who for who in gone if f"<<{who}:".encode() in files]
    assert [] == [who for who in alive if f"<<{who}:".encode() not in files]


def test_the_files_are_swept_only_after_a_deletion(store: ConversationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for the deletion of what is not there costs nothing. A large file is swept a day later, also after a restart."""
    swept: list[str] = []

    def listen(to: ConversationStore) -> ConversationStore:
        sa.event.listen(to.engine, "before_cursor_execute", lambda *given: swept.append(given[2]) if given[2] == "VACUUM" else None)
        return to

    async def talk() -> None:
        listen(store)
        await store.delete("nobody")
        assert not swept
        await save(store, "ann")
        await store.delete("ann")
        await store.delete("ann")
        assert ["VACUUM"] == swept
        monkeypatch.setattr("bot.stores.LARGE", 0)
        await save(store, "bob")
        await store.delete("bob")
        assert ["VACUUM"] == swept
        again = listen(ConversationStore(domain=Domain.empty(), db=str(tmp_path / "talks.db")))
        again.forget_quiet_since(0)
        assert ["VACUUM"] == swept
        monkeypatch.setattr("bot.stores.DAY", 0.0)
        again.forget_quiet_since(0)
        again.forget_quiet_since(0)

    asyncio.run(talk())
    assert ["VACUUM"] * 2 == swept


def test_a_copy_of_a_conversation(store: ConversationStore) -> None:
    """Messages with time and speaker, a button by its title, the slots of the end; nothing of what the program made of it."""
    tracker = DialogueStateTracker("ann", slots=[])
    press = '/ask_why{"at":"sleep_start"}'
    intent = {"intent": {"name": "greet", "confidence": 0.9}}
    for event in (
        UserUttered("first words", timestamp=0.5),
        SlotSet("topic", "tics", timestamp=1.0),
        SessionStarted(timestamp=2.0),
        SlotSet("topic", "cramps", timestamp=3.0),
        UserUttered("hello", parse_data=intent, input_channel="web", message_id="5ecre7", timestamp=4.0),
        BotUttered("Hi.", {"buttons": [{"title": "Why?", "payload": press}]}, timestamp=5.0),
        UserUttered(press, parse_data=intent, timestamp=86400.0),
        UserUttered("/unknown", timestamp=86401.0),
        SlotSet("aspect", None, timestamp=86402.0),
    ):
        tracker.update(event)

    async def talk() -> tuple[object, object, object]:
        await store.save(tracker)
        tracker.update(AllSlotsReset())
        before = await FailSafeTrackerStore(store).conversation("ann")
        await store.delete("ann")
        again = DialogueStateTracker("ann", slots=[])
        for event in tracker.events:
            again.update(event)
        await store.save(again)
        after = await store.conversation("ann")
        assert after is not None
        return before, after["slots"], await store.conversation("bob")

    before, emptied, unknown = asyncio.run(talk())
    assert before == {
        "sender": "ann",
        "messages": [
            {"time": "1970-01-01T00:00:00+00:00", "who": "you", "text": "first words"},
            {"time": "1970-01-01T00:00:04+00:00", "who": "you", "text": "hello"},
            {"time": "1970-01-01T00:00:05+00:00", "who": "hypnic", "text": "Hi.", "buttons": ["Why?"]},
            {"time": "1970-01-02T00:00:00+00:00", "who": "you", "text": "Why?"},
            {"time": "1970-01-02T00:00:01+00:00", "who": "you", "text": "(button)"},
        ],
        "slots": {"topic": "cramps"},
    }
    assert {} == emptied
    assert unknown is None


def test_the_wrapper_deletes_too(store: ConversationStore) -> None:
    """Rasa wraps every store."""

    async def talk() -> int:
        await save(store, "ann")
        return int(await FailSafeTrackerStore(store).delete("ann"))

    assert 1 == asyncio.run(talk())


def test_every_connection_is_tuned(store: ConversationStore) -> None:
    """Also the one that made the tables."""
    with store.session_scope() as session:
        values = [session.execute(sa.text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "secure_delete", "synchronous")]
    assert ["wal", 1, 1] == values


def test_the_file_lies_in_the_variable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without a folder is placed there."""
    monkeypatch.setenv("HYPNIC_VAR", str(tmp_path / "var"))
    ConversationStore(domain=Domain.empty(), db="mine.db")
    assert (tmp_path / "var" / "mine.db").is_file()


def test_what_was_read_is_written_behind(store: ConversationStore) -> None:
    """A tracker that was read gets only its new events stored, also across the start of a session."""

    async def talk() -> list[str]:
        first = DialogueStateTracker("ann", slots=[])
        first.update(UserUttered("one"))
        await store.save(first)
        for texts in (["two"], ["three", "four"]):
            tracker = await store.retrieve("ann")
            assert tracker is not None
            tracker.update(SessionStarted())
            for text in texts:
                tracker.update(UserUttered(text))
                await store.save(tracker)
        copy = await store.conversation("ann")
        assert copy is not None
        return [message["text"] for message in copy["messages"]]

    assert ["one", "two", "three", "four"] == asyncio.run(talk())


def test_an_overtaken_turn_writes_nothing(store: ConversationStore) -> None:
    """Two processes read the same state; the second to write is told, and nothing is mixed. So is a turn whose conversation
    was deleted meanwhile."""

    async def talk() -> list[str]:
        await save(store, "ann")
        here, there = await store.retrieve("ann"), await store.retrieve("ann")
        for tracker, text in ((here, "first"), (there, "second")):
            tracker.update(UserUttered(text))
        await store.save(here)
        with pytest.raises(Overtaken):
            await store.save(there)
        copy = await store.conversation("ann")
        await store.delete("ann")
        here.update(UserUttered("after the deletion"))
        with pytest.raises(Overtaken):
            await store.save(here)
        assert await store.conversation("ann") is None
        return [message["text"] for message in copy["messages"]]

    assert ["canary of ann", "first"] == asyncio.run(talk())


def test_a_clock_that_is_set_back_hides_nothing(store: ConversationStore) -> None:
    """Events after the start of the session belong to it, whatever the clock said."""

    async def talk() -> str | None:
        tracker = DialogueStateTracker("ann", slots=[])
        for event in (UserUttered("before", timestamp=90.0), SessionStarted(timestamp=100.0), UserUttered("after", timestamp=50.0)):
            tracker.update(event)
        await store.save(tracker)
        return await said(store, "ann")

    assert "after" == asyncio.run(talk())


def test_stored_replies_are_found_by_message_id(store: ConversationStore) -> None:
    """Of a stored message and no other; a failure is not among them, so that a retry is tried again."""

    async def talk() -> list[object]:
        tracker = DialogueStateTracker("ann", slots=[])
        for event in (
            UserUttered("hello", message_id="m1"),
            BotUttered("Hi.", {"buttons": [{"title": "Why?", "payload": "/x"}], "custom": {"kind": "chat"}}),
            BotUttered("More.", {"custom": {"kind": "chat"}}),
            UserUttered("why", message_id="m2"),
            BotUttered("Sorry.", {"custom": {"kind": "failure"}}),
            UserUttered("m1 was my first", message_id="m3"),
        ):
            tracker.update(event)
        await store.save(tracker)
        wrapped = FailSafeTrackerStore(store)
        return [await wrapped.answered(*key) for key in (("ann", "m1"), ("ann", "m2"), ("ann", "m3"), ("ann", "m"), ("bob", "m1"))]

    first, *others = asyncio.run(talk())
    assert first == [
        {"text": "Hi.", "buttons": [{"title": "Why?", "payload": "/x"}], "custom": {"kind": "chat"}},
        {"text": "More.", "buttons": None, "custom": {"kind": "chat"}},
    ]
    assert [None] * 4 == others


def test_a_broken_file_is_told_and_not_papered_over(tmp_path: Path) -> None:
    """Rasa would go on with an empty store in memory. Here every call says that it failed, through Rasa's wrapper too."""
    (tmp_path / "talks.db").write_bytes(b"no database" * 1000)
    broken = FailSafeTrackerStore(ConversationStore(domain=Domain.empty(), db=str(tmp_path / "talks.db")))

    async def each() -> None:
        tracker = DialogueStateTracker("ann", slots=[])
        tracker.update(UserUttered("hello"))
        for call in (broken.retrieve("ann"), broken.save(tracker), broken.delete("ann"), broken.answered("ann", "m1")):
            with pytest.raises(StoreFailed):
                await call

    asyncio.run(each())
