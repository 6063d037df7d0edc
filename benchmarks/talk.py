"""What people write in the benchmarks, and how it is posted. Imports little, so that the load generator stays small."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from functools import lru_cache

import yaml

from hypnic.yamlfile import ROOT

CASES = ROOT / "tests" / "cases"
WEB, REST = "/webhooks/web/webhook", "/webhooks/rest/webhook"
PER_TALK = 5  # messages of one conversation
# Put around a message so that hardly one is written twice: the encoder keeps the vectors of texts it has seen, and a
# benchmark that repeats itself would measure that cache.
OPENINGS = ("", "hi, ", "hello, ", "ok, ", "so ", "and ", "well, ", "sorry, ", "um, ", "please, ", "right, ", "hey, ")
ENDINGS = ("", "?", "??", "!", ".", " please", " ...", " :)")


@lru_cache(maxsize=1)
def texts() -> tuple[str, ...]:
    """Development messages: questions that the document answers, small talk, and what lies outside."""
    found: list[str] = []
    for path in sorted((CASES / "questions").glob("*.yml")):
        for questions in yaml.safe_load(path.read_text(encoding="utf-8"))["cells"].values():
            found += questions
    for lines in yaml.safe_load((CASES / "talk.yml").read_text(encoding="utf-8"))["intents"].values():
        found += [line["text"] if isinstance(line, dict) else line for line in lines]
    for off in yaml.safe_load((CASES / "off_topic.yml").read_text(encoding="utf-8")).values():
        found += off
    return tuple(found)


def messages(seed: int | str) -> Iterator[str]:
    """Messages without end, the same for the same seed, none of them twice as long as there are other ones."""
    chance = random.Random(seed)
    said: set[str] = set()
    while True:
        text = chance.choice(OPENINGS) + chance.choice(texts()) + chance.choice(ENDINGS)
        if text not in said or len(said) > 50_000:
            said.add(text)
            yield text


def body(path: str, sender: str, text: str) -> dict[str, str]:
    """What is posted for one message. The widget gives each an id, under which repeats are looked up; Rasa's REST has none."""
    more = {"id": uuid.uuid4().hex} if path == WEB else {}
    return {"sender": sender, "message": text, **more}


def new_sender() -> str:
    """The name of a new conversation."""
    return f"web-{uuid.uuid4()}"
