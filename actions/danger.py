"""A danger sign in the message: the emergency words first, whatever else was asked."""

from __future__ import annotations

from functools import lru_cache

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import TRIAGE, Events, SafeAction, outcomes, region, send
from hypnic.danger import DangerScreen, asserted
from hypnic.emergency import danger_reply
from hypnic.reply import Reply, talk


class ActionDanger(SafeAction):
    """Says what to do for the highest danger sign and remembers all of them."""

    def name(self) -> str:
        return "action_danger"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        found = asserted(screen().screen(str(tracker.latest_message.get("text") or "")))
        if not found:  # the classifier suspects what no rule knows
            send(dispatcher, Reply(talk().say("suspected_danger"), {"kind": "danger", "level": "emergency", "flags": []}))
            return []
        flags = [finding.flag for finding in found]
        custom = {"kind": "danger", "level": found[0].level, "flags": flags}
        send(dispatcher, Reply(danger_reply(found, outcomes(), region()), custom))
        known = tracker.slots.get("danger_flags") or []
        return [SlotSet("danger_flags", list(dict.fromkeys([*known, *flags])))]


@lru_cache(maxsize=1)
def screen() -> DangerScreen:
    """The danger screen over the project's flags."""
    return DangerScreen.load(TRIAGE)
