"""Text for Telegram: runs of plain or marked text, cut to Telegram's length, escaped as HTML; and keyboards of buttons."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LIMIT, CAPTION = 4096, 1024  # UTF-16 units of the text that is shown
TITLE, SHORT = 60, 16  # characters of a button's title; titles up to SHORT stand two in a row
CHOSEN = "✓ "
# Where a long text is cut, the best first: between paragraphs, lines, sentences, words.
CUTS = tuple(map(re.compile, (r"\n\n+", r"\n", r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’)\]]))\s+", r"\s+")))
TAGS = {"bold": "b", "italic": "i"}

Keyboard = list[list[dict[str, str]]]


@dataclass(frozen=True)
class Run:
    """A piece of text that is shown one way: "" plain, "bold", "italic", or an address that it leads to."""

    text: str
    style: str = ""


def units(text: str) -> int:
    """The length as Telegram counts it, in UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def to_html(runs: Sequence[Run]) -> str:
    """The runs as Telegram's HTML, everything escaped."""
    return "".join(_marked(run) for run in runs)


def shown(runs: Sequence[Run]) -> str:
    """The text that people see."""
    return "".join(run.text for run in runs)


def split(runs: Sequence[Run], limit: int = LIMIT) -> list[list[Run]]:
    """Cut into parts of at most `limit` units, at the best place in the last two thirds of each part."""
    parts: list[list[Run]] = []
    rest = trimmed(runs)
    while units(text := shown(rest)) > limit:
        end = _fitting(text, limit)
        cut, after = _best_cut(text, end)
        parts.append(trimmed(_slice(rest, 0, cut)))
        rest = trimmed(_slice(rest, after, len(text)))
    return [part for part in [*parts, rest] if part]


def trimmed(runs: Sequence[Run]) -> list[Run]:
    """Without blanks at both ends; empty when nothing is left."""
    text = shown(runs)
    start = len(text) - len(text.lstrip())
    return _slice(runs, start, max(start, len(text.rstrip())))


def keyboard(buttons: Sequence[dict[str, str]]) -> Keyboard:
    """Buttons in rows: two short ones beside each other, long ones alone, so that no title is cut on a phone."""
    rows: Keyboard = []
    open_row = False
    for button in buttons:
        title = button["title"] if len(button["title"]) <= TITLE else button["title"][: TITLE - 1].rstrip() + "…"
        cell = {"text": title, "callback_data": button["payload"]}
        short = len(title) <= SHORT
        if short and open_row:
            rows[-1].append(cell)
            open_row = False
        else:
            rows.append([cell])
            open_row = short
    return rows


def choose(rows: Any, payload: str, only_one: bool) -> Keyboard | None:
    """The keyboard with the pressed button marked.

    Args:
        rows: the inline keyboard as Telegram sent it back.
        payload: of the button.
        only_one: whether the marks of other buttons go.

    Returns: None when nothing changes (no such button, or it is marked already).
    """
    marked: Keyboard = []
    changed = False
    for row in rows if isinstance(rows, list) else []:
        cells = []
        for cell in row if isinstance(row, list) else []:
            if not isinstance(cell, dict) or not isinstance(cell.get("callback_data"), str):
                return None
            title, pressed = str(cell.get("text") or ""), cell["callback_data"] == payload
            plain = title.removeprefix(CHOSEN)
            new = CHOSEN + plain if pressed else plain if only_one else title
            changed |= pressed and new != title
            cells.append({"text": new, "callback_data": cell["callback_data"]})
        marked.append(cells)
    return marked if changed else None


def _marked(run: Run) -> str:
    text = html.escape(run.text, quote=False)
    if not run.text.strip() or not run.style:
        return text
    if run.style in TAGS:
        return f"<{TAGS[run.style]}>{text}</{TAGS[run.style]}>"
    return f'<a href="{html.escape(run.style)}">{text}</a>'


def _slice(runs: Sequence[Run], start: int, end: int) -> list[Run]:
    """The runs that show the characters from start to end."""
    found, at = [], 0
    for run in runs:
        piece = run.text[max(0, start - at) : max(0, end - at)]
        if piece:
            found.append(Run(piece, run.style))
        at += len(run.text)
    return found


def _fitting(text: str, limit: int) -> int:
    """How many characters fit; a character outside the basic plane counts twice and is never halved."""
    used = 0
    for number, char in enumerate(text):
        used += 2 if char > "\uffff" else 1
        if used > limit:
            return number
    return len(text)


def _best_cut(text: str, end: int) -> tuple[int, int]:
    """Where a part ends and where the next begins."""
    for cut in CUTS:
        places = [(found.start(), found.end()) for found in cut.finditer(text, 0, min(len(text), end + 2))]
        good = [place for place in places if end // 3 < place[0] <= end]
        if good:
            return good[-1]
    return end, end
