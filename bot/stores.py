"""Where conversations are kept: Rasa's SQL store, made fast on SQLite, able to hand out a copy and to forget."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore, TrackerStore
from rasa.shared.core.trackers import DialogueStateTracker

from bot import metrics
from bot.database import Database, Overtaken, StoreFailed, address
from bot.window import EMPTYING, recent
from hypnic.settings import Settings

HEALTH = "health-"  # how the senders of health checks begin
LARGE, DAY = 200_000_000, 86_400.0  # bytes of a file that is swept once a day, in seconds
LATELY = 20  # a repeat is looked for among so many of the last messages
Buttons = list[dict[str, Any]]
Replies = list[dict[str, Any]]


class Stored(NamedTuple):
    """How much of a tracker is in the database: the first so many of its events, and so many rows of the last session."""

    events: int
    rows: int


class ConversationStore(SQLTrackerStore):
    """An SQL tracker store that loses nothing in silence, can hand out a copy, and can forget.

    Every error reaches the caller, who has to tell the person. What two processes write about one conversation at the same
    moment is never mixed: the second is told and does its turn again.

    Args: as SQLTrackerStore; HYPNIC_DATABASE comes before them. On SQLite the file lies in the folder for variable data.
    """

    def __init__(self, domain: Any = None, event_broker: Any = None, **options: Any) -> None:
        settings = Settings.from_environment()
        if not settings.database and options.get("dialect", "sqlite") == "sqlite":
            options.pop("host", None)
            path = Path(options.get("db", "conversations.db"))
            if not path.is_absolute():
                path = settings.var / path
            path.parent.mkdir(parents=True, exist_ok=True)
            options["db"] = str(path)
        # Not SQLTrackerStore's own beginning: it waits for ever when the database is not there.
        self.database = Database(address(settings.database, options), self.Base.metadata)
        self.engine = self.database.engine
        self.sessionmaker = sa.orm.session.sessionmaker(bind=self.engine)
        TrackerStore.__init__(self, domain, event_broker)
        if self.database.is_sqlite:
            sa.event.listen(self.engine, "connect", _tune)
        self._sweeping = threading.Lock()
        # A database that is away now is asked again at the first message; until then the emergency words must be served.
        with contextlib.suppress(StoreFailed):
            self.database.insist(lambda: None)

    async def _retrieve(self, sender_id: str, fetch_events_from_all_sessions: bool) -> DialogueStateTracker | None:
        """The tracker of a conversation, of a long one the part that counts (bot/window.py); it remembers how much is stored.

        Raises:
            StoreFailed: the database failed.
        """
        if fetch_events_from_all_sessions:
            events = await self.database.run(self._read, sender_id)
        else:
            events, rows = await self.database.run(self._recent, sender_id)
        if not events:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        if not fetch_events_from_all_sessions:
            tracker.stored = Stored(len(tracker.events), rows)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store the new events. The question of the health check is read through the store but never written: SQLite may
        keep copies of deleted keys in the pages of its index.

        Raises:
            StoreFailed: the database failed; nothing was stored.
            Overtaken: another process stored a turn of this conversation meanwhile, or deleted it; nothing was stored.
        """
        if tracker.sender_id.startswith(HEALTH):
            return
        await self.stream_events(tracker)
        stored: Stored = getattr(tracker, "stored", Stored(0, 0))
        rows = [self._row(tracker.sender_id, event.as_dict()) for event in list(tracker.events)[stored.events:]]
        if not rows:
            return
        await self.database.run(self._append, tracker.sender_id, stored.rows, rows, [])
        for row in rows:
            if row["type_name"] == "user":
                metrics.intents.labels(row["intent_name"] or "none").inc()
        starts = [number for number, row in enumerate(rows) if row["type_name"] == "session_started"]
        session = len(rows) - starts[-1] if starts else stored.rows + len(rows)
        tracker.stored = Stored(stored.events + len(rows), session)

    async def answered(self, sender_id: str, message_id: str) -> Replies | None:
        """What was replied to a message that is stored already; None when it is not, or when the reply was a failure.

        Raises:
            StoreFailed: the database failed.
        """
        return await self.database.run(self._replies, sender_id, message_id)

    async def delete(self, sender_id: str) -> int:
        """Delete everything about one conversation. Returns the number of events deleted.

        Raises:
            StoreFailed: the database failed; asking again also finishes what was left undone.
        """
        deleted = await self.database.run(self._delete, sender_id)
        await asyncio.to_thread(self.database.insist, self._sweep, deleted)
        return deleted

    def forget_quiet_since(self, moment: float) -> int:
        """Delete the conversations whose last event is older than a moment (seconds since 1970). Returns how many.

        Raises:
            StoreFailed: the database failed.
        """
        count = self.database.insist(self._delete_quiet_since, moment)
        self.database.insist(self._sweep, count)
        return count

    async def conversation(self, sender_id: str) -> dict[str, Any] | None:
        """A copy of one conversation for the person who led it; None when nothing is stored.

        Returns:
            sender, messages (time, who, text, buttons) and the slots that are set.

        Raises:
            StoreFailed: the database failed.
        """
        events = await self.database.run(self._read, sender_id)
        if not events:
            return None
        return {"sender": sender_id, "messages": _messages(events), "slots": _slots(events)}

    def _event_query(self, session: Any, sender_id: str, fetch_events_from_all_sessions: bool) -> Any:
        """The rows of the last session, or of all, in the order they were stored. The order, not the clock, tells where a
        session begins, so that a clock that is set back hides nothing."""
        event = self.SQLEvent
        rows = session.query(event).filter(event.sender_id == sender_id)
        if not fetch_events_from_all_sessions:
            of_start = (event.sender_id == sender_id, event.type_name == "session_started")
            start = session.query(sa.func.max(event.id)).filter(*of_start).scalar()
            rows = rows.filter(event.id >= (start or 0))
        return rows.order_by(event.id)

    def _read(self, sender_id: str) -> list[dict[str, Any]]:
        with self.session_scope() as session:
            return [json.loads(row.data) for row in self._event_query(session, sender_id, True)]

    def _recent(self, sender_id: str) -> tuple[list[dict[str, Any]], int]:
        with self.session_scope() as session:
            return recent(session, self.SQLEvent, sender_id)

    def _row(self, sender_id: str, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "sender_id": sender_id,
            "type_name": data["event"],
            "timestamp": data.get("timestamp"),
            "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
            "action_name": data.get("name"),
            "data": json.dumps(data),
        }

    def _append(self, sender_id: str, stored: int, rows: list[dict[str, Any]], tries: list[None]) -> None:
        """Write rows behind the `stored` ones, in one transaction. tries tells a first try from one that may have come
        through although the connection broke."""
        event = self.SQLEvent
        again = bool(tries)
        tries.append(None)
        with self.session_scope() as session:
            if not self.database.is_sqlite:  # held until the end of the transaction
                session.execute(sa.text("select pg_advisory_xact_lock(hashtext(:sender))"), {"sender": sender_id})
            mine = session.query(event.data).filter(event.sender_id == sender_id)
            if again and mine.order_by(event.id.desc()).limit(1).scalar() == rows[-1]["data"]:
                return
            if self._event_query(session, sender_id, False).order_by(None).count() != stored:
                raise Overtaken
            session.bulk_insert_mappings(event, rows)
            session.commit()

    def _replies(self, sender_id: str, message_id: str) -> Replies | None:
        event = self.SQLEvent
        with self.session_scope() as session:
            mine = session.query(event.id, event.data).filter(event.sender_id == sender_id)
            end = None
            for row in mine.filter(event.type_name == "user").order_by(event.id.desc()).limit(LATELY):
                # Searching the text first takes less time than reading every parse.
                if message_id in row.data and json.loads(row.data).get("message_id") == message_id:
                    break
                end = row.id
            else:
                return None
            said = mine.filter(event.type_name == "bot", event.id > row.id)
            if end is not None:
                said = said.filter(event.id < end)
            replies = [_reply(json.loads(row.data)) for row in said.order_by(event.id)]
        failed = any((reply["custom"] or {}).get("kind") == "failure" for reply in replies)
        return None if failed else replies or None

    def _delete(self, sender_id: str) -> int:
        with self.session_scope() as session:
            deleted = session.query(self.SQLEvent).filter(self.SQLEvent.sender_id == sender_id).delete()
            session.commit()
        return int(deleted)

    def _delete_quiet_since(self, moment: float) -> int:
        event = self.SQLEvent
        with self.session_scope() as session:
            # Only the id is grouped: a conversation that goes on meanwhile keeps its newest events.
            last = session.query(event.sender_id).group_by(event.sender_id).having(sa.func.max(event.timestamp) < moment)
            count = last.count()
            if count:
                session.query(event).filter(event.sender_id.in_(last)).delete(synchronize_session=False)
            session.commit()
        return int(count)

    def _sweep(self, deleted: int) -> None:
        """Make SQLite's files forget what was deleted. secure_delete is not enough: when SQLite moves rows between pages,
        it leaves copies behind that only VACUUM removes; and until the log is folded in, it holds the old pages. Nobody can
        write meanwhile, so a large file is swept only once a day; a mark beside it outlasts a restart."""
        if not self.database.is_sqlite:
            return
        with self._sweeping:
            file = Path(str(self.engine.url.database))
            mark = file.with_name(f"{file.name}-unswept")
            if deleted and not mark.exists():
                mark.touch()
            if not mark.exists() or (file.stat().st_size > LARGE and time.time() - mark.stat().st_mtime < DAY):
                return
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("VACUUM"))
                if not connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar():
                    mark.unlink()


def _reply(event: dict[str, Any]) -> dict[str, Any]:
    """What a channel was given when the bot said this."""
    data = event.get("data") or {}
    return {"text": event.get("text"), "buttons": data.get("buttons"), "custom": data.get("custom")}


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


async def _answered(self: FailSafeTrackerStore, sender_id: str, message_id: str) -> Replies | None:
    replies: Replies | None = await self._tracker_store.answered(sender_id, message_id)
    return replies


def _tell(_: FailSafeTrackerStore, error: Exception) -> None:
    """Rasa would go on with an empty store in memory: the person would get an answer that nobody remembers."""
    raise error if isinstance(error, (StoreFailed, Overtaken)) else StoreFailed(type(error).__name__) from None


# Rasa always wraps the store, and the wrapper knows nothing of these. Errors go to the caller, who has to tell the person.
FailSafeTrackerStore.on_tracker_store_error = _tell
FailSafeTrackerStore.on_tracker_store_retrieve_error = _tell
FailSafeTrackerStore.answered = _answered
FailSafeTrackerStore.delete = _delete
FailSafeTrackerStore.forget_quiet_since = _forget_quiet_since
FailSafeTrackerStore.conversation = _conversation
