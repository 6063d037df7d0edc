"""What a message costs as a conversation gets longer, and as more conversations are stored.

Starts the chat server and the action server on a store of its own, which it fills with copies of a real conversation, and
measures full turns over HTTP: with conversations of 10, 100 and 1,000 turns, read in part (as it is) and whole (as Rasa
would), and with 100,000 stored conversations. Prints the tables that docs/benchmarks.md quotes.

Usage: python -m benchmarks.growth [stored conversations]
"""

from __future__ import annotations

import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.compare import Running
from bot.quiet import ENVIRONMENT
from bot.shell import free_port
from bot.train import trained_model
from hypnic.yamlfile import ROOT

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
    env = {**os.environ, **ENVIRONMENT, "PORT": str(port), "HYPNIC_ACTION_PORT": str(action_port), "HYPNIC_VAR": str(var)}
    env["HYPNIC_RETENTION_DAYS"] = "0"
    model = str(trained_model())
    chat = ["-c", WHOLE.format(model)] if whole else ["-m", "bot.server", model]
    commands = [[sys.executable, "-m", "bot.action_server"], [sys.executable, *chat]]

    def body(sender: str, text: str) -> dict[str, str]:
        return {"sender": sender, "message": text, "id": uuid.uuid4().hex}

    running = Running(commands, env, f"http://127.0.0.1:{port}/webhooks/web/webhook", body)
    try:
        with (var / "servers.log").open("ab") as log:
            for command in commands:
                running.processes.append(
                    subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
                )
        _wait(running)
        yield running
    finally:
        for process in running.processes:
            process.send_signal(signal.SIGTERM)
        for process in running.processes:
            process.wait(30)


def _wait(running: Running) -> None:
    limit = time.monotonic() + 180
    while True:
        try:
            running.say(sender(), TALK[0])
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > limit:
                raise
            time.sleep(0.5)


def sender() -> str:
    """A new conversation."""
    return f"web-{uuid.uuid4()}"


def lengthened(var: Path, source: str, turns: int) -> str:
    """A new conversation that consists of copies of another's turns."""
    target = sender()
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
        running.say(who or sender(), TALK[number % len(TALK)])
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times[WARM_UP:])


def main(arguments: list[str]) -> int:
    """Measure and print."""
    stored = int(arguments[0]) if arguments else STORED
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        rows: dict[str, list[float]] = {}
        source = sender()
        with servers(var) as running:
            for text in TALK:
                running.say(source, text)
            rows["in part"] = [timed(running, lengthened(var, source, turns)) for turns in LENGTHS]
        with servers(var, whole=True) as running:
            rows["whole"] = [timed(running, lengthened(var, source, turns)) for turns in LENGTHS]
        print("| median of a turn, ms | " + " | ".join(f"{turns:,} turns" for turns in LENGTHS) + " |\n|---|---|---|---|")
        for name, values in rows.items():
            print(f"| conversation read {name} | " + " | ".join(f"{value:.0f}" for value in values) + " |", flush=True)
        with servers(var) as running:
            few = timed(running)
            begun = time.perf_counter()
            fill(var, source, stored)
            filled, size = time.perf_counter() - begun, (var / "conversations.db").stat().st_size / 1e6
            many = timed(running)
            leaving = sender()
            running.say(leaving, TALK[0])
            begun = time.perf_counter()
            base = running.url.rsplit("/", 1)[0]
            request = urllib.request.Request(f"{base}/conversation/{leaving}", method="DELETE")
            with urllib.request.urlopen(request, timeout=120):
                deleted = time.perf_counter() - begun
        print("\n| stored conversations | median of a turn, ms | deletion of one, s | file, MB |\n|---|---|---|---|")
        print(f"| few | {few:.0f} | | |\n| {stored:,} | {many:.0f} | {deleted:.1f} | {size:.0f} |")
        print(f"\nFilled in {filled:.0f} s; load average {', '.join(f'{x:.1f}' for x in os.getloadavg())}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
