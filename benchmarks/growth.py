"""What a message costs as a conversation gets longer, and as more conversations are stored.

Starts the chat server and the action server on a store of its own, which it fills with copies of a real conversation, and
measures full turns over HTTP: with conversations of 10, 100 and 1,000 turns, read in part (as it is) and whole (as Rasa
would), and with 100,000 stored conversations. Writes its part of docs/benchmarks.md.

Usage: python -m benchmarks.growth [stored conversations] [PAGE]
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.bots import Running, own_model
from benchmarks.figures import PAGE, machine, say, write_section
from benchmarks.reporting import table
from benchmarks.running import free_port
from benchmarks.talk import new_sender

LENGTHS = (10, 100, 1000)
STORED = 100_000
TURNS = 20
WARM_UP = 3
TALK = (
    "what is a hypnic jerk", "is that dangerous", "does coffee make it worse", "thanks", "my legs kick at night", "why",
    "what can i do about it", "how common is restless legs", "what about children", "is it true that cheese gives you cramps",
)
WHOLE = "from bot import window; window.WHOLE = 10**9; from bot.server import main; main({!r})"


@contextmanager
def servers(var: Path, whole: bool = False) -> Iterator[Running]:
    """Both servers on this folder, ready."""
    port, action_port = free_port(), free_port()
    model = str(own_model())
    chat = ["-c", WHOLE.format(model)] if whole else ["-m", "bot.server", model]
    commands = [[sys.executable, "-m", "bot.action_server"], [sys.executable, *chat]]
    folder: dict[str, Any] = {"HYPNIC_VAR": var, "HYPNIC_RETENTION_DAYS": 0}
    with Running(commands, port, PORT=port, HYPNIC_ACTION_PORT=action_port, **folder) as running:
        running.wait(lambda: running.say(new_sender(), TALK[0]))
        yield running


def lengthened(var: Path, source: str, turns: int) -> str:
    """A new conversation that consists of copies of another's turns."""
    target = new_sender()
    with closing(sqlite3.connect(var / "conversations.db", timeout=60)) as store, store:
        columns = "type_name, timestamp, intent_name, action_name, data"
        rows = store.execute(f"select {columns} from events where sender_id = ? order by id", (source,)).fetchall()
        first = next(number for number, row in enumerate(rows) if row[0] == "user" and '"text": null' not in row[4])
        head, body = rows[:first], rows[first:]
        copies = head + body * (turns // len(TALK))
        insert = f"insert into events (sender_id, {columns}) values (?,?,?,?,?,?)"
        store.executemany(insert, ((target, *row) for row in copies))
    return target


def fill(var: Path, source: str, count: int) -> None:
    """Store so many more conversations: copies of the first turns of another."""
    numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < :count)"
    name = "'web-' || lower(hex(randomblob(16)))"
    with closing(sqlite3.connect(var / "conversations.db", timeout=60)) as store, store:
        store.execute("create temp table names as " + f"{numbers} select {name} as name from n", {"count": count})
        store.execute(
            "insert into events (sender_id, type_name, timestamp, intent_name, action_name, data) "
            "select name, type_name, timestamp, intent_name, action_name, data from names, "
            "(select * from events where sender_id = :source order by id limit 16)",
            {"source": source},
        )


def timed(running: Running, who: str | None = None) -> float:
    """The median of some turns, in milliseconds: of one conversation, or each of a new one."""
    times = []
    for number in range(WARM_UP + TURNS):
        begun = time.perf_counter()
        running.say(who or new_sender(), TALK[number % len(TALK)])
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times[WARM_UP:])


def main(arguments: list[str]) -> int:
    """Measure and write."""
    stored = int(arguments[0]) if arguments else STORED
    page = Path(arguments[1]) if len(arguments) > 1 else PAGE
    before = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        rows: list[tuple[str, list[float]]] = []
        source = new_sender()
        with servers(var) as running:
            for text in TALK:
                running.say(source, text)
            rows.append(("in part (bot/window.py)", [timed(running, lengthened(var, source, turns)) for turns in LENGTHS]))
            say(f"in part: {rows[-1][1]}")
        with servers(var, whole=True) as running:
            rows.append(("whole", [timed(running, lengthened(var, source, turns)) for turns in LENGTHS]))
            say(f"whole: {rows[-1][1]}")
        with servers(var) as running:
            few = timed(running)
            fill(var, source, stored)
            size = (var / "conversations.db").stat().st_size / 1e6
            many = timed(running)
            say(f"few {few:.0f} ms, many {many:.0f} ms")
            leaving = new_sender()
            running.say(leaving, TALK[0])
            begun = time.perf_counter()
            base = running.url.rsplit("/", 1)[0]
            request = urllib.request.Request(f"{base}/conversation/{leaving}", method="DELETE")
            with urllib.request.urlopen(request, timeout=120):
                deleted = time.perf_counter() - begun
    lines = [
        f"`python -m benchmarks.growth` on {time.strftime('%Y-%m-%d')}; {machine(before)}.",
        f"Medians of {TURNS} full turns over HTTP.",
        '"Whole" is what Rasa does: every event of the session is read, sent to the action server and gone through by the '
        "policies at every turn.",
        "",
        *table(
            ["median of a turn, ms", *(f"{turns:,} turns" for turns in LENGTHS)],
            ([f"conversation read {name}", *(f"{value:.0f}" for value in values)] for name, values in rows),
        ),
        *table(
            ["stored conversations", "median of a turn, ms", "deletion of one, s", "file, MB"],
            [["few", f"{few:.0f}", "", ""], [f"{stored:,}", f"{many:.0f}", f"{deleted:.1f}", f"{size:.0f}"]],
        ),
    ]
    write_section("growth", lines, page)
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
