"""What each thing that somebody does in Telegram leads to: a turn with Rasa, or a sentence of the channel's own."""

from __future__ import annotations

import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUtteranceReverted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.channels.downloads import copy_of, page_of
from bot.channels.guard import Incoming, Refused
from bot.channels.telegram_api import Upload
from bot.channels.telegram_inbox import Inbox, Item
from bot.channels.telegram_messages import Call, Telegrams
from bot.channels.telegram_text import choose
from bot.channels.telegram_updates import ANSWERS_CHECK, COMMANDS, Event
from bot.channels.turns import Handle, Message, Turns
from bot.channels.web import forgotten, was_offered
from hypnic.knowledge import GENERAL, knowledge
from hypnic.record import Recorder
from hypnic.reply import ask, check_button

logger = logging.getLogger(__name__)
LATE = 300.0  # seconds after which an answer says sorry
ALBUMS = 1000
CHECK = "check"
UNREADABLE = "/unsupported_media"

Aside = Callable[..., None]


class Answers:
    """Finds the calls that answer an event.

    Args:
        turns: runs turns, with the danger screen behind them.
        telegrams: makes calls of messages.
        recorder: makes the page for the doctor.
        limit: longest text that is taken.
        app: the server, whose agent has the store.
        handle: Rasa's handler of messages.
        inbox: what is on disk.
    """

    def __init__(
        self, turns: Turns, telegrams: Telegrams, recorder: Recorder, limit: int, app: Any, handle: Handle, inbox: Inbox
    ) -> None:
        self._turns, self._telegrams, self._recorder, self._limit = turns, telegrams, recorder, limit
        self._app, self._handle, self._inbox = app, handle, inbox
        self._albums: OrderedDict[tuple[int, str], None] = OrderedDict()
        self.aside: Aside = lambda method, **values: None
        self.me = ""  # the bot's name at Telegram

    async def calls(self, item: Item) -> list[Call]:
        """What is sent to Telegram for an item. Never raises, and is never silent where a person waits for an answer."""
        try:
            return await self._calls(item)
        except Exception as error:
            logger.error("A Telegram message could not be handled: %s", type(error).__name__)
            return self._telegrams.calls(item.event.chat, [self._turns.danger(item.event.text) or self._turns.failure()])

    def urgent(self, event: Event) -> bool:
        """Whether an event tells of danger."""
        return bool(event.text) and self._turns.danger(event.text) is not None

    def refused(self, event: Event, also_say: bool) -> list[Call]:
        """What is sent when there is no time for a message: the emergency words, or that it was too much."""
        danger = self._turns.danger(event.text) if event.text else None
        messages = [danger] if danger else [self._own("slow_down")] if also_say else []
        return self._telegrams.calls(event.chat, messages)

    async def file(self, form: str, sender: str) -> Upload | None:
        """The page for the doctor ("summary") or the copy of the conversation ("export"); None when there is none."""
        try:
            if form == "summary":
                page, ending = await page_of(self._app, sender, "pdf", self._recorder), "pdf"
            else:
                page, ending = await copy_of(self._app, sender), "json"
        except Exception as error:
            logger.error("A file could not be made: %s", type(error).__name__)
            return None
        if page is None:
            return None
        return Upload(page.content, f"{self._telegrams.say(f'{form}_file')}.{ending}", page.kind)

    async def _calls(self, item: Item) -> list[Call]:
        event = item.event
        if event.kind == "group":
            refusal = self._telegrams.calls(event.chat, [self._own("group", link=f"https://t.me/{self.me}")])
            return [*refusal, {"method": "leaveChat", "chat_id": event.chat}]
        if event.kind == "media" and self._album_seen(event):
            return []
        if event.kind == "place":
            return self._telegrams.calls(event.chat, [self._own("place")])
        if event.edited:
            return await self._edited(item)
        late = bool(event.date) and time.time() - event.date > LATE
        messages = await self._messages(item)
        if event.beside and event.kind == "text":
            messages = _led(messages, self._telegrams.say("beside"))
        if late:
            messages = _led(messages, self._telegrams.say("late"))
        return self._telegrams.calls(event.chat, messages, event.message if late else 0)

    async def _messages(self, item: Item) -> list[Message]:
        event = item.event
        if event.kind == "media":
            return await self._turn(item, UNREADABLE, _always)
        if event.kind == "button":
            return await self._turn(item, event.payload, partial(self._offered, event))
        if event.kind == "command":
            messages = await self._turn(item, event.payload, _always)
            target = _target(event.link) if event.link else None
            if target:  # who comes by a link is greeted first, without the buttons that would lead elsewhere
                greeting = [{k: v for k, v in message.items() if k != "buttons"} for message in messages]
                follow = replace(item, event=replace(event, id=f"{event.id}l"))
                return [*self._noted(event, greeting), *await self._turn(follow, target, _always)]
            return self._noted(event, messages)
        if len(event.text) > self._limit:
            # Too long is no reason to overlook an emergency.
            return [self._turns.danger(event.text) or self._own("too_long", limit=f"{self._limit:,}")]
        return await self._turn(item, None, _always)

    def _noted(self, event: Event, messages: list[Message]) -> list[Message]:
        """With what people in Telegram have to know besides."""
        note = {COMMANDS["start"]: "start", COMMANDS["privacy"]: "privacy"}.get(event.payload)
        if not note or messages[0]["custom"]["kind"] != "chat":
            return messages
        return [{**messages[0], "text": f"{messages[0]['text']}\n\n{self._telegrams.say(note)}"}, *messages[1:]]

    async def _turn(self, item: Item, payload: str | None, offered: Callable[[str, str], Awaitable[bool]]) -> list[Message]:
        event = item.event
        incoming = Incoming(event.sender, None if payload else event.text, payload, event.id, event.language)
        try:
            handle = self._handled_again if item.again else self._handle
            messages = await self._turns.take(incoming, handle, offered)
        except Refused:  # only when somebody else handles this conversation, too
            return [self._turns.danger(event.text) or self._turns.failure()]
        if not any(message["custom"].get("act") == "delete" for message in messages):
            return messages
        if not await self._forgotten(event.sender):
            return [self._turns.failure()]
        return [self._own("deleted", act="delete") if m["custom"].get("act") == "delete" else m for m in messages]

    async def _handled_again(self, message: UserMessage) -> None:
        """A turn that was begun before a restart: when the store has it, its replies are told again and nothing is done."""
        tracker = await self._store.retrieve(message.sender_id)
        events = list(tracker.events) if tracker else []
        places = [n for n, e in enumerate(events) if isinstance(e, UserUttered) and e.message_id == message.message_id]
        if not places:
            await self._handle(message)
            return
        for event in events[places[-1] + 1 :]:
            if isinstance(event, UserUttered):
                break
            if isinstance(event, BotUttered):
                await message.output_channel.send_response(message.sender_id, {"text": event.text, **event.data})

    async def _offered(self, event: Event, sender: str, payload: str) -> bool:
        """Whether a button is one of this conversation; what the person sees of the keyboard follows from that."""
        good = await was_offered(self._store, sender, payload)
        rows = choose(event.keyboard, payload, payload.startswith(ANSWERS_CHECK)) if good else []
        if rows is not None and event.keyboard:
            markup = {"inline_keyboard": rows}
            self.aside("editMessageReplyMarkup", chat_id=event.chat, message_id=event.message, reply_markup=markup)
        return good

    async def _edited(self, item: Item) -> list[Call]:
        """A changed message. The last one of the talk is taken back and answered anew; an earlier one is not."""
        event = item.event
        tracker = await self._store.retrieve(event.sender)
        said = [e for e in tracker.events if isinstance(e, UserUttered) and e.text] if tracker else []
        wordings = [e for e in said if re.fullmatch(rf"m{event.message}(e\d+)?", e.message_id or "")]
        messages: list[Message]
        if tracker is None or not wordings:  # it was not handled before, for example because it was too long
            messages = await self._messages(item)
        elif wordings[-1].text == event.text and wordings[-1].message_id != event.id:
            return []  # Telegram also tells of changes that nobody sees
        elif wordings[-1].message_id == event.id or (wordings[-1] is said[-1] and tracker.get_slot("emergency")):
            messages = await self._messages(item)  # begun before a restart; or an emergency, which nothing takes back
        elif wordings[-1] is said[-1]:
            await self._take_back(tracker, said[-1])
            messages = _led(await self._messages(item), self._telegrams.say("corrected"))
        elif self._turns.danger(event.text):
            messages = await self._messages(item)
        else:
            messages = [self._own("edited_earlier")]
        return self._telegrams.calls(event.chat, messages, event.message)

    async def _take_back(self, tracker: DialogueStateTracker, last: UserUttered) -> None:
        """Bring a conversation back to where it was before its last message."""
        events = list(tracker.events)
        place = events.index(last)
        if any(isinstance(event, UserUtteranceReverted) for event in events[place:]):
            return  # it was done before a restart
        before = tracker.init_copy()
        for event in events[:place]:
            before.update(event)
        # Within a form Rasa forgets single messages and would go back to the form's beginning, so the state is set in full.
        tracker.update(UserUtteranceReverted())
        for name in tracker.slots:
            if tracker.get_slot(name) != before.get_slot(name):
                tracker.update(SlotSet(name, before.get_slot(name)))
        tracker.update(ActiveLoop(before.active_loop_name))
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        await self._store.save(tracker)

    async def _forgotten(self, sender: str) -> bool:
        self._turns.forget(sender)
        if not await forgotten(self._store, sender):
            return False
        try:
            self._inbox.sweep()
        except Exception as error:
            logger.error("The inbox could not be swept: %s", type(error).__name__)
            return False
        return True

    def _album_seen(self, event: Event) -> bool:
        """Whether another picture of the same album was answered."""
        if not event.album:
            return False
        key = (event.chat, event.album)
        seen = key in self._albums
        self._albums[key] = None
        while len(self._albums) > ALBUMS:
            self._albums.popitem(last=False)
        return seen

    def _own(self, phrase: str, act: str = "", **values: str) -> Message:
        custom = {"kind": "chat", "act": act} if act else {"kind": "chat"}
        return {"text": self._telegrams.say(phrase, **values), "custom": custom}

    @property
    def _store(self) -> Any:
        return self._app.ctx.agent.tracker_store


async def _always(_: str, __: str) -> bool:
    return True


def _led(messages: list[Message], note: str) -> list[Message]:
    """The messages with a remark before the first that is no emergency: there the number comes first."""
    for number, message in enumerate(messages):
        if message["custom"]["kind"] not in ("danger", "summary") and message.get("text"):
            return [*messages[:number], {**message, "text": f"{note}\n\n{message['text']}"}, *messages[number + 1 :]]
    return messages


def _target(link: str) -> str | None:
    """The payload behind a deep link: check, check-TOPIC, TOPIC, TOPIC-ASPECT or TOPIC-ASPECT-GROUP; None when unknown."""
    vocabulary = knowledge().vocabulary
    first, *rest = link.split("-")
    if first == CHECK:
        if not rest:
            return COMMANDS[CHECK]
        return check_button("", rest[0]).payload if len(rest) == 1 and rest[0] in vocabulary.topics else None
    aspect, population = (*rest, *("what_is_it", GENERAL)[len(rest) :])[:2] if len(rest) <= 2 else ("", "")
    known = first in vocabulary.topics and aspect in vocabulary.aspects and population in vocabulary.populations
    return ask("", first, aspect, population).payload if known else None
