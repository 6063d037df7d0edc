"""Saved turns a second: the store of Hypnic beside Rasa's own SQL store, both on a SQLite file, in one run.

A turn reads the conversation and saves the events of one more, as Rasa does for every message; the events are those of real
messages, parsed by the trained model and answered by the dialogue. Conversations of ten turns, one at a time and several at
once, in both orders. Writes its part of docs/benchmarks.md.

Usage: python -m benchmarks.stores [--seconds 4] [--page FILE]
"""

from __future__ import annotations

from bot.quiet import hush

hush()

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered

from benchmarks.bots import own_model
from benchmarks.figures import PAGE, WORK, Times, machine, number, ratio, say, timed, write_section
from benchmarks.reporting import table
from benchmarks.talk import messages, new_sender
from bot import logs
from bot.assistant import Assistant
from bot.stores import ConversationStore
from hypnic.yamlfile import ROOT

TURNS = 10  # of a conversation
AT_ONCE = (1, 4, 16)
WARM_UP = 1.0
Turn = list[Event]
Saved = tuple[Times, float]  # milliseconds of each turn, and the seconds they were counted in
STOCK, OURS, FULL = "Rasa's SQLTrackerStore", "ConversationStore", "ConversationStore, synchronous=FULL"


def turns() -> list[Turn]:
    """The events of real turns: a message with its parse, the action, the slots it sets, its reply, and listening again."""
    assistant, made = Assistant(own_model()), []
    for _, text in zip(range(TURNS), messages("stores")):
        heard = assistant.hear(text)
        replies = [reply for reply in assistant.answer(heard).replies if reply.text]
        slots = [SlotSet("topic", heard.understood.intent), SlotSet("aspect", None), SlotSet("answer_id", text)]
        said = [BotUttered(reply.text, {"custom": reply.custom}) for reply in replies]
        parse = {name: value for name, value in heard.parse.items() if name != "text"}
        asked = UserUttered(text, parse["intent"], parse["entities"], parse, input_channel="web", message_id=uuid.uuid4().hex)
        made.append([asked, ActionExecuted("action_answer"), *said, *slots, ActionExecuted("action_listen")])
    return made


def stock(domain: Domain, folder: Path) -> TrackerStore:
    """Rasa's store on a file of its own."""
    return SQLTrackerStore(domain, dialect="sqlite", db=str(folder / "stock.db"))


def ours(domain: Domain, folder: Path) -> TrackerStore:
    """The store of Hypnic on a file of its own."""
    return ConversationStore(domain, dialect="sqlite", db=str(folder / "ours.db"))


def full(domain: Domain, folder: Path) -> TrackerStore:
    """The store of Hypnic, told to wait for the disk at every turn, as Rasa's store does."""
    store = ConversationStore(domain, dialect="sqlite", db=str(folder / "full.db"))
    sa.event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=FULL"))
    store.engine.dispose()  # the connections so far do not wait
    return store


async def saved(store: TrackerStore, kept: Sequence[Turn], people: int, seconds: float) -> Saved:
    """So many conversations at once for so many seconds after a warm-up. Raises AssertionError when a turn was lost."""
    begun, times, numbers = time.perf_counter() + WARM_UP, [], count()

    async def talk() -> None:
        while time.perf_counter() < begun + seconds:
            sender = new_sender()
            for events in kept:
                started = time.perf_counter()
                tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
                for event in map(copy, events):
                    event.timestamp = time.time() + next(numbers) * 1e-6
                    tracker.update(event)
                await store.save(tracker)
                if begun <= started and time.perf_counter() < begun + seconds:
                    times.append(timed(started))
            again = await store.retrieve(sender)
            assert again is not None and sum(isinstance(event, UserUttered) for event in again.events) == len(kept)

    await asyncio.gather(*(talk() for _ in range(people)))
    return Times(tuple(times)), seconds


@contextmanager
def quiet_folder() -> Iterator[Path]:
    """A folder on the disk of the project: a temporary one may lie in memory, where a write costs nothing."""
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        yield Path(folder)


def measured(kept: Sequence[Turn], seconds: float) -> dict[tuple[str, int], list[Saved]]:
    """What each store saved with so many conversations at once, in the first and in the second order."""
    domain = Domain.load(str(ROOT / "domain.yml"))
    makers: dict[str, Callable[[Domain, Path], TrackerStore]] = {STOCK: stock, OURS: ours, FULL: full}
    found: dict[tuple[str, int], list[Saved]] = {}
    for names in (tuple(makers), tuple(reversed(makers))):
        for name in names:
            with quiet_folder() as folder:
                store = makers[name](domain, folder)
                for people in AT_ONCE:
                    one = asyncio.run(saved(store, kept, people, seconds))
                    found.setdefault((name, people), []).append(one)
                    say(f"{name}, {people} at once: {len(one[0].values) / one[1]:.0f} turns/s")
                store.engine.dispose()  # type: ignore[attr-defined]
    return found


def report(found: dict[tuple[str, int], list[Saved]], kept: Sequence[Turn], before: Sequence[float]) -> list[str]:
    """The lines of the page."""
    rates = {key: sum(len(times.values) / seconds for times, seconds in runs) / len(runs) for key, runs in found.items()}
    rows = []
    for (name, people), runs in found.items():
        times = sum((times for times, _ in runs), Times(()))
        either = " / ".join(f"{len(one.values) / seconds:.0f}" for one, seconds in runs)
        rate = rates[name, people]
        quantiles = [number(value, 1) if people == 1 else "" for value in times.quantiles]
        rows.append([name, people, f"{rate:.0f} ({either})", ratio(rate, rates[STOCK, people]), *quantiles])
    events = sum(map(len, kept)) / len(kept)
    return [
        f"`python -m benchmarks.stores` on {time.strftime('%Y-%m-%d')}; {machine(before)}.",
        f"Conversations of {len(kept)} turns of {events:.0f} events; a turn reads the conversation and saves the new "
        "events; every conversation is read again at its end, and nothing was lost.",
        "Each store was measured in both orders, on a file of its own on the disk of the project.",
        "Times of a turn are told for one conversation at a time: Rasa's store holds up all others while it works, which "
        "their own times would not show; Hypnic's works in a thread, and the others wait inside their turns.",
        "Rasa's store waits for the disk at every turn. Hypnic's writes ahead (WAL, synchronous=NORMAL): what was "
        "answered survives the end of a process, but the last turns may be lost when the power fails; with FULL it waits too.",
        "",
        *table(["store", "at once", "turns/s (in either order)", "by Rasa's", "p50, ms", "p95, ms", "p99, ms"], rows),
    ]


def main(arguments: Sequence[str]) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stores")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each store, number of conversations and order")
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args(arguments)
    logs.configure(logging.ERROR)
    before, kept = os.getloadavg(), turns()
    lines = report(measured(kept, given.seconds), kept, before)
    write_section("stores", lines, given.page)
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
