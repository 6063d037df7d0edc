"""What a person can take along: a copy of the conversation, and the page for the doctor."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
from dataclasses import dataclass
from typing import Any

from bot.channels.guard import Refused
from bot.channels.pdf import pdf
from bot.channels.turns import Message
from hypnic.record import Recorder

logger = logging.getLogger(__name__)
FORMS = ("html", "pdf", "txt")
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PRINTED = f"{NOTHING}; style-src 'unsafe-inline'"  # the page carries its own style and nothing else


@dataclass(frozen=True)
class Page:
    """One file: its bytes, content type, Content-Disposition and Content-Security-Policy."""

    content: bytes
    kind: str
    disposition: str
    policy: str = NOTHING


async def copied(app: Any, sender: str) -> Message | None:
    """A copy of one conversation, None when nothing is stored. Raises Refused (503) when the store fails."""
    try:
        kept: Message | None = await app.ctx.agent.tracker_store.conversation(sender)
    except Exception as error:
        raise _unread(error) from None
    return kept


async def copy_of(app: Any, sender: str) -> Page | None:
    """copied() as a JSON file."""
    conversation = await copied(app, sender)
    if conversation is None:
        return None
    content = json.dumps(conversation, ensure_ascii=False, indent=1).encode()
    return Page(content, "application/json", 'attachment; filename="hypnic-conversation.json"')


async def page_of(app: Any, sender: str, form: str, recorder: Recorder) -> Page | None:
    """The page for the doctor; None when nothing is stored that it could hold.

    Args:
        form: html (shown, to be printed), txt or pdf.
        recorder: what makes the page.

    Raises:
        Refused: 503 when the store fails.
    """
    try:
        tracker = await app.ctx.agent.tracker_store.retrieve(sender)
    except Exception as error:
        raise _unread(error) from None
    if tracker is None:
        return None
    events = [event.as_dict() for event in tracker.events]
    record = recorder.record(events, tracker.current_slot_values(), datetime.date.today())
    if record is None:
        return None
    summary = recorder.summary
    if form == "html":
        return Page(summary.html(record).encode(), "text/html; charset=utf-8", "inline", PRINTED)
    if form == "txt":
        return Page(summary.text(record).encode(), "text/plain; charset=utf-8", 'attachment; filename="hypnic-notes.txt"')
    content = await asyncio.to_thread(pdf, summary, record)  # embedding the font takes a moment
    return Page(content, "application/pdf", 'attachment; filename="hypnic-notes.pdf"')


def _unread(error: Exception) -> Refused:
    logger.error("A conversation could not be read: %s", type(error).__name__)
    return Refused(503, "not_read", "Please try again in a moment.")
