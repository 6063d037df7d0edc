"""Scores the trained model with the core on the development data; prints the shares as JSON.

Usage: python -m bot.evaluate
"""

from __future__ import annotations

import json
import logging
import statistics
import sys
from collections.abc import Iterator
from typing import Any

from bot.quiet import hush

hush()

import yaml

from bot.train import ensure_trained
from hypnic.yamlfile import ROOT

CASES = ROOT / "tests" / "cases"
ANSWERED = ("answer", "compare", "myth")


def main() -> int:
    """Print the shares by name."""
    from bot import logs
    from bot.assistant import Assistant

    model = ensure_trained()
    logs.configure(logging.ERROR)
    assistant = Assistant(model)
    marks: dict[str, list[bool]] = {}

    def custom(text: str) -> dict[str, Any]:
        return dict(assistant.answer(assistant.hear(text)).replies[0].custom)

    def is_danger(text: str) -> bool:
        return assistant.hear(text).understood.intent == "danger"

    for kind, text, topic, aspect in questions():
        got = custom(text)
        right = (got.get("topic") == topic, got.get("aspect") == aspect)
        for name, value in (("topic", right[0]), ("aspect", right[1]), ("topic and aspect", all(right))):
            marks.setdefault(f"{kind} {name}", []).append(value)
        marks.setdefault("danger everyday quiet", []).append(not is_danger(text))
    for kind, texts in yaml.safe_load((CASES / "off_topic.yml").read_text()).items():
        marks[f"off-topic {kind} not answered"] = [custom(text)["kind"] not in ANSWERED for text in texts]
    talk = yaml.safe_load((CASES / "talk.yml").read_text())
    for name, prefix, groups in (("dialogue acts", "", talk["intents"]), ("elliptical questions", "ask_", talk["elliptical"])):
        for intent, lines in groups.items():
            texts = [line["text"] if isinstance(line, dict) else line for line in lines]
            marks.setdefault(name, []).extend(assistant.hear(text).understood.intent == prefix + intent for text in texts)
    for path in sorted((CASES / "danger").glob("*.yml")):
        positive = yaml.safe_load(path.read_text())["positive"]
        for half in ("test", "fresh"):
            marks.setdefault(f"danger {half} caught", []).extend(is_danger(text) for text in positive.get(half, []))
    print(json.dumps({name: round(statistics.mean(values), 4) for name, values in marks.items()}))
    return 0


def questions() -> Iterator[tuple[str, str, str, str]]:
    """(kind, text, topic, aspect) of every development question."""
    for path in sorted((CASES / "questions").glob("*.yml")):
        data = yaml.safe_load(path.read_text())
        for cell, texts in data["cells"].items():
            for text in texts:
                yield "document", text, data["topic"], cell.split(".")[0]
    for entry in yaml.safe_load((CASES / "fresh.yml").read_text()):
        yield "fresh", entry["text"], entry["topic"], entry["aspect"]


if __name__ == "__main__":
    sys.exit(main())
