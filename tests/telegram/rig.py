"""The channel in a server of its own, over a Rasa that answers what a test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from double import TOKEN, Double

from bot.quiet import hush

hush()

from rasa.core.channels.channel import UserMessage
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Sanic

from bot.channels.telegram import TelegramChannel
from bot.stores import ConversationStore
from hypnic.settings import Settings
from tests.conftest import free_port

Message = dict[str, Any]
_NAMES = itertools.count()
CHAT: Message = {"kind": "chat"}


def done(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine, in a thread of its own: the browser tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def wait_until(true: Callable[[], Any], seconds: float = 8.0, why: str = "it did not happen") -> Any:
    """The first true value; fails after some seconds."""
    limit = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < limit, why() if callable(why) else why
        time.sleep(0.01)
    return found


class FakeRasa:
    """Stores turns as Rasa does and replies from a table; what is not in it is echoed.

    Args:
        folder: of the conversations.
    """

    def __init__(self, folder: Path) -> None:
        self._store_ = ConversationStore(domain=Domain.empty(), db=str(folder / "talks.db"))
        self.store = FailSafeTrackerStore(self._store_)
        self.replies: dict[str, list[Message]] = {}
        self.heard: list[tuple[str, str]] = []
        self.metadata: list[Any] = []
        self.before: Callable[[str], Awaitable[None]] | None = None

    def texts(self, chat: int) -> list[str]:
        """What was handled for a chat, in order."""
        return [text for sender, text in list(self.heard) if sender == f"telegram-{chat}"]

    async def handle(self, message: UserMessage) -> None:
        """One turn."""
        text = str(message.text)
        self.heard.append((message.sender_id, text))
        self.metadata.append(message.metadata)
        if self.before:
            await self.before(text)
        tracker = await self.store.retrieve(message.sender_id)
        if tracker is None:
            tracker = DialogueStateTracker(message.sender_id, slots=[])
            tracker.update(ActionExecuted("action_listen"))
        tracker.update(UserUttered(text, message_id=message.message_id))
        for reply in self.replies.get(text, [{"text": f"echo: {text}", "custom": CHAT}]):
            tracker.update(BotUttered(reply["text"], {"buttons": reply.get("buttons"), "custom": reply["custom"]}))
            await message.output_channel.send_response(message.sender_id, reply)
        tracker.update(ActionExecuted("action_listen"))
        await self.store.save(tracker)


class Rig:
    """A running channel.

    Args:
        telegram: the double.
        folder: for its files.
        rasa: what handles messages; made when left out.
        port: of the webhook; 0 for polling.
        options: further settings.
    """

    def __init__(self, telegram: Double, folder: Path, rasa: Any = None, port: int = 0, **options: Any) -> None:
        self.telegram, self.port = telegram, port
        self.rasa = rasa or FakeRasa(folder)
        hook = f"http://127.0.0.1:{port}/webhooks/telegram/webhook" if port else ""
        given = {"telegram_token": TOKEN, "telegram_webhook": hook, "telegram_api": telegram.url, "var": folder, "turn_seconds": 3.0}
        settings = Settings(**{**given, **options})  # type: ignore[arg-type]
        self.channel = TelegramChannel(settings, poll=2, pause=0.02, watch=0.2)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def start(self) -> Rig:
        """Serve; returns when the server is up."""
        self._do(self._up())
        return self

    def stop(self) -> None:
        """End in good order."""
        self._do(self._down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def crash(self) -> None:
        """Stop in the middle of whatever happens; nothing is cleaned up."""
        for loop in (self.channel.loop, self._loop):
            loop.call_soon_threadsafe(loop.stop)
        self._thread.join(5)

    def quiet(self, seconds: float = 10.0) -> None:
        """Wait until nothing is left to do."""
        wait_until(lambda: self.telegram.waiting == 0 and self.channel.desk and not self.channel.desk.busy, seconds, "it is still busy")
        time.sleep(0.05)

    def working(self) -> Rig:
        """Wait until the channel works."""
        wait_until(lambda: self.channel.state == "working", 30, lambda: self.channel.line)  # type: ignore[arg-type]
        return self

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _up(self) -> None:
        app = Sanic(f"telegram_rig_{next(_NAMES)}", configure_logging=False)
        app.ctx.agent = SimpleNamespace(tracker_store=getattr(self.rasa, "store", None))
        app.blueprint(self.channel.blueprint(self.rasa.handle), url_prefix="/webhooks/telegram")
        logging.getLogger("sanic.root").setLevel(logging.ERROR)
        server = await app.create_server("127.0.0.1", self.port or free_port(), access_log=False, return_asyncio_server=True)
        assert server
        Sanic.test_mode = True  # else Sanic rewrites its own methods, which works once in a process
        try:
            await server.startup()
        finally:
            Sanic.test_mode = False
        await server.before_start()
        await server.after_start()
        self._server = server
        self.address = server.server.sockets[0].getsockname()  # type: ignore[union-attr]

    async def _down(self) -> None:
        await self._server.before_stop()
        self._server.close()
        await self._server.wait_closed()
        await self._server.after_stop()


@contextlib.contextmanager
def serving(telegram: Double, folder: Path, **options: Any) -> Iterator[Rig]:
    """A channel that works."""
    rig = Rig(telegram, folder, **options).start()
    try:
        yield rig.working()
    finally:
        rig.stop()
