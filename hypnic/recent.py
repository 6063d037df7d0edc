"""What the last messages of a person say together: danger signs that no single one of them shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from hypnic.danger import DangerScreen, Finding, asserted

MESSAGES = 4  # as many as still belong to one story
ACTING = ("emergency", "urgent")


def recent_texts(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """The last typed messages, the oldest first, from the events of a conversation as Rasa stores them. Buttons
    and what was said before an emergency or before starting again are not among them."""
    return _typed(events, emergency_ends=True)[-MESSAGES:]


def typed_texts(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """All typed messages since the conversation began or began again, the oldest first. Buttons are not among them."""
    return _typed(events, emergency_ends=False)


def asked_by_danger(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """The flags of the last message to the person, when that was the words for an urgent sign, which end with a question."""
    said = [event for event in events if event.get("event") == "bot"]
    last: Mapping[str, Any] = said[-1] if said else {}
    custom = (last.get("data") or {}).get("custom") or {}
    urgent = custom.get("kind") == "danger" and custom.get("level") == "urgent"
    return [str(flag) for flag in custom.get("flags") or []] if urgent else []


def advised(events: Iterable[Mapping[str, Any]], level: str, pattern: str) -> bool:
    """Whether a message to the person has named this level for this pattern before."""
    customs = [(event.get("data") or {}).get("custom") or {} for event in events if event.get("event") == "bot"]
    wanted = ("triage", level, pattern)
    return any((custom.get("kind"), custom.get("level"), custom.get("pattern")) == wanted for custom in customs)


def _typed(events: Iterable[Mapping[str, Any]], emergency_ends: bool) -> list[str]:
    texts: list[str] = []
    for event in events:
        over = emergency_ends and event.get("event") == "slot" and event.get("name") == "emergency"
        if over or event.get("event") in ("restart", "reset_slots", "session_started"):
            texts = []
        if event.get("event") == "rewind":  # the last message was changed afterwards; its new wording follows
            texts = texts[:-1]
        text = event.get("text") if event.get("event") == "user" else None
        if isinstance(text, str) and text and not text.startswith("/"):
            texts.append(text)
    return texts


def newly_combined(screen: DangerScreen, texts: list[str], known: Collection[str]) -> list[Finding]:
    """The asserted emergency and urgent signs that the last message completes.

    Args:
        screen: the danger screen.
        texts: the last messages, the oldest first.
        known: flags that were found before.
    """
    if len(texts) < 2:
        return []
    before = {finding.flag for finding in asserted(screen.screen("\n".join(texts[:-1])))} | set(known)
    found = asserted(screen.screen("\n".join(texts)))
    return [finding for finding in found if finding.flag not in before and finding.level in ACTING]
