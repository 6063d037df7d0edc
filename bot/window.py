"""What of a long conversation is read for the next turn: the last turns whole, of the rest what still counts.

Rasa goes through every event of a session at every turn and posts them all to the action server, so that each turn would cost
more than the one before. Older turns give only the values of the slots (danger signs, consent, the check), the form that is
under way, and what was typed, for the page for the doctor. Nothing is deleted: a copy of the conversation has everything.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

WHOLE = 30  # turns of which every event is read
TYPED = 200  # messages before those of which the words are read
EMPTYING = ("session_started", "reset_slots", "restart")  # events after which no slot is set
SLIM = ("event", "timestamp", "text", "input_channel", "message_id")
FORMS = ("active_loop", "loop_interrupted")


def recent(session: Any, event: Any, sender_id: str) -> tuple[list[dict[str, Any]], int]:
    """The events to go on from, and how many rows the session has.

    Args:
        session: an SQLAlchemy session.
        event: the class of the rows.
        sender_id: whose conversation.
    """
    mine = session.query(event.id, event.data).filter(event.sender_id == sender_id)
    start = _last(session, event, sender_id, event.type_name == "session_started")
    count = session.query(sa.func.count(event.id)).filter(event.sender_id == sender_id, event.id >= start).scalar()
    said = mine.filter(event.type_name == "user", event.id >= start).order_by(event.id.desc())
    cut = said.offset(WHOLE - 1).limit(1).first()
    if cut is None:
        return [json.loads(row.data) for row in mine.filter(event.id >= start).order_by(event.id)], count
    old = event.id < cut.id
    emptied = max(start, _last(session, event, sender_id, event.type_name.in_(EMPTYING), old))
    newest = [
        *_newest(session, event, sender_id, event.action_name, (event.type_name == "slot", event.id > emptied, old)),
        *_newest(session, event, sender_id, event.type_name, (event.type_name.in_(FORMS), event.id > start, old)),
    ]
    typed = said.filter(event.id > emptied, old).limit(TYPED).all()
    kept = [_words(json.loads(row.data)) for row in reversed(typed)]
    kept += [json.loads(row.data) for row in mine.filter(event.id.in_(newest)).order_by(event.id)]
    first = [json.loads(row.data) for row in mine.filter(event.id == start)]
    whole = [json.loads(row.data) for row in mine.filter(event.id >= cut.id).order_by(event.id)]
    return [*first, *kept, *whole], count


def _last(session: Any, event: Any, sender_id: str, *which: Any) -> int:
    return session.query(sa.func.max(event.id)).filter(event.sender_id == sender_id, *which).scalar() or 0


def _newest(session: Any, event: Any, sender_id: str, group: Any, which: tuple[Any, ...]) -> list[int]:
    """The ids of the newest row of each group."""
    rows = session.query(sa.func.max(event.id)).filter(event.sender_id == sender_id, *which).group_by(group)
    return [number for (number,) in rows]


def _words(data: dict[str, Any]) -> dict[str, Any]:
    """A message without what the program made of it."""
    slim: dict[str, Any] = {name: data[name] for name in SLIM if name in data}
    intent = (data.get("parse_data") or {}).get("intent")
    return {**slim, "parse_data": {"text": data.get("text"), "intent": intent, "entities": []}}
