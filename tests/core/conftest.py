"""The project's own knowledge base, and a tiny one that a test may break."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hypnic.dialogue import Dialogue
from hypnic.knowledge import Knowledge
from hypnic.reply import Talk

Edit = Callable[[str, str, str], int]

TINY = {
    "_vocabulary.yml": """\
topics: [yawning, sneezing]
aspects:
  what_is_it: {label: "What is it?", about: what it is, instead: [feels_like]}
  feels_like: {label: "What does it feel like?", about: how it feels, instead: [what_is_it]}
populations:
  general: {label: In general, wordings: []}
  child: {label: In children, wordings: [kid]}
""",
    "_sources.yml": """\
sources:
  nhs: {title: About yawning, publisher: NHS, year: 2020, url: "https://www.nhs.uk/"}
  nice: {title: About sneezing, publisher: NICE, year: 2021}
""",
    "_comparisons.yml": """\
comparisons:
  - topics: [yawning, sneezing]
    text: >-
      Yawning and sneezing are told apart by how fast they are. A yawn is a slow, deep breath with the mouth wide open, and nothing
      comes out. A sneeze begins with a tickle in the nose and throws the air out in a moment. Both end by themselves.
    certainty: strong
    sources: [nice]
    reviewed: 2026-01-02
""",
    "_ambiguous.yml": """\
ambiguous:
  - id: blow
    words: [blow, blows]
    ask: Do you mean the slow one or the fast one of the two?
    options:
      - {title: Slow, topic: yawning}
      - {title: Fast, topic: sneezing}
    clear: [nose]
""",
    "yawning.yml": """\
topic: yawning
title: Yawning
short: yawning
also_called: [yawns]
wordings: [yawn, gape, wide mouth, big breath, open mouth, long breath, tired breath, mouth wide, i yawn, he yawns]
tell_apart: A long, deep breath with the mouth wide open, which ends by itself after a few seconds.
answers:
  what_is_it:
    general:
      text: >-
        A yawn is a long, deep breath with the mouth wide open. It comes by itself and ends by itself. People do it when
        they are tired or bored, or when they see somebody else do it. It does no harm.
      certainty: strong
      sources: [nhs, nice]
      reviewed: 2026-01-02
      next: [what_is_it, sneezing.feels_like]
myths:
  - id: no_air
    claim: People yawn because there is no air.
    verdict: "false"
    text: >-
      This is false. People in fresh air yawn as often as people in a closed room, and breathing pure oxygen changes nothing.
    sources: [nice]
    wordings: [is it lack of air, no air yawn, need air]
""",
    "sneezing.yml": """\
topic: sneezing
title: Sneezing
short: sneezing
also_called: []
wordings: [sneeze, achoo, nose tickle, i sneeze, he sneezes, she sneezes, we sneeze, nose blast, loud nose, bless you]
tell_apart: A sudden strong breath out through the nose and mouth, which follows a tickle in the nose.
answers:
  feels_like:
    general:
      text: >-
        A sneeze begins with a tickle in the nose. Then a deep breath comes in by itself, and a moment later the air is
        thrown out through the nose and mouth. It is over at once and brings relief.
      certainty: weak
      sources: [nice]
      reviewed: 2026-01-02
      next: []
""",
}


@pytest.fixture(scope="session")
def base() -> Knowledge:
    """The project's knowledge base."""
    return Knowledge.load()


@pytest.fixture(scope="session")
def dialogue(base: Knowledge) -> Dialogue:
    """The dialogue over the project's knowledge base."""
    return Dialogue(base, Talk.load())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny knowledge base of two topics."""
    for name, text in TINY.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replaces one piece of a file of the tiny knowledge base; gives the line on which it began."""

    def change(name: str, old: str, new: str) -> int:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} must hold {old!r} once"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return change
