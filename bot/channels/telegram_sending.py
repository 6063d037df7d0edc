"""How replies reach Telegram: in order, again when it helps, once each, and "typing" never after the answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from bot.channels.telegram_api import BotApi, TelegramError, Upload
from bot.channels.telegram_inbox import Inbox, Item
from bot.channels.telegram_messages import Call, bare, plain_call

logger = logging.getLogger(__name__)
TYPING_AFTER, TYPING_EVERY, TYPING_SECONDS = 0.4, 4.5, 3.0  # Telegram shows "typing" for five seconds
GIVE_UP = 3600.0  # an answer that is later than this helps nobody
REFUSED_PAUSE = 30.0

File = Callable[[str, str], Awaitable[Upload | None]]


class Sender:
    """Delivers replies.

    Args:
        api: the Bot API.
        inbox: remembers what is through.
        file: makes a file by its form and conversation, None when it cannot.
        give_up: seconds after which a reply is dropped.
    """

    def __init__(self, api: BotApi, inbox: Inbox, file: File, give_up: float = GIVE_UP) -> None:
        self._api, self._inbox, self._file, self._give_up = api, inbox, file, give_up
        self._asides: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def typing(self, chat: int) -> AsyncIterator[None]:
        """Show "typing" while something takes long."""
        stop = asyncio.Event()
        shown = asyncio.get_running_loop().create_task(self._typing(chat, stop))
        try:
            yield
        finally:
            stop.set()
            await shown  # one that is under way has to land before the answer, or it would outlast it

    async def deliver(self, item: Item) -> None:
        """Send what is left of an item's calls. Whatever Telegram refuses for good is logged without its text."""
        calls = item.calls or []
        while item.sent < len(calls):
            if not await self._sent(calls[item.sent], item.event.sender):
                return
            item.sent += 1
            if item.sent < len(calls):
                with contextlib.suppress(sqlite3.Error):  # at worst one message comes twice after a crash
                    self._inbox.sent(item)

    def aside(self, method: str, **values: Any) -> None:
        """Make a call that may fail, and wait for nothing."""
        task = asyncio.get_running_loop().create_task(self._try(method, values))
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def close(self) -> None:
        """Give the calls made aside a moment."""
        if self._asides:
            await asyncio.wait(list(self._asides), timeout=1)
        for task in list(self._asides):
            task.cancel()

    async def _sent(self, call: Call, sender: str) -> bool:
        """Whether the chat still takes messages."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._give_up
        while True:
            try:
                await self._once(call, sender, give_up)
                return True
            except TelegramError as error:
                if error.code in (401, 404) and loop.time() + REFUSED_PAUSE < give_up:
                    await asyncio.sleep(REFUSED_PAUSE)  # the token is refused; the channel says so, the answer waits
                    continue
                if error.code == 403:
                    logger.info("A chat takes no messages any more")
                    return False
                logger.error("Telegram did not take a reply (%s): %s", call["method"], error.code or error.description)
                return False

    async def _once(self, call: Call, sender: str, give_up: float) -> None:
        values = {name: value for name, value in call.items() if name not in ("method", "file", "text")}
        if "file" in call:
            file = await self._file(call["file"], sender)
            try:
                if file is not None:
                    await self._api.insist(call["method"], give_up, document=file, **values)
                    return
            except TelegramError as error:
                if error.code not in (400, 413):
                    raise
            for part in plain_call(call["chat_id"], call["text"]):
                await self._api.insist(part.pop("method"), give_up, **part)
            return
        if "text" in call:
            values["text"] = call["text"]
        try:
            await self._api.insist(call["method"], give_up, **values)
        except TelegramError as error:
            if error.code != 400 or call["method"] != "sendMessage" or "chat not found" in error.description:
                raise
            logger.error("Telegram refused the form of a reply; its words are sent alone")
            plain = bare(call)
            await self._api.insist(plain.pop("method"), give_up, **plain)

    async def _typing(self, chat: int, stop: asyncio.Event) -> None:
        pause = TYPING_AFTER  # a quick answer needs none
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            if stop.is_set():
                return
            await self._try("sendChatAction", {"chat_id": chat, "action": "typing", "seconds": TYPING_SECONDS})
            pause = TYPING_EVERY

    async def _try(self, method: str, values: dict[str, Any]) -> None:
        with contextlib.suppress(TelegramError):
            await self._api.call(method, **values)
