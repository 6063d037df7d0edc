"""The Telegram channel: asks Telegram for messages, or is called by it, and keeps trying when that does not work.

Nothing that happens here keeps the other channels from serving. All talk with Telegram runs in a thread with an event loop of
its own, because a turn keeps Rasa's loop busy: "typing", pressed buttons and the word that an answer has arrived cannot wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import sqlite3
import threading
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels import parts
from bot.channels.telegram_answers import Answers
from bot.channels.telegram_api import BotApi, TelegramError, well_formed
from bot.channels.telegram_desk import Decide, Desk
from bot.channels.telegram_inbox import FILE, Inbox
from bot.channels.telegram_messages import Telegrams
from bot.channels.telegram_sending import Sender
from bot.channels.telegram_updates import ASKED_FOR, number_of
from bot.channels.turns import Handle, Turns
from hypnic.settings import Settings

logger = logging.getLogger(__name__)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
POLL_SECONDS, POLL_MARGIN = 30, 10.0
WATCH_SECONDS = 60.0  # between two looks at the webhook
MOST_PAUSES = 60  # how many times as long as the first pause the later ones may be
GAP_SECONDS = 0.5
CONNECTIONS = 20
CLEAN_SECONDS = 3600.0
OFF, WORKING = "off", "working"
UNSET = "Telegram is off, because TELEGRAM_BOT_TOKEN is not set."
STOP_SECONDS = 5.0
T = TypeVar("T")


class TelegramChannel(InputChannel):
    """Serves one bot.

    Args:
        settings: token, webhook and folder.
        poll: seconds that a request for messages may stay open.
        pause: seconds before a second attempt at what failed; each further pause is twice as long, up to sixty times.
        watch: seconds between two looks at the webhook.
    """

    def __init__(
        self, settings: Settings, poll: int = POLL_SECONDS, pause: float = 1.0, watch: float = WATCH_SECONDS
    ) -> None:
        self.settings, self._poll, self._pause, self._watch = settings, poll, pause, watch
        self.state, self.line = ("starting", "") if settings.telegram_token else (OFF, UNSET)
        self._secret = settings.telegram_secret or hashlib.sha256(f"webhook:{settings.telegram_token}".encode()).hexdigest()
        self._api = BotApi(settings.telegram_token, settings.telegram_api, pause)
        self._tasks: list[asyncio.Task[None]] = []
        self._main: asyncio.AbstractEventLoop | None = None
        self.loop = asyncio.new_event_loop()
        self._inbox: Inbox | None = None
        self.desk: Desk | None = None
        self._sender: Sender | None = None

    @classmethod
    def name(cls) -> str:
        return "telegram"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> TelegramChannel:
        given = credentials or {}
        return cls(Settings.from_environment(), poll=int(given.get("poll_seconds", POLL_SECONDS)))

    def blueprint(self, on_new_message: Handle) -> Blueprint:
        """The routes of the channel, and what runs beside them."""
        routes = Blueprint("telegram_channel", __name__)

        @routes.get("/health")
        async def health(_: Request) -> HTTPResponse:
            status = 200 if self.state in (OFF, WORKING) else 503
            return response.json({"status": self.state, "line": self.line}, status, headers={"Cache-Control": "no-store"})

        if self.settings.telegram_token and self.settings.telegram_webhook:

            @routes.post("/webhook")
            async def webhook(request: Request) -> HTTPResponse:
                return await self.called(request.headers.get(SECRET_HEADER, ""), request.body)

        @routes.listener("after_server_start")
        async def start(app: Any, _: Any) -> None:
            self.start(app, on_new_message)

        @routes.listener("before_server_stop")
        async def stop(_: Any, __: Any) -> None:
            await self.stop()

        return routes

    def start(self, app: Any, on_new_message: Handle) -> None:
        """Begin; returns at once.

        Args:
            app: the server with the agent, whose loop is running.
            on_new_message: Rasa's handler of messages.
        """
        if not self.settings.telegram_token:
            logger.warning(self.line)
        elif not well_formed(self.settings.telegram_token):
            self._say("refused", "Telegram is off: TELEGRAM_BOT_TOKEN does not look like a token of @BotFather.")
        else:
            self._main = asyncio.get_running_loop()
            threading.Thread(target=self._live, name="telegram", daemon=True).start()
            for work in (self._run(app, on_new_message), self._keep_clean()):
                self.loop.call_soon_threadsafe(self._begin, work)

    async def stop(self) -> None:
        """End everything; what is not answered yet goes on after the next start."""
        if self._main is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(_over(self.loop, self._end()), STOP_SECONDS)
            self.loop.call_soon_threadsafe(self.loop.stop)

    def _live(self) -> None:
        try:
            self.loop.run_forever()
        finally:
            self.loop.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(self.loop.create_task(work))

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.desk and self._sender and self._inbox:
            await self.desk.close()
            await self._sender.close()
            self._inbox.close()
        self.desk = None
        await self._api.close()

    async def called(self, secret: str, body: bytes) -> HTTPResponse:
        """What the webhook answers: 403 without the secret, 503 when an update cannot be kept, so that it is sent again."""
        if not hmac.compare_digest(secret.encode(errors="replace"), self._secret.encode()):
            return response.json({"error": "forbidden"}, 403)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            return response.json({"error": "bad_json"}, 400)
        if self.desk is None:
            return response.json({"error": "starting"}, 503)
        try:
            await _over(self.loop, self._accept(update))
        except sqlite3.Error as error:
            self._say("failed", f"Telegram: messages cannot be kept in {FILE} ({type(error).__name__}).")
            return response.json({"error": "not_kept"}, 503)
        return response.json({})

    async def _accept(self, update: Any) -> None:
        assert self.desk is not None
        self.desk.accept([update])

    async def _run(self, app: Any, on_new_message: Handle) -> None:
        self._wait = self._pause
        while True:
            asked = 0.0
            try:
                if self.desk is None:
                    self._open(app, on_new_message)
                await (self._serve_webhook() if self.settings.telegram_webhook else self._serve_polling())
            except TelegramError as error:
                asked = error.retry_after
                self._say(*_told(error, bool(self.settings.telegram_webhook)))
            except sqlite3.Error as error:
                self._say("failed", f"Telegram: messages cannot be kept in {FILE} ({type(error).__name__}); trying again.")
            except Exception as error:
                self._say("failed", f"Telegram: something went wrong ({type(error).__name__}); trying again.")
            await asyncio.sleep(max(self._wait, asked))
            self._wait = min(self._wait * 2, self._pause * MOST_PAUSES)

    def _open(self, app: Any, on_new_message: Handle) -> None:
        """Everything that needs the running server. Raises sqlite3.Error."""
        settings, main = self.settings, self._main
        assert main is not None
        region, recorder = parts.region(settings.region), parts.recorder(settings.region)
        turns = Turns(self.name(), settings.turn_seconds, parts.screen(), parts.outcomes(), region)
        telegrams = Telegrams.load(region)
        self._inbox = self._inbox or Inbox(settings.var / FILE)
        answers = Answers(turns, telegrams, recorder, settings.max_characters, app, on_new_message, self._inbox)
        sender = Sender(self._api, self._inbox, lambda form, conversation: _over(main, answers.file(form, conversation)))

        def aside(method: str, **values: Any) -> None:
            self.loop.call_soon_threadsafe(partial(sender.aside, method, **values))

        answers.aside = aside
        self._telegrams, self._answers, self._sender = telegrams, answers, sender
        gap = GAP_SECONDS if settings.telegram_webhook else 0.0
        # Turns, and whatever else touches the store, happen in Rasa's loop.
        decide = Decide(lambda item: _over(main, answers.calls(item)), answers.refused, answers.urgent)
        self.desk = Desk(self._inbox, decide, sender, gap, telegrams.say("chosen_already"))
        self.desk.resume()

    async def _introduce(self) -> str:
        """Sign in and register the commands; gives the bot's name. Raises TelegramError."""
        me = await self._api.call("getMe")
        self._answers.me = str(me.get("username") or "")
        await self._api.call("setMyCommands", commands=self._telegrams.commands(), scope={"type": "all_private_chats"})
        return self._answers.me

    async def _serve_polling(self) -> None:
        """Ask for messages for ever. Raises TelegramError."""
        name = await self._introduce()
        await self._api.call("deleteWebhook")  # Telegram hands out messages either way, never both
        offset = None
        # After a conflict only a long request tells that the other program has gone.
        unproven = self.state == "conflict"
        timeout = 0
        while True:
            updates = await self._api.call(
                "getUpdates", self._poll + POLL_MARGIN, offset=offset, timeout=timeout, limit=100, allowed_updates=ASKED_FOR
            )
            assert self.desk is not None
            self.desk.accept(updates)
            numbers = [number for update in updates if (number := number_of(update)) is not None]
            offset = max(numbers) + 1 if numbers else offset
            if not unproven or timeout:
                self._say(WORKING, f"Telegram: asking for messages as @{name}.")
                self._wait = self._pause
            timeout = self._poll

    async def _serve_webhook(self) -> None:
        """Register the webhook and look after it for ever. Raises TelegramError."""
        name, url = await self._introduce(), self.settings.telegram_webhook
        await self._api.call(
            "setWebhook", url=url, secret_token=self._secret, allowed_updates=ASKED_FOR, max_connections=CONNECTIONS
        )
        good = f"Telegram: @{name} calls the webhook."
        self._say(WORKING, good)
        known = 0
        while True:
            self._wait = self._pause
            await asyncio.sleep(self._watch)
            info = await self._api.call("getWebhookInfo")
            if info.get("url") != url:
                raise TelegramError(409, "the webhook was changed")
            failed = int(info.get("last_error_date") or 0)
            if failed > known and info.get("pending_update_count"):
                reason = str(info.get("last_error_message") or "no reason given")[:200]
                self._say("unreachable", f"Telegram cannot call the webhook: {reason}.")
            elif not info.get("pending_update_count"):
                self._say(WORKING, good)
            known = max(known, failed)

    async def _keep_clean(self) -> None:
        """Forget old numbers, and have the file forget old words, every hour."""
        while True:
            if self._inbox is not None:
                try:
                    await asyncio.to_thread(self._inbox.prune)
                    await asyncio.to_thread(self._inbox.sweep)
                except sqlite3.Error as error:
                    logger.error("The inbox of Telegram could not be cleaned: %s", type(error).__name__)
            await asyncio.sleep(CLEAN_SECONDS if self._inbox else self._pause)

    def _say(self, state: str, line: str) -> None:
        """Tell the operator once what has changed."""
        if state != self.state or (state == "failed" and line != self.line):
            logger.warning(line)
        self.state, self.line = state, line


def _over(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
    """The outcome of some work that is done in another loop."""
    return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))


def _told(error: TelegramError, webhook: bool) -> tuple[str, str]:
    """State and line for an error at the door; the rest of Hypnic runs on, and the attempts too."""
    if error.code in (401, 404):
        return "refused", f"Telegram refuses TELEGRAM_BOT_TOKEN ({error.code}); trying again now and then."
    if error.code == 409 and webhook:
        return "conflict", "Another program has changed the webhook of this bot (409); setting it again."
    if error.code == 409:
        return "conflict", "Another program asks for this bot's messages (409); trying again. Run one Hypnic for each bot."
    if error.code == 400:
        return "refused", f"Telegram does not accept what it was told: {error.description}; trying again now and then."
    return "unreachable", f"Telegram cannot be reached ({error}); trying again."
