"""Starting again."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import AllSlotsReset
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, SafeAction


class ActionForgetTalk(SafeAction):
    """Empties every slot, so that nothing of the talk so far colours what follows."""

    def name(self) -> str:
        return "action_forget_talk"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        return [AllSlotsReset()]
