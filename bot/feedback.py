"""How often an answer was called helpful: counts by answer id, without a conversation, a time or a word.

The widget reports it to bot/channels/web.py. To see the counts: python -m bot.feedback
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from hypnic.settings import SettingError, Settings

FILE = "feedback.db"
TABLE = (
    "CREATE TABLE IF NOT EXISTS feedback "
    "(answer_id TEXT PRIMARY KEY, helpful INTEGER NOT NULL, not_helpful INTEGER NOT NULL)"
)
COUNT = (
    "INSERT INTO feedback VALUES (:id, :yes, :no) ON CONFLICT (answer_id) "
    "DO UPDATE SET helpful = helpful + :yes, not_helpful = not_helpful + :no"
)
BUSY = 5.0  # seconds to wait for another process that counts


class Feedback:
    """The counts in a SQLite file, one row an answer.

    Args:
        folder: where the file lies; it is made at the first count.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def count(self, answer_id: str, helpful: bool) -> None:
        """Add one. The caller checks that there is such an answer, which bounds the table.

        Raises:
            sqlite3.Error: the file cannot be written.
            OSError: the folder cannot be made.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.execute(TABLE)
            connection.execute(COUNT, {"id": answer_id, "yes": int(helpful), "no": int(not helpful)})

    def counts(self) -> list[tuple[str, int, int]]:
        """(answer id, helpful, not helpful) of every answer that has a count, the least helpful first.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        if not self.path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute("SELECT * FROM feedback ORDER BY not_helpful - helpful DESC, answer_id").fetchall()
        return [(str(answer_id), int(helpful), int(not_helpful)) for answer_id, helpful, not_helpful in rows]

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=BUSY)) as connection, connection:
            yield connection


def main() -> int:
    """Command line: print the counts as a table."""
    try:
        rows = Feedback(Settings.from_environment().var).counts()
    except (SettingError, sqlite3.Error) as error:
        print(f"The counts cannot be read: {error}", file=sys.stderr)
        return 1
    print("helpful  not helpful  answer")
    for answer_id, helpful, not_helpful in rows:
        print(f"{helpful:7}  {not_helpful:11}  {answer_id}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
