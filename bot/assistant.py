"""The assistant in one process, without servers: for `make ask`, the evaluation and tests.

Uses the trained model and the same core as the actions, so that what it says is what people get.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent

from actions.base import dialogue
from actions.memory import understood
from hypnic.reply import Reply
from hypnic.turn import Context, Turn, Understood

CHAT = "chat"


@dataclass(frozen=True)
class Heard:
    """One message as parsed: Rasa's parse and the core's view of it."""

    parse: dict[str, Any]
    understood: Understood

    @property
    def confidence(self) -> float:
        """Confidence of the intent, 0 to 1."""
        return float(self.parse["intent"]["confidence"])


class Assistant:
    """Parses messages with a trained model and lets the core decide the reply.

    Args:
        model: path of a trained model file.
    """

    def __init__(self, model: Path) -> None:
        self._agent = Agent.load(str(model))
        self._loop = asyncio.new_event_loop()

    def hear(self, text: str) -> Heard:
        """Parse one message."""
        parse = self._loop.run_until_complete(self._agent.parse_message(text))
        return Heard(parse, understood(parse))

    def answer(self, heard: Heard, context: Context | None = None) -> Turn:
        """The core's reply; small talk, which Rasa answers from domain.yml, comes back as a chat reply without its text."""
        context = context or Context()
        intent = heard.understood.intent
        if intent.startswith("out_of_scope"):
            return Turn((Reply("", {"kind": "out_of_scope", "near": intent.endswith("near")}),), context)
        if intent.startswith("ask_") or intent in dialogue().acts or intent == "nlu_fallback":
            return dialogue().respond(heard.understood, context)
        return Turn((Reply("", {"kind": CHAT, "intent": intent}),), context)
