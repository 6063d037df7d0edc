"""What Telegram tells, reduced to what Hypnic needs. Names, pictures and everything else of an update end here."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Any

from bot.channels.guard import clean

ASKED_FOR = ["message", "edited_message", "callback_query", "my_chat_member"]
PREFIX = "telegram-"
ANSWERS_CHECK = "/answer_check"  # how the payloads of answers in the check begin
# What people send that is no text. Whatever else has no text is a note of Telegram's own, such as a pinned message.
MEDIA = frozenset(
    "animation audio checklist contact dice document game paid_media photo poll sticker story video video_note voice".split()
)
PLACES = frozenset({"location", "venue"})
# Typed commands and the intents they stand for; the first six are registered with Telegram.
COMMANDS = {
    "start": "/greet",
    "help": "/capabilities",
    "check": "/start_check",
    "summary": "/summary",
    "privacy": "/privacy",
    "delete": "/delete",
    "export": "/export",
    "restart": "/start_again",
    "stop": "/stop",
}
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_LINK = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True)
class Event:
    """One thing that somebody did.

    kind: text, command, button, media, place (a location), group (somebody wants the bot in a group), or none when only the
        query has to be answered.
    chat, message: their numbers at Telegram. id: names this message in the conversation.
    text: typed text, cleaned. payload: of the button, or what a command stands for. link: what a deep link carries.
    beside: the text stood beside a picture or the like. edited: the message was there before with another text.
    album: number of the album that a picture belongs to. keyboard: of the message with the button.
    query: to be answered at once. date: seconds since 1970. language: what the person's app is set to.
    """

    kind: str
    chat: int
    id: str = ""
    message: int = 0
    text: str = ""
    payload: str = ""
    link: str = ""
    beside: bool = False
    edited: bool = False
    album: str = ""
    keyboard: Any = None
    query: str = ""
    date: int = 0
    language: str | None = None

    @property
    def sender(self) -> str:
        """The id of the conversation."""
        return f"{PREFIX}{self.chat}"

    def to_json(self) -> str:
        """As text, without what has its default."""
        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if getattr(self, f.name) != f.default}
        return json.dumps(given, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Event:
        """The inverse of to_json()."""
        return cls(**json.loads(text))


def number_of(update: Any) -> int | None:
    """The number of an update, None when it is none."""
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**62 else None


def read(update: dict[str, Any]) -> Event | None:
    """What an update tells; None for whatever needs no reaction, is of an unknown kind or is malformed."""
    try:
        if isinstance(update.get("message"), dict):
            return _message(update["message"], edited=False)
        if isinstance(update.get("edited_message"), dict):
            return _message(update["edited_message"], edited=True)
        if isinstance(update.get("callback_query"), dict):
            return _button(update["callback_query"], int(update["update_id"]))
        if isinstance(update.get("my_chat_member"), dict):
            return _membership(update["my_chat_member"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return None


def _message(message: dict[str, Any], edited: bool) -> Event | None:
    chat, sender = message["chat"], message.get("from") or {}
    if sender.get("is_bot"):
        return None
    if chat["type"] != "private":
        return Event("group", int(chat["id"]))
    number = int(message["message_id"])
    beside = not isinstance(message.get("text"), str)
    typed = str(message.get("caption" if beside else "text") or "")
    event = Event(
        "text",
        int(chat["id"]),
        id=f"m{number}e{int(message.get('edit_date') or 0)}" if edited else f"m{number}",
        message=number,
        text=clean(typed),
        beside=beside,
        edited=edited,
        album=str(message.get("media_group_id") or ""),
        date=int(message.get("date") or 0),
        language=_language(sender),
    )
    if not beside and typed.startswith("/"):
        return _command(event, typed)
    if event.text:
        return event
    if edited:
        return None
    if beside and PLACES & set(message):
        return dataclasses.replace(event, kind="place")
    return dataclasses.replace(event, kind="media") if MEDIA & set(message) or not beside else None


def _command(event: Event, typed: str) -> Event:
    """A known command; anything else that begins with a slash is plain text."""
    found = _COMMAND.fullmatch(typed.strip())
    name, rest = (found[1].lower(), (found[2] or "").strip()) if found else ("", "")
    if name not in COMMANDS:
        return event if event.text else dataclasses.replace(event, kind="media")
    if not rest:
        return dataclasses.replace(event, kind="command", text="", payload=COMMANDS[name])
    if name == "start" and _LINK.fullmatch(rest):
        return dataclasses.replace(event, kind="command", text="", payload=COMMANDS[name], link=rest)
    # "/help he does not breathe": the words count more than the command.
    return dataclasses.replace(event, text=clean(rest) or event.text)


def _button(query: dict[str, Any], update: int) -> Event:
    message, sender = query.get("message") or {}, query["from"]
    chat = message.get("chat") or {"id": sender["id"], "type": "private"}
    data = query.get("data")
    is_ours = chat["type"] == "private" and isinstance(data, str) and data
    return Event(
        "button" if is_ours else "none",
        int(chat["id"]),
        id=f"q{update}",
        message=int(message.get("message_id") or 0),
        payload=str(data) if is_ours else "",
        keyboard=(message.get("reply_markup") or {}).get("inline_keyboard"),
        query=str(query["id"]),
        language=_language(sender),
    )


def _membership(change: dict[str, Any]) -> Event | None:
    chat, status = change["chat"], change["new_chat_member"]["status"]
    joined = status in ("member", "administrator", "restricted") and chat["type"] != "private"
    return Event("group", int(chat["id"])) if joined else None


def _language(sender: dict[str, Any]) -> str | None:
    code = sender.get("language_code")
    return code.lower() if isinstance(code, str) and len(code) <= 12 and _LANGUAGE.fullmatch(code) else None
