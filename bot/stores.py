"""Where conversations are kept: Rasa's SQL store, made fast on SQLite, able to hand out a copy and to forget."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore

from hypnic.settings import Settings

HEALTH = "health-"  # how the senders of health checks begin
EMPTYING = {"session_started", "reset_slots", "restart"}  # events after which no slot is set
Buttons = list[dict[str, Any]]


class ConversationStore(SQLTrackerStore):
    """An SQL tracker store with deletion. On SQLite the file lies in the folder for variable data.

    Args: as SQLTrackerStore; `db` without a folder is placed in Settings.var.
    """

    def __init__(self, domain: Any = None, event_broker: Any = None, **options: Any) -> None:
        options.pop("host", None) if options.get("dialect", "sqlite") == "sqlite" else None
        if options.get("dialect", "sqlite") == "sqlite":
            path = Path(options.get("db", "conversations.db"))
            if not path.is_absolute():
                path = Settings.from_environment().var / path
            path.parent.mkdir(parents=True, exist_ok=True)
            options["db"] = str(path)
        super().__init__(domain=domain, event_broker=event_broker, **options)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _tune)
        self._sweeping, self._unswept = threading.Lock(), False

    async def save(self, tracker: Any) -> None:
        """Store the new events. The question of the health check is read through the store but never written: SQLite may
        keep copies of deleted keys in the pages of its index."""
        if not tracker.sender_id.startswith(HEALTH):
            await super().save(tracker)

    async def delete(self, sender_id: str) -> int:
        """Delete everything about one conversation. Returns the number of events deleted.

        Raises:
            SQLAlchemyError: the database failed; asking again also finishes what was left undone.
        """
        with self.session_scope() as session:
            deleted = session.query(self.SQLEvent).filter(self.SQLEvent.sender_id == sender_id).delete()
            session.commit()
        await asyncio.to_thread(self._sweep, deleted)
        return int(deleted)

    def forget_quiet_since(self, moment: float) -> int:
        """Delete the conversations whose last event is older than a moment (seconds since 1970). Returns how many.

        Raises:
            SQLAlchemyError: the database failed.
        """
        event = self.SQLEvent
        with self.session_scope() as session:
            # Only the id is grouped: a conversation that goes on meanwhile keeps its newest events.
            last = session.query(event.sender_id).group_by(event.sender_id).having(sa.func.max(event.timestamp) < moment)
            count = last.count()
            if count:
                session.query(event).filter(event.sender_id.in_(last)).delete(synchronize_session=False)
            session.commit()
        self._sweep(count)
        return int(count)

    async def conversation(self, sender_id: str) -> dict[str, Any] | None:
        """A copy of one conversation for the person who led it; None when nothing is stored.

        Returns:
            sender, messages (time, who, text, buttons) and the slots that are set.

        Raises:
            SQLAlchemyError: the database failed.
        """
        with self.session_scope() as session:
            rows = self._event_query(session, sender_id, fetch_events_from_all_sessions=True).all()
            events = [json.loads(row.data) for row in rows]
        if not events:
            return None
        return {"sender": sender_id, "messages": _messages(events), "slots": _slots(events)}

    def _sweep(self, deleted: int) -> None:
        """Make SQLite's files forget what was deleted. secure_delete is not enough: when SQLite moves rows between pages,
        it leaves copies behind that only VACUUM removes; and until the log is folded in, it holds the old pages."""
        self._unswept |= bool(deleted)
        if self.engine.dialect.name != "sqlite" or not self._unswept:
            return
        with self._sweeping, self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            self._unswept = True
            connection.execute(sa.text("VACUUM"))
            busy = connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar()
            self._unswept = bool(busy)


def _messages(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What both sides said, without what the program made of it. A pressed button is told by its title."""
    titles: dict[str, str] = {}
    said = []
    for event in events:
        if event["event"] not in ("user", "bot") or not event.get("text"):
            continue
        mine = event["event"] == "user"
        time = datetime.fromtimestamp(event["timestamp"], timezone.utc).isoformat(timespec="seconds")
        message: dict[str, Any] = {"time": time, "who": "you" if mine else "hypnic", "text": event["text"]}
        if mine and event["text"].startswith("/"):  # never typed: bot/channels/guard.py
            message["text"] = titles.get(event["text"], "(button)")
        buttons: Buttons = [] if mine else (event.get("data") or {}).get("buttons") or []
        titles.update((button["payload"], button["title"]) for button in buttons)
        if buttons:
            message["buttons"] = [button["title"] for button in buttons]
        said.append(message)
    return said


def _slots(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The slots that are set in the end."""
    slots: dict[str, Any] = {}
    for event in events:
        if event["event"] in EMPTYING:
            slots.clear()
        elif event["event"] == "slot":
            slots[event["name"]] = event["value"]
    return {name: value for name, value in slots.items() if value is not None}


def _tune(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    # WAL with NORMAL survives a crash of the process; secure_delete overwrites what is forgotten.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def _delete(self: FailSafeTrackerStore, sender_id: str) -> int:
    return int(await self._tracker_store.delete(sender_id))


def _forget_quiet_since(self: FailSafeTrackerStore, moment: float) -> int:
    return int(self._tracker_store.forget_quiet_since(moment))


async def _conversation(self: FailSafeTrackerStore, sender_id: str) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = await self._tracker_store.conversation(sender_id)
    return kept


# Rasa always wraps the store, and the wrapper knows nothing of these. Errors go to the caller, who has to tell the person.
FailSafeTrackerStore.delete = _delete
FailSafeTrackerStore.forget_quiet_since = _forget_quiet_since
FailSafeTrackerStore.conversation = _conversation
