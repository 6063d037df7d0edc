"""Questions and the talk around them: one action that asks the core what to say."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, SafeAction, check, dialogue, reader, send
from actions.check import LAST, so_far, started
from actions.memory import context, slots, understood
from hypnic.check import DESCRIBE
from hypnic.interview import State
from hypnic.questions import without_questions


class ActionAnswer(SafeAction):
    """Answers a question, asks back, or handles a dialogue act; sets the conversation's slots."""

    def name(self) -> str:
        return "action_answer"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        said = understood(tracker.latest_message)
        beside = reader().read(without_questions(said.text)).yes
        said = check().described(said, reader().read(said.text).yes, beside)
        if kept := tracker.slots.get(LAST):
            reply = check().why_not(said, State.from_json(kept))
            if reply:
                send(dispatcher, reply)
                return []
        named = "" if said.pressed else check().interview_about(said.text, None, asks_which=False)
        if named:
            send(dispatcher, check().introduction(named))
            return started(dispatcher, tracker, named, asked=True)
        turn = dialogue().respond(said, context(tracker.slots))
        for reply in turn.replies:
            send(dispatcher, reply)
        events = slots(turn.context)
        if said.pressed or said.questions:
            return events
        # "Is it restless legs? My legs twitch in bed" asks for the same as "are my leg twitches restless legs".
        tells = any(name.startswith("what.") for name in beside)
        named_too = tells and turn.context.topic in said.named
        asks_which = said.intent == "is_it_this" or (said.aspect == "what_is_it" and named_too)
        about = check().interview_about(said.text, turn.context.topic, asks_which)
        if about:
            return [*events, *started(dispatcher, tracker, about)]
        return [*events, *so_far(dispatcher, tracker, aloud=tells or said.intent == DESCRIBE)]
