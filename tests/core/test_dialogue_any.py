"""The dialogue, whatever comes: any messages in any order."""

from __future__ import annotations

import re
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from talking import ASK, ASPECTS, BASE, POPULATIONS, TALKING, TOPICS, myths, play

from hypnic.reply import KINDS, PAYLOAD_BYTES
from hypnic.turn import Understood
from hypnic.yamlfile import ROOT

DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))

chance = st.floats(0, 1)
intents = st.one_of(
    st.sampled_from([*DOMAIN["intents"], *sorted(TALKING.acts), *ASK]),
    st.text(max_size=12),
    st.text(max_size=8).map("ask_".__add__),
)
messages = st.builds(
    Understood,
    intent=intents,
    text=st.one_of(st.text(max_size=40), st.sampled_from([row[2] for row in myths()]), st.just("tics vs cramps")),
    topics=st.lists(st.sampled_from(TOPICS), max_size=3, unique=True).map(tuple),
    population=st.one_of(st.none(), st.sampled_from(POPULATIONS)),
    guesses=st.lists(st.tuples(st.sampled_from(TOPICS), chance), max_size=4, unique_by=lambda row: row[0]).map(tuple),
    intents=st.lists(st.tuples(intents, chance), max_size=4, unique_by=lambda row: row[0]).map(tuple),
    pressed=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(messages, min_size=1, max_size=10))
def test_any_talk_gets_replies(talked: list[Understood]) -> None:
    """Whatever is understood in whatever order: text, one known kind, short payloads, no open placeholder, no error."""
    for turn in play(*talked):
        assert turn.replies
        for reply in turn.replies:
            assert reply.text.strip()
            assert reply.custom["kind"] in KINDS
            assert set(re.findall(r"\{(.*?)\}", reply.text)) <= {"emergency_number", "urgent_line", "crisis_line"}
            assert all(button.title and len(button.payload.encode()) <= PAYLOAD_BYTES for button in reply.buttons)


@settings(max_examples=300, deadline=None)
@given(st.lists(messages, min_size=1, max_size=10))
def test_any_talk_leaves_a_context_of_the_vocabulary(talked: list[Understood]) -> None:
    """What is remembered is always of the closed vocabulary, so that it can be used again."""
    for turn in play(*talked):
        after = turn.context
        assert after.topic in {None, *TOPICS}
        assert after.aspect in {None, *ASPECTS}
        assert after.wanted in {None, *ASPECTS}
        assert after.population in POPULATIONS
        assert all(BASE.nearest(topic, aspect) for topic, aspect in after.options)
