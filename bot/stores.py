"""Where conversations are kept: Rasa's SQL store, made fast on SQLite, and able to forget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore

from hypnic.settings import Settings

HEALTH = "health-"  # how the senders of health checks begin


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

    async def save(self, tracker: Any) -> None:
        """Store the new events. The question of the health check is read through the store but never written: SQLite may
        keep copies of deleted keys in the pages of its index."""
        if not tracker.sender_id.startswith(HEALTH):
            await super().save(tracker)

    async def delete(self, sender_id: str) -> int:
        """Delete everything about one conversation. Returns the number of events deleted."""
        with self.session_scope() as session:
            deleted = session.query(self.SQLEvent).filter(self.SQLEvent.sender_id == sender_id).delete()
            session.commit()
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:  # until the log is folded in, the file still holds what was deleted
                connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        return int(deleted)


def _tune(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    # WAL with NORMAL survives a crash of the process; secure_delete overwrites what is forgotten.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def _delete(self: FailSafeTrackerStore, sender_id: str) -> int:
    return int(await self._tracker_store.delete(sender_id))


# Rasa always wraps the store, and the wrapper knows nothing of deletion.
FailSafeTrackerStore.delete = _delete
