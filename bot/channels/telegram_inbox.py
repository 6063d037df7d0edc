"""What came in from Telegram and is not answered yet, on disk, so that a restart neither loses nor doubles anything.

A message stands here until its last reply is sent; then only the number of its update stays, without chat and text.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.channels.telegram_updates import Event

DAY = 86400.0
KNOWN_DAYS = 3  # Telegram repeats an update for a day at most
FILE = "telegram.db"

Call = dict[str, Any]


@dataclass
class Item:
    """One update under way.

    calls: what is sent to Telegram as the reply, None until that is decided. sent: how many of these are through.
    again: whether it was begun before a restart.
    """

    number: int
    event: Event
    calls: list[Call] | None = None
    sent: int = 0
    again: bool = False
    done: bool = field(default=False, compare=False)


class Inbox:
    """The table of updates.

    Args:
        path: of the SQLite file; made when missing.

    Raises:
        sqlite3.Error: the file cannot be used. All methods raise it, too.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None, timeout=5)
        # As the store of conversations: WAL survives a crash of the process, secure_delete overwrites what is forgotten.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS updates (number INTEGER PRIMARY KEY, received REAL NOT NULL,"
            " event TEXT, calls TEXT, sent INTEGER NOT NULL DEFAULT 0)"
        )
        path.chmod(0o600)

    def add(self, updates: Iterable[tuple[int, Event | None]]) -> list[Item]:
        """Keep updates, all or none.

        Args:
            updates: numbers with what they tell; None for those that need nothing.

        Returns: the ones that were not known and need something.
        """
        new = []
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for number, event in updates:
                row = (number, time.time(), event.to_json() if event else None)
                added = self._db.execute("INSERT OR IGNORE INTO updates (number, received, event) VALUES (?, ?, ?)", row)
                if added.rowcount and event:
                    new.append(Item(number, event))
        return new

    def waiting(self) -> list[Item]:
        """Everything that is not finished, in the order of the numbers."""
        rows = self._run("SELECT number, event, calls, sent FROM updates WHERE event IS NOT NULL ORDER BY number")
        return [
            Item(number, Event.from_json(event), json.loads(calls) if calls else None, sent, again=True)
            for number, event, calls, sent in rows
        ]

    def latest(self) -> int | None:
        """The highest number known."""
        ((number,),) = self._run("SELECT max(number) FROM updates")
        return None if number is None else int(number)

    def rewritten(self, item: Item) -> None:
        """Keep what the item tells now."""
        self._run("UPDATE updates SET event = ? WHERE number = ?", item.event.to_json(), item.number)

    def decided(self, item: Item) -> None:
        """Keep the item's calls."""
        self._run("UPDATE updates SET calls = ? WHERE number = ?", json.dumps(item.calls), item.number)

    def sent(self, item: Item) -> None:
        """Keep how many of the calls are through."""
        self._run("UPDATE updates SET sent = ? WHERE number = ?", item.sent, item.number)

    def finish(self, item: Item) -> None:
        """Forget everything but the number."""
        item.done = True
        self._run("UPDATE updates SET event = NULL, calls = NULL, sent = 0 WHERE number = ?", item.number)

    def prune(self, now: float | None = None) -> int:
        """Forget the numbers that Telegram repeats no longer, and what was undeliverable for as long; gives their count."""
        moment = (time.time() if now is None else now) - KNOWN_DAYS * DAY
        with self._lock:
            return int(self._db.execute("DELETE FROM updates WHERE received < ?", (moment,)).rowcount)

    def sweep(self) -> None:
        """Make the files forget what was overwritten or deleted: SQLite leaves copies in its log and in moved pages."""
        with self._lock:
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _run(self, statement: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()
