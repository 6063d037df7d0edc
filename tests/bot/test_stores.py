"""Conversations are kept, and forgotten without a trace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.quiet import hush

hush()

import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

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
