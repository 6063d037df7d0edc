"""The check: starting it, and every message while it is under way."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, SafeAction, check, dialogue, outcomes, reader, region, send
from actions.emergency import finding, say_danger, verdict_slots
from actions.memory import context, slots, understood
from actions.summary import send_page
from hypnic.check import ANSWER, CheckTurn
from hypnic.emergency import danger_reply
from hypnic.interview import State
from hypnic.questions import without_questions
from hypnic.recent import advised, recent_texts
from hypnic.reply import PLACE, Reply
from hypnic.result import triage_custom
from hypnic.settings import Settings
from hypnic.triage import Verdict
from hypnic.turn import Understood

FORM, SLOT, REQUESTED, WAITS, LAST = "check_form", "check", "requested_slot", "check_answer", "checked"
SUMMARY = "summary"
AROUND = frozenset({"bye", "delete"})  # fixed responses that end the check


class ActionStartCheck(SafeAction):
    """Starts the check with what the person told so far."""

    def name(self) -> str:
        return "action_start_check"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        return started(dispatcher, tracker)


class ValidateCheckForm(SafeAction):
    """Handles every message while the check is under way. Rasa calls it because its form is active."""

    def name(self) -> str:
        return "validate_check_form"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        message = tracker.latest_message
        intent = str((message.get("intent") or {}).get("name") or "")
        if intent in AROUND:
            dispatcher.utter_message(response=f"utter_{intent}")
            return closed()
        pressed = next((str(e["value"]) for e in message.get("entities") or [] if e.get("entity") == PLACE), "")
        answers = intent == ANSWER
        said = Understood(ANSWER, pressed=True) if answers else understood(message)
        text = "" if said.pressed else said.text
        told = reader().read(text)
        state = State.from_json(tracker.slots.get(SLOT) or {})
        turn = check().respond(said, state, told.yes, told.no, pressed if answers else "")
        events: Events = []
        if turn.aside == "talk" and intent == SUMMARY:
            send_page(dispatcher, tracker)
        elif turn.aside == "talk":
            dispatcher.utter_message(response=f"utter_{intent}")
        elif turn.aside == "question":
            contrast = check().why_not(said, state)
            if contrast:
                send(dispatcher, contrast)
            else:
                answered = dialogue().respond(said, context(tracker.slots))
                for reply in answered.replies:
                    send(dispatcher, reply)
                events = slots(answered.context)
        return [*events, *told_to(dispatcher, tracker, turn)]


def started(dispatcher: CollectingDispatcher, tracker: Tracker, about: str = "", asked: bool = False) -> Events:
    """Ask for consent, or say what everybody is told where individual advice is switched off.

    Args:
        dispatcher, tracker: of this turn.
        about: the pattern the person asked about, if any.
        asked: whether the last message asks for it by name; "do I act out my dreams?" does not tell that it is so.
    """
    if not Settings.from_environment().triage:
        send(dispatcher, check().switched_off())
        return []
    yes: set[str] = set()
    no: set[str] = set()
    texts = recent_texts(tracker.events)
    if asked and texts:
        texts[-1] = without_questions(texts[-1])
    for text in texts:
        told = reader().read(text)
        yes, no = (yes | told.yes) - told.no, (no | told.no) - told.yes
    known = [flag for flag in tracker.slots.get("danger_flags") or [] if flag in check().interview.rules.flags]
    return told_to(dispatcher, tracker, check().begin({*yes, *known}, no, about))


def told_to(dispatcher: CollectingDispatcher, tracker: Tracker, turn: CheckTurn) -> Events:
    """Send the replies of a turn; the events that keep or end the check."""
    for reply in turn.replies:
        if turn.verdict and turn.verdict.level == "emergency" and reply.custom["kind"] == "triage":
            reply = Reply(emergency_text(turn.verdict) or reply.text, reply.custom)
        send(dispatcher, reply)
    events: Events = []
    if turn.danger:
        events += say_danger(dispatcher, tracker, [finding(turn.danger)])
    events += [SlotSet(LAST, turn.last.to_json())] if turn.last else []
    events += verdict_slots(turn.verdict) if turn.verdict else []
    if turn.state is None:
        return [*events, *closed()]
    return [*events, ActiveLoop(FORM), SlotSet(SLOT, turn.state.to_json()), SlotSet(REQUESTED, WAITS)]


def closed() -> Events:
    """The events that end the check."""
    return [SlotSet(SLOT, None), SlotSet(REQUESTED, None), ActiveLoop(None)]


def emergency_text(verdict: Verdict) -> str:
    """The emergency words for a verdict, the same as when the danger screen finds it."""
    return danger_reply([finding(flag) for flag in verdict.flags], outcomes(), region())


def so_far(dispatcher: CollectingDispatcher, tracker: Tracker, aloud: bool) -> Events:
    """What was told keeps the triage slots true; advice to see somebody is not held back, and given once."""
    yes: set[str] = set()
    for text in recent_texts(tracker.events):
        told = reader().read(text)
        yes = (yes | told.yes) - told.no
    if not any(name.startswith("what.") for name in yes):
        return []
    verdict = check().interview.rules.decide(yes)
    due = verdict.level in ("routine", "urgent") and verdict.pattern != "unclear"
    if aloud and due and not advised(tracker.events, verdict.level, verdict.pattern):
        line = check().say["so_far_routine" if verdict.level == "routine" else f"so_far_{verdict.timeframe}"]
        send(dispatcher, Reply(line, triage_custom(verdict, check().interview.rules.version)))
    return [event for event in verdict_slots(verdict) if event["name"] != "emergency"]
