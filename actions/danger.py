"""A danger sign in the message: the emergency words first, whatever else was asked, until it is over."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import REGION, TRIAGE, Events, SafeAction, check, outcomes, region, send, use_region
from actions.check import SLOT, closed, told_to
from actions.emergency import EMERGENCY, buttons, countries, finding, say_danger, unknown_country
from hypnic.danger import LEVELS, DangerScreen, Finding, asserted
from hypnic.emergency import CRISIS, ENDS, still_text
from hypnic.interview import State
from hypnic.recent import asked_by_danger, newly_combined, recent_texts
from hypnic.region import regions
from hypnic.reply import PLACE, Reply, talk

SHORT_ANSWERS = {"affirm": "yes", "deny": "no", "dont_know": "unsure"}
ASKED = "asked"  # in the slot of the region: the country was asked for, but is not known


class ActionDanger(SafeAction):
    """Says what to do for the highest danger sign and remembers all of them. An emergency ends the check."""

    def name(self) -> str:
        return "action_danger"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        known = tracker.slots.get("danger_flags") or []
        message = str(tracker.latest_message.get("text") or "")
        named = regions(TRIAGE).named(message)
        if named:
            use_region(named.code)
        found = asserted(screen().screen(message))
        # "I am pregnant", then "I had a fit": together graver than the last message alone.
        single = {sign.flag for sign in found}
        found += [f for f in newly_combined(screen(), recent_texts(tracker.events), known) if f.flag not in single]
        found.sort(key=lambda sign: LEVELS.index(sign.level))
        doubt = ""
        intent = str((tracker.latest_message.get("intent") or {}).get("name") or "")
        asked = outcomes().main(asked_by_danger(tracker.events)) if not found and intent in SHORT_ANSWERS else None
        if asked:
            answer = SHORT_ANSWERS[intent]
            if answer not in asked.raises:
                send(dispatcher, Reply(asked.says.get(answer, outcomes().noted), {"kind": "chat"}))
                return []
            found = [finding(asked.raises[answer])]
        if not found:
            found = suspected(tracker.latest_message)
            doubt = talk().say("suspected_danger")
        if not found:  # the intent without a sign, which only a foreign model gives
            custom = {"kind": "danger", "level": "emergency", "flags": []}
            send(dispatcher, Reply(talk().say("unclear_danger"), custom))
            return []
        flags = [sign.flag for sign in found]
        events = say_danger(dispatcher, tracker, found, doubt)
        events += [SlotSet(REGION, named.code)] if named else []
        if found[0].level == "emergency" or CRISIS & set(flags):  # nobody in such need is asked about twitches
            return [*events, *closed()]
        if tracker.slots.get(SLOT):
            turn = check().resume(State.from_json(tracker.slots[SLOT]), flags)
            return [*events, *told_to(dispatcher, tracker, turn)]
        return events


class ActionEmergency(SafeAction):
    """Answers every message while an emergency lasts."""

    def name(self) -> str:
        return "action_emergency"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        flags = [str(flag) for flag in tracker.slots.get(EMERGENCY) or []]
        message = tracker.latest_message
        pressed = next((str(e["value"]) for e in message.get("entities") or [] if e.get("entity") == PLACE), "")
        text = "" if pressed else str(message.get("text") or "")
        custom = {"kind": "danger", "level": "emergency", "flags": flags} if flags else {"kind": "chat"}
        if pressed == REGION:
            send(dispatcher, Reply(regions(TRIAGE).ask, custom, countries()))
            return []
        mode = outcomes().mode
        end = pressed if pressed in ENDS else mode.ended(text)
        events: Events = []
        named = regions(TRIAGE).get(pressed.removeprefix(f"{REGION}.")) if pressed.startswith(f"{REGION}.") else None
        named = named or regions(TRIAGE).named(text)
        if named:
            use_region(named.code)
            events = [SlotSet(REGION, named.code)]
            if not end:
                send(dispatcher, Reply(regions(TRIAGE).noted(named), custom, buttons() if flags else ()))
                return events
        if end in ("over", "mistaken"):
            send(dispatcher, Reply(mode.texts[f"{end}_reply"], {"kind": "chat"}))
            known = tracker.slots.get("danger_flags") or []
            left = [flag for flag in known if end == "over" or flag not in flags]
            return [*events, SlotSet(EMERGENCY, None), SlotSet("danger_flags", left)]
        reply = mode.texts["called_reply"] if end == "called" else still_text(flags, outcomes(), region())
        if not end and unknown_country() and not tracker.slots.get(REGION):
            reply, events = f"{reply}\n{regions(TRIAGE).ask}", [SlotSet(REGION, ASKED)]
        send(dispatcher, Reply(reply, custom, buttons()))
        return events


def suspected(message: dict[str, Any]) -> list[Finding]:
    """The danger sign that the model suspects in a message where no rule finds one (bot/nlu/danger.py)."""
    flag = str((message.get("suspected") or {}).get("flag") or "")
    return [finding(flag)] if flag in check().interview.rules.flags else []


@lru_cache(maxsize=1)
def screen() -> DangerScreen:
    """The danger screen over the project's flags."""
    return DangerScreen.load(TRIAGE)
