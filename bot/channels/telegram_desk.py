"""Where updates wait: those of one chat are handled one after another in Telegram's order, many chats side by side."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any

from bot.channels.telegram_inbox import Call, Inbox, Item
from bot.channels.telegram_sending import Sender
from bot.channels.telegram_text import CHOSEN
from bot.channels.telegram_updates import ANSWERS_CHECK, Event, number_of, read

logger = logging.getLogger(__name__)
AT_ONCE = 8  # turns; more would make each of them late
MOST_WAITING = 50  # messages of one chat
DOUBLE_TAP = 10.0  # seconds within which the same button counts once
NOTICE_EVERY = 60.0  # seconds between two words to the same chat that it was too much
REMEMBERED = 5000
FAR = 100  # numbers; a wider gap is no message on its way


class Gaps:
    """Numbers that are missing below the highest one, because parallel deliveries overtake each other.

    Args:
        seconds: how long a missing number is waited for; 0 waits for none.
        latest: the highest number known.
    """

    def __init__(self, seconds: float, latest: int | None) -> None:
        self._seconds, self._latest = seconds, latest
        self._missing: dict[int, float] = {}

    def note(self, number: int) -> None:
        """A number has arrived."""
        self._missing.pop(number, None)
        if self._latest is not None and number - self._latest in range(2, FAR):
            limit = time.monotonic() + self._seconds
            self._missing.update(dict.fromkeys(range(self._latest + 1, number), limit))
        self._latest = number if self._latest is None else max(self._latest, number)

    async def passed(self, number: int) -> None:
        """Wait until nothing is missing below a number, or was waited for long enough."""
        while self._seconds:
            now = time.monotonic()
            self._missing = {missing: limit for missing, limit in self._missing.items() if limit > now}
            if not any(missing < number for missing in self._missing):
                return
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Decide:
    """How answers are found.

    calls: gives those for an item. refused: those for an event that there is no time for, and whether to say so.
    urgent: whether an event tells of danger, so that it waits for nobody.
    """

    calls: Callable[[Item], Awaitable[list[Call]]]
    refused: Callable[[Event, bool], list[Call]]
    urgent: Callable[[Event], bool]


class Desk:
    """Takes updates and sees to it that each is answered once.

    Args:
        inbox, decide, sender: what keeps, decides and delivers.
        gap: seconds to wait for an update that was overtaken.
        chosen_already: what is shown for a button that was pressed before.
    """

    def __init__(self, inbox: Inbox, decide: Decide, sender: Sender, gap: float, chosen_already: str) -> None:
        self._inbox, self._decide, self._sender = inbox, decide, sender
        self._chosen_already = chosen_already
        self._gaps = Gaps(gap, inbox.latest())
        self._room = asyncio.Semaphore(AT_ONCE)
        self._queues: dict[int, list[tuple[int, Item]]] = {}  # one for each chat that is being worked on
        self._tasks: set[asyncio.Task[None]] = set()
        self._pressed: OrderedDict[tuple[int, int], tuple[str, float]] = OrderedDict()
        self._edited: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._told: OrderedDict[int, float] = OrderedDict()

    def resume(self) -> None:
        """Go on with what a restart left over."""
        for item in self._inbox.waiting():
            self._enqueue(item)

    def accept(self, updates: Iterable[Any]) -> None:
        """Keep updates on disk and have them handled.

        Args:
            updates: as Telegram sends them; malformed ones are passed over.

        Raises:
            sqlite3.Error: they could not be kept, and none of them was taken.
        """
        found = [(number, read(update)) for update in updates if (number := number_of(update)) is not None]
        new = self._inbox.add(found)
        for number, _ in found:
            self._gaps.note(number)
        for item in new:
            already = item.event.kind == "button" and self._already(item.event)
            if item.event.query:  # at once, since Telegram soon forgets queries
                text = self._chosen_already if already else None
                self._sender.aside("answerCallbackQuery", callback_query_id=item.event.query, text=text)
            if already or item.event.kind == "none" or self._changed_in_time(item):
                self._inbox.finish(item)
            else:
                self._enqueue(item)

    @property
    def busy(self) -> bool:
        """Whether anything is waiting or under way."""
        return bool(self._tasks)

    async def close(self) -> None:
        """Stop; what is not finished goes on after the next start."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=3)

    def _enqueue(self, item: Item) -> None:
        chat = item.event.chat
        idle = chat not in self._queues
        waiting = self._queues.setdefault(chat, [])
        if len(waiting) >= MOST_WAITING and item.calls is None and not item.again:
            also_say = time.monotonic() - self._told.get(chat, -NOTICE_EVERY) >= NOTICE_EVERY
            item.calls = self._decide.refused(item.event, also_say)
            _remember(self._told, chat, time.monotonic())
            self._spawn(self._finish(item))
            return
        heapq.heappush(waiting, (item.number, item))
        if idle:
            self._spawn(self._work(chat))

    async def _work(self, chat: int) -> None:
        queue = self._queues[chat]
        try:
            while queue:
                await self._gaps.passed(queue[0][0])
                await self._handle(heapq.heappop(queue)[1])
        finally:
            del self._queues[chat]

    async def _handle(self, item: Item) -> None:
        event = item.event
        if event.edited:
            _remember(self._edited, (event.chat, event.message), None)
        elif (event.chat, event.message) in self._edited and event.kind == "text":
            item.calls = []  # its new wording came first and was answered
        if item.calls is None:
            async with self._sender.typing(event.chat):
                item.calls = await self._decided(item)
        await self._finish(item)

    async def _decided(self, item: Item) -> list[Call]:
        if self._room.locked() and self._decide.urgent(item.event):
            return await self._decide.calls(item)
        async with self._room:
            return await self._decide.calls(item)

    async def _finish(self, item: Item) -> None:
        with _logged():
            self._inbox.decided(item)
        await self._sender.deliver(item)
        with _logged():
            self._inbox.finish(item)

    def _changed_in_time(self, item: Item) -> bool:
        """Whether an edited message still waits for its turn; then it is handled once, with the new words."""
        event = item.event
        if not event.edited:
            return False
        for _, other in self._queues.get(event.chat, []):
            if other.event.message == event.message and other.event.kind == "text" and other.calls is None:
                other.event = replace(other.event, text=event.text, id=event.id if other.event.edited else other.event.id)
                with _logged():
                    self._inbox.rewritten(other)
                return True
        return False

    def _already(self, event: Event) -> bool:
        """Whether this press says nothing new: an answer of the check that is marked, or a second tap."""
        key, now = (event.chat, event.message), time.monotonic()
        payload, moment = self._pressed.get(key, ("", 0.0))
        again = payload == event.payload and now - moment < DOUBLE_TAP
        if event.payload.startswith(ANSWERS_CHECK) and not again:
            again = payload == event.payload if payload else _is_marked(event)
        if not again:
            _remember(self._pressed, key, (event.payload, now))
        return again

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_safe(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_marked(event: Event) -> bool:
    rows = event.keyboard if isinstance(event.keyboard, list) else []
    cells = [cell for row in rows if isinstance(row, list) for cell in row if isinstance(cell, dict)]
    return any(cell.get("callback_data") == event.payload and str(cell.get("text")).startswith(CHOSEN) for cell in cells)


def _remember(known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    known.pop(key, None)
    known[key] = value
    while len(known) > REMEMBERED:
        known.popitem(last=False)


class _logged(contextlib.AbstractContextManager[None]):
    """A failing disk keeps nobody from getting an answer."""

    def __exit__(self, kind: Any, error: Any, _: Any) -> bool:
        if isinstance(error, sqlite3.Error):
            logger.error("The inbox of Telegram failed: %s", type(error).__name__)
            return True
        return False


async def _safe(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:
        logger.error("Work for Telegram failed: %s", type(error).__name__)
