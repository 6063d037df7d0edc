"""A danger sign in the message: the emergency words first, whatever else was asked, until it is over."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import TRIAGE, Events, SafeAction, check, outcomes, region, send
from actions.check import SLOT, closed, told_to, verdict_slots
from hypnic.danger import LEVELS, DangerScreen, Finding, asserted
from hypnic.emergency import danger_reply, still_text
from hypnic.interview import State
from hypnic.recent import newly_combined, recent_texts
from hypnic.reply import PLACE, Button, Reply, talk

EMERGENCY = "emergency"
ENDS = ("called", "over", "mistaken")


class ActionDanger(SafeAction):
    """Says what to do for the highest danger sign and remembers all of them. An emergency ends the check."""

    def name(self) -> str:
        return "action_danger"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        known = tracker.slots.get("danger_flags") or []
        found = asserted(screen().screen(str(tracker.latest_message.get("text") or "")))
        # "I am pregnant", then "I had a fit": together graver than the last message alone.
        single = {finding.flag for finding in found}
        found += [f for f in newly_combined(screen(), recent_texts(tracker.events), known) if f.flag not in single]
        found.sort(key=lambda finding: LEVELS.index(finding.level))
        doubt = ""
        if not found:
            found = suspected(tracker.latest_message)
            doubt = "\n" + talk().say("suspected_danger")
        if not found:  # the intent without a sign, which only a foreign model gives
            custom = {"kind": "danger", "level": "emergency", "flags": []}
            send(dispatcher, Reply(talk().say("unclear_danger"), custom))
            return []
        flags = [finding.flag for finding in found]
        custom = {"kind": "danger", "level": found[0].level, "flags": flags}
        emergency = found[0].level == "emergency"
        text = danger_reply(found, outcomes(), region()) + doubt
        send(dispatcher, Reply(text, custom, buttons() if emergency else ()))
        events: Events = [SlotSet("danger_flags", list(dict.fromkeys([*known, *flags])))]
        events += verdict_slots(check().interview.rules.decide(flags))
        if emergency:
            return [*events, *closed()]
        if tracker.slots.get(SLOT):
            turn = check().resume(State.from_json(tracker.slots[SLOT]), flags)
            return [*events, *told_to(dispatcher, turn)]
        return events


class ActionEmergency(SafeAction):
    """Answers every message while an emergency lasts."""

    def name(self) -> str:
        return "action_emergency"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        flags = [str(flag) for flag in tracker.slots.get(EMERGENCY) or []]
        message = tracker.latest_message
        pressed = next((str(e["value"]) for e in message.get("entities") or [] if e.get("entity") == PLACE), "")
        mode = outcomes().mode
        end = pressed if pressed in ENDS else mode.ended(str(message.get("text") or ""))
        if end in ("over", "mistaken"):
            send(dispatcher, Reply(mode.texts[f"{end}_reply"], {"kind": "chat"}))
            known = tracker.slots.get("danger_flags") or []
            left = [flag for flag in known if end == "over" or flag not in flags]
            return [SlotSet(EMERGENCY, None), SlotSet("danger_flags", left)]
        text = mode.texts["called_reply"] if end == "called" else still_text(flags, outcomes(), region())
        send(dispatcher, Reply(text, {"kind": "danger", "level": "emergency", "flags": flags}, buttons()))
        return []


def suspected(message: dict[str, Any]) -> list[Finding]:
    """The danger sign that the model suspects in a message where no rule finds one (bot/nlu/danger.py)."""
    flag = str((message.get("suspected") or {}).get("flag") or "")
    levels = check().interview.rules.flags
    return [Finding(flag, "asserted", *levels[flag], 0, 0)] if flag in levels else []


def buttons() -> tuple[Button, ...]:
    """How an emergency ends."""
    texts = outcomes().mode.texts
    return tuple(Button(texts[end], f'/emergency{{"{PLACE}":"{end}"}}') for end in ENDS)


@lru_cache(maxsize=1)
def screen() -> DangerScreen:
    """The danger screen over the project's flags."""
    return DangerScreen.load(TRIAGE)
