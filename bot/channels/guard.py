"""What comes in at the door: shape, size, rate. Plain Python, no Rasa, so that every channel can use it."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_BODY = 8192
MAX_PAYLOAD = 64
SENDER = re.compile(r"web-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Refused(Exception):
    """A request that is not let in: HTTP status, a code for programs and a sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Incoming:
    """One checked message. Exactly one of text and payload is set; language is what the person's app is set to."""

    sender: str
    text: str | None
    payload: str | None
    id: str | None
    language: str | None = None


def read_web(body: bytes, content_type: str) -> Incoming:
    """Check the body of a web request.

    Raises:
        Refused: 415 not JSON, 413 too large, 400 anything else that is wrong; the code names the field.
    """
    data = _json_object(body, content_type)
    unknown = sorted(set(data) - {"sender", "message", "payload", "id"})
    if unknown:
        raise Refused(400, "unknown_field", "Only sender, message, payload and id are accepted.")
    sender, text, payload, message_id = (data.get(key) for key in ("sender", "message", "payload", "id"))
    if not isinstance(sender, str) or not SENDER.fullmatch(sender):
        raise Refused(400, "bad_sender", "sender must be web- followed by a version 4 UUID.")
    if message_id is not None and (not isinstance(message_id, str) or not MESSAGE_ID.fullmatch(message_id)):
        raise Refused(400, "bad_id", "id must be 1 to 64 letters, digits, - or _.")
    if (text is None) == (payload is None):
        raise Refused(400, "message_or_payload", "Send either message or payload.")
    if payload is not None:
        if not isinstance(payload, str) or not payload.strip() or len(payload.encode(errors="replace")) > MAX_PAYLOAD:
            raise Refused(400, "bad_payload", f"payload must be text of at most {MAX_PAYLOAD} bytes.")
        return Incoming(sender, None, payload, message_id)
    if not isinstance(text, str):
        raise Refused(400, "bad_message", "message must be text.")
    cleaned = clean(text)
    if not cleaned:
        raise Refused(400, "empty", "message is empty.")
    return Incoming(sender, cleaned, None, message_id)


@dataclass(frozen=True)
class Vote:
    """Whether one answer helped."""

    answer_id: str
    helpful: bool


def read_vote(body: bytes, content_type: str) -> Vote:
    """Check the body of a vote: {"answer_id", "helpful"} and nothing else. Raises Refused as read_web does."""
    data = _json_object(body, content_type)
    answer_id, helpful = data.get("answer_id"), data.get("helpful")
    if set(data) != {"answer_id", "helpful"} or not isinstance(answer_id, str) or not isinstance(helpful, bool):
        raise Refused(400, "bad_vote", "Send answer_id and helpful (true or false), and nothing else.")
    return Vote(answer_id, helpful)


def _json_object(body: bytes, content_type: str) -> dict[str, Any]:
    if content_type.split(";")[0].strip().lower() != "application/json":
        # Also forces a CORS preflight, so that a form on another site cannot post here.
        raise Refused(415, "json_only", "Send application/json.")
    if len(body) > MAX_BODY:
        raise Refused(413, "too_large", f"A request may have at most {MAX_BODY} bytes.")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "bad_json", "The body is not valid JSON.") from None
    if not isinstance(data, dict):
        raise Refused(400, "bad_json", "The body must be a JSON object.")
    return data


_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean(text: str) -> str:
    """Typed text without control characters, runs of blanks, and the command syntax of Rasa at its start.

    Rasa obeys "/intent{...}" from anybody and reads "EXTERNAL: x" as an event, so neither may begin a typed message.
    """
    normal = unicodedata.normalize("NFKC", text)
    visible = "".join(c if unicodedata.category(c) not in _INVISIBLE else " " for c in normal)
    words = " ".join(visible.split())
    while True:
        stripped = re.sub(r"^(?:EXTERNAL\s*:|[/\s])+", "", words)
        if stripped == words:
            return words
        words = stripped


class Bucket:
    """Token bucket per key with bounded memory.

    Args:
        rate: tokens that come back per second.
        burst: tokens at the start and at most.
        size: keys remembered; the longest unused is forgotten first.
        clock: seconds, monotonic.
    """

    def __init__(self, rate: float, burst: int, size: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self.size, self.clock = rate, burst, size, clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Take one token; False when none is left."""
        now = self.clock()
        level, last = self._levels.pop(key, (float(self.burst), now))
        level = min(self.burst, level + (now - last) * self.rate)
        allowed = level >= 1
        self._levels[key] = (level - allowed, now)
        while len(self._levels) > self.size:
            self._levels.popitem(last=False)
        return allowed


class Repeats:
    """Remembers by message id what was already answered or is being answered, with bounded memory."""

    def __init__(self, size: int = 5_000) -> None:
        self.size = size
        self._known: OrderedDict[tuple[str, str], Any] = OrderedDict()

    def get(self, sender: str, message_id: str | None) -> Any:
        """What was put for this message, or None."""
        return self._known.get((sender, message_id)) if message_id else None

    def put(self, sender: str, message_id: str | None, value: Any) -> None:
        """Remember a value for a message that carries an id."""
        if message_id:
            self._known[sender, message_id] = value
            while len(self._known) > self.size:
                self._known.popitem(last=False)

    def forget(self, sender: str, message_id: str | None) -> None:
        """Forget a message, so that a retry is handled afresh."""
        if message_id:
            self._known.pop((sender, message_id), None)

    def forget_sender(self, sender: str) -> None:
        """Forget everything of one conversation."""
        for key in [key for key in self._known if key[0] == sender]:
            del self._known[key]
