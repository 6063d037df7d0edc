"""Hypnic's messages as calls of the Bot API: each custom kind gets the form that reads best on a phone."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from bot.channels.telegram_text import CAPTION, Run, keyboard, shown, split, to_html, trimmed, units
from bot.channels.turns import Message
from hypnic.checks import TELEGRAM
from hypnic.emergency import CRISIS
from hypnic.region import Region
from hypnic.reply import Talk
from hypnic.yamlfile import YamlFile

BULLET, SIGN = "- ", "☎ "

Call = dict[str, Any]


class Telegrams:
    """Writes calls.

    Args:
        texts: the sentences of data/telegram.yml.
        region: whose numbers are filled in.
    """

    def __init__(self, texts: Talk, region: Region) -> None:
        self._texts, self._region = texts, region

    @classmethod
    def load(cls, region: Region) -> Telegrams:
        """With the project's sentences. Raises DataError."""
        return cls(Talk(YamlFile(TELEGRAM, "telegram").data), region)

    def say(self, phrase: str, **values: str) -> str:
        """A sentence of data/telegram.yml with everything filled in."""
        return self._region.fill(self._texts.say(phrase, **values))

    def commands(self) -> list[dict[str, str]]:
        """The commands as they are registered with Telegram."""
        names = ("start", "help", "check", "summary", "privacy", "delete")
        return [{"command": name, "description": self._texts.choice("commands", name)} for name in names]

    def calls(self, chat: int, messages: Sequence[Message], reply_to: int = 0) -> list[Call]:
        """The calls that show some messages, in order.

        Args:
            chat: its number.
            messages: of one turn.
            reply_to: number of the message that the first of them answers visibly.
        """
        calls: list[Call] = []
        for message in _joined(messages):
            calls += self._shown(chat, message)
        if reply_to and calls:
            calls[0]["reply_parameters"] = {"message_id": reply_to, "allow_sending_without_reply": True}
        return calls

    def _shown(self, chat: int, message: Message) -> list[Call]:
        custom, buttons = message["custom"], message.get("buttons") or []
        rows = {"reply_markup": {"inline_keyboard": keyboard(buttons)}} if buttons else {}
        form = "summary" if custom["kind"] == "summary" else "export" if custom.get("act") == "export" else ""
        if form:
            # The text is what is sent when the file cannot be made or is refused.
            caption = self.say("summary" if form == "summary" else "exported")
            assert units(caption) <= CAPTION
            call = {"method": "sendDocument", "chat_id": chat, "file": form, "caption": caption, "text": message["text"]}
            return [{**call, **rows}]
        parts = split(self.runs(message))
        calls = [
            {
                "method": "sendMessage",
                "chat_id": chat,
                "text": to_html(part),
                "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": True},
            }
            for part in parts
        ]
        if calls:
            calls[-1].update(rows)
        return calls

    def runs(self, message: Message) -> list[Run]:
        """The text of a message with its marks."""
        custom, text = message["custom"], message.get("text") or ""
        kind = custom["kind"]
        before: list[Run] = []
        if kind == "question" and custom.get("step"):
            progress = self.say("progress", step=str(custom["step"]), of=str(custom["of"]))
            before = [Run(progress, "italic"), Run("\n")]
        elif kind == "danger" and (number := self._number(custom, text)):
            before = [Run(SIGN), Run(number, "bold"), Run("\n\n")]
        if message.get("lead"):
            before = [*_lines(message["lead"], bold_first=False), Run("\n\n"), *before]
        runs = [*before, *_lines(text, bold_first=kind in ("danger", "triage", "question"))]
        if kind in ("answer", "compare", "myth"):
            runs += self._source_line(custom)
        return trimmed(runs)

    def _number(self, custom: Message, text: str) -> str:
        """The line with the number that has to come first; empty when the first line has one, as all of outcomes.yml do."""
        if custom.get("level") != "emergency" or re.search(r"\d{2}", text.split("\n", 1)[0]):
            return ""
        flags = custom.get("flags") or []
        return self.say("crisis" if flags and flags[0] in CRISIS else "number")

    def _source_line(self, custom: Message) -> list[Run]:
        sources = custom.get("sources") or []
        if not sources:
            return []
        runs = [Run("\n\n"), Run(self.say("sources"), "italic")]
        for number, source in enumerate(sources):
            runs += [Run("; ", "italic")] if number else []
            runs.append(Run(source["title"], source.get("url") or "italic"))
            runs.append(Run(f" ({source['publisher']}, {source['year']})", "italic"))
        runs.append(Run(".", "italic"))
        if custom.get("reviewed"):
            runs.append(Run(self.say("reviewed", reviewed=custom["reviewed"]), "italic"))
        return runs


def plain_call(chat: int, text: str) -> list[Call]:
    """Calls that send a text without any marks."""
    parts = split([Run(text)])
    return [{"method": "sendMessage", "chat_id": chat, "text": shown(part)} for part in parts]


def bare(call: Call) -> Call:
    """A call without marks, buttons and reference, for when Telegram refuses it: the words alone matter."""
    text = html.unescape(re.sub(r"<[^>]+>", "", call["text"]))
    return {"method": "sendMessage", "chat_id": call["chat_id"], "text": text}


def _joined(messages: Sequence[Message]) -> list[Message]:
    """A remark and the question that follows become one message, so that the phone rings once."""
    joined: list[Message] = []
    for message in messages:
        last = joined[-1] if joined else None
        remark = last and last["custom"] == {"kind": "chat"} and not last.get("buttons")
        if last and remark and message["custom"]["kind"] == "question" and message.get("text"):
            joined[-1] = {**message, "lead": "\n\n".join(filter(None, [last.get("lead"), last["text"]]))}
        else:
            joined.append(message)
    return joined


def _lines(text: str, bold_first: bool) -> list[Run]:
    """Lists get bullets, and their headings and the first line are set bold."""
    lines = text.split("\n")
    runs: list[Run] = []
    for number, line in enumerate(lines):
        follows = lines[number + 1] if number + 1 < len(lines) else ""
        heading = line.endswith(":") and follows.startswith(BULLET)
        if heading and number:
            runs.append(Run("\n"))
        if line.startswith(BULLET):
            runs.append(Run("• " + line[len(BULLET) :]))
        else:
            runs.append(Run(line, "bold" if heading or (bold_first and not number) else ""))
        if number + 1 < len(lines):
            runs.append(Run("\n"))
    return runs
