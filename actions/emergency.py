"""What is sent when there is danger, whoever finds it, and the buttons that go with it."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import REGION, TRIAGE, Events, check, outcomes, region, send
from hypnic.danger import Finding
from hypnic.emergency import danger_reply
from hypnic.region import DEFAULT, regions
from hypnic.reply import Button, Reply, choice
from hypnic.triage import Verdict

EMERGENCY = "emergency"
BUTTONS = ("called", "over", "mistaken")  # in the order in which they stand


def say_danger(dispatcher: CollectingDispatcher, tracker: Tracker, found: Sequence[Finding], doubt: str = "") -> Events:
    """Send the words for danger signs.

    Args:
        dispatcher, tracker: of this turn.
        found: the signs, the gravest first.
        doubt: a sentence to add, when the signs are but suspected.

    Returns: the events that remember them.
    """
    flags = [sign.flag for sign in found]
    custom = {"kind": "danger", "level": found[0].level, "flags": flags}
    text = danger_reply(list(found), outcomes(), region())
    text = f"{text}\n{doubt}" if doubt else text
    send(dispatcher, Reply(text, custom, buttons() if found[0].level == "emergency" else ()))
    known = tracker.slots.get("danger_flags") or []
    remembered = SlotSet("danger_flags", list(dict.fromkeys([*known, *flags])))
    return [remembered, *verdict_slots(check().interview.rules.decide(flags))]


def finding(flag: str) -> Finding:
    """A flag of flags.yml as a sign that acts, when something else than its patterns found it."""
    return Finding(flag, "asserted", *check().interview.rules.flags[flag], 0, 0)


def verdict_slots(verdict: Verdict) -> Events:
    """The events that store a verdict."""
    grave = [flag for flag in verdict.flags if check().interview.rules.flags[flag][0] == "emergency"]
    return [
        SlotSet("triage_level", verdict.level),
        SlotSet("triage_timeframe", verdict.timeframe),
        SlotSet("triage_pattern", verdict.pattern),
        *([SlotSet("emergency", grave)] if grave else []),
    ]


def buttons() -> tuple[Button, ...]:
    """How an emergency ends; and the way to the right numbers, where the country is not known."""
    texts = outcomes().mode.texts
    ends = tuple(_button(texts[end], end) for end in BUTTONS)
    return (*ends, _button(regions(TRIAGE).button, REGION)) if unknown_country() else ends


def countries() -> tuple[Button, ...]:
    """The countries to choose from."""
    return tuple(_button(one.name, f"{REGION}.{one.code}") for one in regions(TRIAGE).choices())


def unknown_country() -> bool:
    """Whether neither the operator nor the person has said which country's numbers are right."""
    return region().code == DEFAULT


def _button(title: str, value: str) -> Button:
    return choice(title, EMERGENCY, value)
