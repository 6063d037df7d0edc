"""What every action shares: it never raises, never logs what people wrote, and always says something."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from hypnic.check import Check
from hypnic.dialogue import Dialogue
from hypnic.emergency import Outcomes, failure_text
from hypnic.facts import FactReader
from hypnic.knowledge import knowledge
from hypnic.region import Region, regions
from hypnic.reply import Reply, talk
from hypnic.settings import Settings
from hypnic.yamlfile import ROOT

logger = logging.getLogger(__name__)
TRIAGE = ROOT / "data" / "triage"

REGION = "region"

Events = list[dict[str, Any]]
# Of the conversation whose message this task works on.
_region: ContextVar[str] = ContextVar("region", default="")


class SafeAction(Action, ABC):
    """An action whose failure is an apology with the emergency line instead of silence.

    Subclasses write `name` and `act`.
    """

    @abstractmethod
    def name(self) -> str:
        """The action's name in domain.yml."""

    @abstractmethod
    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Do the work; return the events that change the conversation."""

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Called by the action server."""
        use_region(tracker.slots.get(REGION) or "")
        try:
            return self.act(dispatcher, tracker)
        except Exception as error:
            # The traceback's frames hold what the person wrote, so only the place is logged.
            logger.error("%s failed: %s at %s", self.name(), type(error).__name__, _where(error))
            send(dispatcher, Reply(failure_text(outcomes(), region()), {"kind": "failure"}))
            return []


def send(dispatcher: CollectingDispatcher, reply: Reply) -> None:
    """Hand one reply to Rasa, with the numbers of the region filled in."""
    dispatcher.utter_message(
        text=region().fill(reply.text),
        buttons=[{"title": button.title, "payload": button.payload} for button in reply.buttons],
        json_message=dict(reply.custom),
    )


@lru_cache(maxsize=1)
def dialogue() -> Dialogue:
    """The dialogue over the project's knowledge base."""
    return Dialogue(knowledge(), talk())


@lru_cache(maxsize=1)
def outcomes() -> Outcomes:
    """What is said for each danger flag."""
    return Outcomes.load(TRIAGE)


def region() -> Region:
    """The region the operator chose; where that is none, the one the person named."""
    return regions(TRIAGE).of(Settings.from_environment().region, _region.get())


def use_region(code: str) -> None:
    """From now on in this turn, the numbers of the region that the person named."""
    _region.set(code)


@lru_cache(maxsize=1)
def check() -> Check:
    """The check over the project's rules."""
    return Check.load(TRIAGE, knowledge().sources)


@lru_cache(maxsize=1)
def reader() -> FactReader:
    """The reader of facts over the project's wordings."""
    return FactReader.load(TRIAGE)


def _where(error: BaseException) -> str:
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown"
