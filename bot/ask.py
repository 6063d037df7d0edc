"""`make ask Q="..."`: what the assistant understands and answers, without servers, for editors.

Usage: python -m bot.ask "why do i jerk when falling asleep"
"""

from __future__ import annotations

import logging
import sys

from bot.quiet import hush

hush()

from actions.base import outcomes, region
from actions.danger import suspected
from bot.train import ensure_trained
from hypnic.danger import DangerScreen, asserted
from hypnic.emergency import danger_reply
from hypnic.errors import DataError
from hypnic.yamlfile import ROOT


def main(question: str) -> int:
    """Print intent, topic, aspect, population, confidence, danger flags and the answer."""
    if not question.strip():
        print('Ask something: make ask Q="why do i jerk when falling asleep"', file=sys.stderr)
        return 2
    try:
        model = ensure_trained()
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    from bot import logs
    from bot.assistant import Assistant

    logs.configure(logging.ERROR)
    assistant = Assistant(model)
    heard = assistant.hear(question)
    said = heard.understood
    findings = DangerScreen.load(ROOT / "data" / "triage").screen(question)
    rows = {
        "intent": said.intent,
        "confidence": f"{heard.confidence:.2f}",
        "topic": ", ".join(said.topics) or "none",
        "aspect": said.aspect or "none",
        "population": said.population or "general",
        "next guesses": ", ".join(f"{name} {p:.2f}" for name, p in said.guesses[:3]),
        "danger flags": ", ".join(f"{f.flag} ({f.state})" for f in findings) or "none",
    }
    for name, value in rows.items():
        print(f"{name + ':':14}{value}")
    acting = asserted(findings) or suspected(heard.parse)
    if said.intent == "danger":
        words = danger_reply(acting, outcomes(), region())
        print(f"\n[danger]\n{words}")
        return 0
    for reply in assistant.answer(heard).replies:
        print(f"\n[{reply.custom['kind']}] {reply.custom.get('answer_id', '')}\n{region().fill(reply.text)}")
        for button in reply.buttons:
            print(f"  ({button.title})")
    return 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
