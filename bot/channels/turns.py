"""One turn of a conversation, the same for every channel: in order, once, in time, and never silent."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from rasa.core.channels.channel import OutputChannel, UserMessage

from bot import metrics
from bot.channels.guard import Incoming, Refused, Repeats
from bot.database import Overtaken, StoreFailed
from hypnic.danger import DangerScreen, asserted
from hypnic.emergency import Outcomes, danger_reply, failure_text
from hypnic.region import Region
from hypnic.reply import KINDS, talk

logger = logging.getLogger(__name__)

Message = dict[str, Any]
Handle = Callable[[UserMessage], Awaitable[Any]]
Offered = Callable[[str, str], Awaitable[bool]]
Answered = Callable[[str, str], Awaitable[list[Message] | None]]
WAITING = 3  # messages of one conversation that may be under way; more are refused by the channel
TRIES = 5  # times a turn is done when other processes overtake it
DANGER_SECONDS = 3.0  # the emergency words wait no longer for Rasa


class TurnOutput(OutputChannel):
    """Collects the messages of one turn, each whole: text, buttons and exactly one custom payload."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    @classmethod
    def name(cls) -> str:
        return "turn"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one message of the bot."""
        whole: Message = {}
        if message.get("text"):
            whole["text"] = message["text"]
        if message.get("buttons"):
            whole["buttons"] = [{"title": b["title"], "payload": b["payload"]} for b in message["buttons"]]
        custom = message.get("custom") or {}
        whole["custom"] = custom if custom.get("kind") in KINDS else {"kind": "chat"}
        if len(whole) > 1:
            self.messages.append(whole)


class Turns:
    """Runs turns against Rasa.

    Args:
        channel: name of the input channel.
        seconds: how long a person waits at most.
        screen, outcomes, region: the danger screen and its words, so that they never depend on Rasa.
    """

    def __init__(self, channel: str, seconds: float, screen: DangerScreen, outcomes: Outcomes, region: Region) -> None:
        self.channel, self.seconds = channel, seconds
        self._screen, self._outcomes, self._region = screen, outcomes, region
        self._queues: dict[str, tuple[asyncio.Lock, int]] = {}
        self._repeats = Repeats()

    async def take(
        self, incoming: Incoming, handle: Handle, offered: Offered, answered: Answered | None = None
    ) -> list[Message]:
        """The replies to one message; a repeat of a message id gets the replies of the first.

        Args:
            incoming: the checked message.
            handle: Rasa's handler of user messages.
            offered: tells whether a payload was offered in this conversation.
            answered: the stored replies to a message id, also of another process or of one that was ended; None if there
                are none.

        Raises:
            Refused: WAITING messages of this conversation are already under way.
        """
        earlier: asyncio.Future[list[Message]] | None = self._repeats.get(incoming.sender, incoming.id)
        if earlier is not None:
            return await asyncio.shield(earlier)
        done: asyncio.Future[list[Message]] = asyncio.get_running_loop().create_future()
        self._repeats.put(incoming.sender, incoming.id, done)
        begun = time.monotonic()
        try:
            messages = await self._in_order(incoming, handle, offered, answered)
            metrics.count(self.channel, time.monotonic() - begun, messages)
        except BaseException:
            self._repeats.forget(incoming.sender, incoming.id)
            done.cancel()
            raise
        if any(message["custom"]["kind"] == "failure" for message in messages):
            self._repeats.forget(incoming.sender, incoming.id)  # a retry shall be tried again
        done.set_result(messages)
        return messages

    def forget(self, sender: str) -> None:
        """Forget the replies kept for repeats of one conversation."""
        self._repeats.forget_sender(sender)

    async def _in_order(
        self, incoming: Incoming, handle: Handle, offered: Offered, answered: Answered | None
    ) -> list[Message]:
        output, danger = TurnOutput(), self.danger(incoming.text or "")

        async def turn() -> None:
            async with self.exclusive(incoming.sender):
                for left in reversed(range(TRIES)):
                    output.messages.clear()
                    try:
                        return await self._once(incoming, output, handle, offered, answered)
                    except Overtaken:
                        if not left:
                            raise

        try:
            await asyncio.wait_for(turn(), min(self.seconds, DANGER_SECONDS) if danger else self.seconds)
        except Refused:
            raise
        except asyncio.TimeoutError:
            logger.error("A turn took too long")
        except (StoreFailed, Overtaken) as error:
            logger.error("A turn was not stored: %s", type(error).__name__)
            return [*([danger] if danger else []), self.failure(talk().say("not_kept"))]
        except Exception as error:
            logger.error("A turn failed: %s", type(error).__name__)
        return _with(danger, output.messages) or [self.failure()]

    async def _once(
        self, incoming: Incoming, output: TurnOutput, handle: Handle, offered: Offered, answered: Answered | None
    ) -> None:
        known = await answered(incoming.sender, incoming.id) if answered and incoming.id else None
        if known is not None:
            for message in known:
                await output.send_response(incoming.sender, message)
            return
        text = incoming.text
        if text is None:
            text = str(incoming.payload)
            if not await offered(incoming.sender, text):
                output.messages.append({"text": talk().say("expired"), "custom": {"kind": "clarify", "options": []}})
                return
        about = {"language": incoming.language} if incoming.language else None
        channel, number = self.channel, incoming.id
        await handle(UserMessage(text, output, incoming.sender, input_channel=channel, message_id=number, metadata=about))

    @asynccontextmanager
    async def exclusive(self, sender: str) -> AsyncIterator[None]:
        """Hold back the turns of one conversation while something else is done with it. Raises Refused as `take` does."""
        lock, waiting = self._queues.get(sender, (asyncio.Lock(), 0))
        if waiting >= WAITING:
            raise Refused(429, "busy", "Please wait for the answer to your last message.")
        self._queues[sender] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._queues[sender]
            if waiting > 1:
                self._queues[sender] = (lock, waiting - 1)
            else:
                del self._queues[sender]

    def danger(self, text: str) -> Message | None:
        """The emergency words for a text, or None when the screen finds no asserted emergency or urgent sign."""
        found = asserted(self._screen.screen(text))
        if not found or found[0].level not in ("emergency", "urgent"):
            return None
        custom = {"kind": "danger", "level": found[0].level, "flags": [finding.flag for finding in found]}
        return {"text": danger_reply(found, self._outcomes, self._region), "custom": custom}

    def failure(self, reason: str = "") -> Message:
        """The apology with the emergency line; a reason that the person should know comes first."""
        text = failure_text(self._outcomes, self._region)
        return {"text": f"{reason} {text}" if reason else text, "custom": {"kind": "failure"}}


def _with(danger: Message | None, messages: list[Message]) -> list[Message]:
    """Put the emergency words first when Rasa did not say them (it failed, or a rule went astray)."""
    if danger is None or any(message["custom"]["kind"] in ("danger", "triage") for message in messages):
        return messages
    return [danger, *(message for message in messages if message["custom"]["kind"] != "failure")]
