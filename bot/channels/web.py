"""The web channel: JSON over HTTP for the widget, the chat page itself, and the health of the whole system."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import metrics, retention
from bot.channels import parts
from bot.channels.downloads import FORMS, Page, copied, copy_of, page_of
from bot.channels.files import HEADERS, names, served
from bot.channels.guard import SENDER, Bucket, Incoming, Refused, read_vote, read_web
from bot.channels.turns import Handle, Message, TurnOutput, Turns
from bot.feedback import Feedback
from bot.stores import HEALTH
from hypnic.checks import TRIAGE
from hypnic.knowledge import knowledge
from hypnic.region import Regions
from hypnic.settings import Settings

logger = logging.getLogger(__name__)
# The health question and its known answer: through model, policies, action server and store.
CANNED, EXPECTED = "what is a hypnic jerk", "sleep_start.what_is_it.general"
HEALTH_SECONDS = 5.0
HEALTH_KEPT = 2.0
ALARMS = {"danger", "triage"}  # kinds of messages that may name the emergency number
VOTES_PER_SECOND, VOTES_AT_ONCE = 0.5, 30  # of one address, which may be a whole clinic
Read = Callable[[Any, str], Awaitable[Page | None]]


class WebChannel(InputChannel):
    """Serves /webhooks/web/: the page, its files, webhook and health.

    Args:
        per_second, burst: messages one conversation may send; one address, which may be a whole clinic, twenty times as
            much.
    """

    def __init__(self, settings: Settings, per_second: float = 5.0, burst: int = 30) -> None:
        self.settings = settings
        region = parts.region(settings.region)
        self.turns = Turns(self.name(), settings.turn_seconds, parts.screen(), parts.outcomes(), region)
        self.recorder = parts.recorder(settings.region)
        self.regions = Regions(TRIAGE)
        self.feedback = Feedback(settings.var)
        self.senders = Bucket(per_second, burst)
        self.addresses = Bucket(per_second * 20, burst * 20)
        self.voters = Bucket(VOTES_PER_SECOND, VOTES_AT_ONCE)
        self._health: tuple[float, bool] = (-HEALTH_KEPT, False)
        self._checking = asyncio.Lock()

    @classmethod
    def name(cls) -> str:
        return "web"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebChannel:
        given = credentials or {}
        return cls(
            Settings.from_environment(),
            per_second=float(given.get("per_second", 5)),
            burst=int(given.get("burst", 30)),
        )

    def blueprint(self, on_new_message: Handle) -> Blueprint:
        """The routes of the channel."""
        routes = Blueprint("web_channel", __name__)
        retention.watch(routes, self.settings.retention_days)

        @routes.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            return await self._webhook(request, on_new_message)

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            good = await self._healthy(request, on_new_message)
            return _json({"status": "ok" if good else "unavailable"}, 200 if good else 503)

        @routes.delete("/conversation/<sender>")
        async def forget(request: Request, sender: str) -> HTTPResponse:
            return await self._forget(request, sender)

        @routes.get("/conversation/<sender>")
        async def download(request: Request, sender: str) -> HTTPResponse:
            return await self._handed_out(request, sender, copy_of)

        @routes.get("/summary/<sender>")
        async def summary(request: Request, sender: str) -> HTTPResponse:
            form = request.args.get("as", "html")
            if form not in FORMS:
                return _json({"error": "bad_form", "message": f"`as` must be one of: {', '.join(FORMS)}"}, 400)
            return await self._handed_out(request, sender, partial(page_of, form=form, recorder=self.recorder))

        @routes.post("/feedback")
        async def feedback(request: Request) -> HTTPResponse:
            return await self._vote(request)

        @routes.get("/")
        async def page(request: Request) -> HTTPResponse:
            return served(request, "chat.html")

        for name in names():
            # One fixed route a file: a pattern in the path would also take the page's own address.
            routes.add_route(_serving(name), f"/{name}", name=name.replace(".", "_").replace("-", "_"))
        return routes

    async def _webhook(self, request: Request, on_new_message: Handle) -> HTTPResponse:
        async def offered(sender: str, payload: str) -> bool:
            return await was_offered(request.app.ctx.agent.tracker_store, sender, payload)

        async def answered(sender: str, message_id: str) -> list[Message] | None:
            kept: list[Message] | None = await request.app.ctx.agent.tracker_store.answered(sender, message_id)
            return kept

        incoming: Incoming | None = None
        try:
            incoming = read_web(request.body, request.content_type or "")
            self._let_in(incoming, request.remote_addr or request.ip)
            messages = await self.turns.take(incoming, on_new_message, offered, answered)
        except Refused as refused:
            metrics.refusals.labels(self.name(), refused.code).inc()
            # Too long or too fast is no reason to overlook an emergency.
            danger = self.turns.danger(incoming.text) if incoming and incoming.text else None
            if danger:
                return _json([self._callable(danger)])
            return _json({"error": refused.code, "message": refused.message}, refused.status)
        asked_to_forget = any(message["custom"].get("act") == "delete" for message in messages)
        if asked_to_forget and not await self._forget_now(request, incoming.sender):
            messages = [self.turns.failure()]
        return _json([await self._with_files(request.app, incoming.sender, message) for message in messages])

    async def _with_files(self, app: Any, sender: str, message: Message) -> Message:
        """A message with what a page can make of it: the number to call, links to its files as [title, path below this
        channel], and an export with the copy."""
        message = self._callable(message)
        custom, titles = message["custom"], self.recorder.summary.files
        if custom.get("kind") == "summary":
            files = [[titles[form], f"summary/{sender}?as={form}"] for form in FORMS]
            return {**message, "custom": {**custom, "files": files}}
        if custom.get("act") != "export":
            return message
        try:
            conversation = await copied(app, sender)
        except Refused:
            conversation = None
        if conversation is None:
            return self.turns.failure()
        # A new message: the one at hand is kept for repeats.
        files = [[titles["copy"], f"conversation/{sender}"]]
        return {**message, "custom": {**custom, "files": files, "conversation": conversation}}

    def _callable(self, message: Message) -> Message:
        """A message of danger with the number to dial, when its text says to call one."""
        custom = message["custom"]
        if custom.get("kind") not in ALARMS or custom.get("level") != "emergency":
            return message
        number = self.regions.call(message.get("text", ""))
        return {**message, "custom": {**custom, "call": number}} if number else message

    async def _vote(self, request: Request) -> HTTPResponse:
        """Count whether an answer helped."""
        try:
            vote = read_vote(request.body, request.content_type or "")
            if not self.voters.take(request.remote_addr or request.ip):
                raise Refused(429, "slow_down", "Too many at once. Please wait a moment.")
            if knowledge().by_id(vote.answer_id) is None:
                raise Refused(404, "unknown_answer", "There is no such answer.")
            await asyncio.to_thread(self.feedback.count, vote.answer_id, vote.helpful)
        except Refused as refused:
            return _json({"error": refused.code, "message": refused.message}, refused.status)
        except Exception as error:
            logger.error("A vote could not be counted: %s", type(error).__name__)
            return _json({"error": "not_counted", "message": "Please try again in a moment."}, 503)
        return _json({"status": "counted"})

    async def _handed_out(self, request: Request, sender: str, read: Read) -> HTTPResponse:
        """What is stored about one conversation, as a file; 400, 404, 429 or 503 when it cannot be had."""
        if not SENDER.fullmatch(sender):
            return _json({"error": "bad_sender"}, 400)
        try:
            if not self.addresses.take(request.remote_addr or request.ip):
                raise Refused(429, "slow_down", "Too many requests at once. Please wait a moment.")
            page = await read(request.app, sender)
        except Refused as refused:
            return _json({"error": refused.code, "message": refused.message}, refused.status)
        if page is None:
            return _json({"error": "unknown_conversation"}, 404)
        headers = {**HEADERS, "Content-Security-Policy": page.policy, "Content-Disposition": page.disposition}
        return response.raw(page.content, content_type=page.kind, headers=headers)

    def _let_in(self, incoming: Incoming, address: str) -> None:
        limit = self.settings.max_characters
        if incoming.text and len(incoming.text) > limit:
            raise Refused(413, "too_long", f"A message may have at most {limit} characters. Send the main point.")
        if not self.senders.take(incoming.sender) or not self.addresses.take(address):
            raise Refused(429, "slow_down", "Too many messages at once. Please wait a moment.")

    async def _forget(self, request: Request, sender: str) -> HTTPResponse:
        if not SENDER.fullmatch(sender):
            return _json({"error": "bad_sender"}, 400)
        if not await self._forget_now(request, sender):
            return _json({"error": "not_deleted", "message": "Please try again in a moment."}, 503)
        return _json({"status": "deleted"})

    async def _forget_now(self, request: Request, sender: str) -> bool:
        try:
            async with self.turns.exclusive(sender):  # a turn under way would write the conversation back
                self.turns.forget(sender)
                return await forgotten(request.app.ctx.agent.tracker_store, sender)
        except Refused:
            return False

    async def _healthy(self, request: Request, on_new_message: Handle) -> bool:
        async with self._checking:
            checked, good = self._health
            if time.monotonic() - checked < HEALTH_KEPT:
                return good
            good = await canned_answer(request.app, on_new_message)
            self._health = (time.monotonic(), good)
            metrics.healthy.set(good)
            return good


async def canned_answer(app: Any, on_new_message: Handle) -> bool:
    """Whether a question with a known answer gets it within HEALTH_SECONDS. Leaves no trace in the store."""
    agent = getattr(app.ctx, "agent", None)
    if agent is None or not agent.is_ready():
        return False
    sender, output = f"{HEALTH}{uuid.uuid4()}", TurnOutput()
    try:
        await asyncio.wait_for(on_new_message(UserMessage(CANNED, output, sender, input_channel="health")), HEALTH_SECONDS)
        return any(message["custom"].get("answer_id") == EXPECTED for message in output.messages)
    except Exception as error:
        logger.error("The health question failed: %s", type(error).__name__)
        return False
    finally:
        await forgotten(agent.tracker_store, sender)


async def forgotten(store: Any, sender: str) -> bool:
    """Delete one conversation; False when the store fails."""
    try:
        await store.delete(sender)
    except Exception as error:
        logger.error("A conversation could not be deleted: %s", type(error).__name__)
        return False
    return True


async def was_offered(store: Any, sender: str, payload: str) -> bool:
    """Whether one of the bot's messages in this conversation had a button with this payload."""
    tracker = await store.retrieve(sender)
    if tracker is None:
        return False
    offers = (event.data.get("buttons") or [] for event in tracker.events if event.type_name == "bot")
    return any(button.get("payload") == payload for buttons in offers for button in buttons)


def _json(data: Message | list[Message], status: int = 200) -> HTTPResponse:
    return response.json(data, status=status, headers=HEADERS, ensure_ascii=False)


def _serving(name: str) -> Callable[[Request], Coroutine[Any, Any, HTTPResponse]]:
    async def serve(request: Request) -> HTTPResponse:
        return served(request, name)

    return serve
