"""The page for the doctor, at any time."""

from __future__ import annotations

import datetime
from functools import lru_cache

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import TRIAGE, Events, SafeAction, check, reader, send
from hypnic.record import Recorder
from hypnic.region import regions
from hypnic.reply import Reply
from hypnic.settings import Settings
from hypnic.summary import Summary


class ActionSummary(SafeAction):
    """Shows what was told so far as a page to print or to copy."""

    def name(self) -> str:
        return "action_summary"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        send_page(dispatcher, tracker)
        return []


def send_page(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Send the page, or say what is missing for one."""
    page = recorder().page(tracker.events, tracker.slots, datetime.date.today())
    send(dispatcher, page or Reply(recorder().summary.nothing, {"kind": "chat"}))


@lru_cache(maxsize=1)
def recorder() -> Recorder:
    """What makes the page from a conversation."""
    return Recorder(check(), reader(), Summary.load(), regions(TRIAGE), Settings.from_environment().region)
