"""What people say: enough of it, no line twice, nothing of the development data in it, and the domain in step."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from hypnic.knowledge import knowledge
from hypnic.reply import KINDS
from hypnic.triage import Triage
from hypnic.yamlfile import ROOT

CASES = Path(__file__).parents[1] / "cases"
RULES = Triage.load(ROOT / "data" / "triage")
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text())
SLOTS = {"topic", "aspect", "population", "answer_id", "triage_level", "triage_timeframe", "triage_pattern", "danger_flags"}


def folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def blocks() -> list[tuple[str, dict[str, Any], list[str]]]:
    """(intent, metadata, examples) of every block of data/nlu."""
    found = []
    for path in sorted((ROOT / "data" / "nlu").rglob("*.yml")):
        for block in yaml.safe_load(path.read_text())["nlu"]:
            lines = [line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- ")]
            found.append((block["intent"], block.get("metadata") or {}, lines))
    return found


BLOCKS = blocks()
EXAMPLES = [line for _, _, lines in BLOCKS for line in lines]


def development() -> list[str]:
    """All development messages but those of danger; short talk ("yes") is bound to recur."""
    found = [q for p in (CASES / "questions").glob("*.yml") for qs in yaml.safe_load(p.read_text())["cells"].values() for q in qs]
    found += [entry["text"] for entry in yaml.safe_load((CASES / "fresh.yml").read_text())]
    found += [text for texts in yaml.safe_load((CASES / "off_topic.yml").read_text()).values() for text in texts]
    talk = yaml.safe_load((CASES / "talk.yml").read_text())
    for lines in [*talk["intents"].values(), *talk["elliptical"].values()]:
        texts = [line["text"] if isinstance(line, dict) else line for line in lines]
        found += [text for text in texts if len(text.split()) > 3]
    return found


def test_there_is_data() -> None:
    """The collectors are not empty."""
    assert len(EXAMPLES) > 5000
    assert len(development()) > 1300


NOT_LEARNED = {"other_language", "answer_check", "emergency"}  # found by a component, or carried by buttons only


def test_enough_examples() -> None:
    """At least 20 of each intent, 35 of each aspect."""
    counts = Counter({intent: 0 for intent in DOMAIN["intents"] if intent not in NOT_LEARNED})
    for intent, _, lines in BLOCKS:
        counts[intent] += len(lines)
    assert {} == {intent: n for intent, n in counts.items() if n < (35 if intent.startswith("ask_") else 20)}
    assert set() == set(counts) - set(DOMAIN["intents"])


def test_no_example_twice() -> None:
    """No line occurs twice, within an intent or across intents."""
    assert [] == [line for line, n in Counter(map(folded, EXAMPLES)).items() if n > 1]


def test_examples_are_plain_text() -> None:
    """No command syntax and no annotations."""
    assert [] == [line for line in EXAMPLES if not line or line.startswith("/") or re.search(r"[\[\]{}]", line)]


def test_metadata_is_known() -> None:
    """Topics and populations of the blocks are those of the vocabulary."""
    vocabulary = knowledge().vocabulary
    for _, metadata, _ in BLOCKS:
        assert metadata.get("topic") in {None, *vocabulary.topics}
        assert metadata.get("population") in {None, *vocabulary.populations}
        assert set(metadata) <= {"topic", "population", "document", "flag", "hard"}
        assert metadata.get("flag") in {None, *RULES.flags}


def measured_dangers() -> list[str]:
    """Wordings of danger, and look-alikes, that only measure."""
    cases = [yaml.safe_load(path.read_text()) for path in (CASES / "danger").glob("*.yml")]
    found = [text for case in cases for side in ("positive", "negative") for texts in case[side].values() for text in texts]
    fresh = yaml.safe_load((CASES / "fresh_danger.yml").read_text())
    return found + [row["text"] for row in fresh["positive"]] + fresh["negative"]


def test_development_data_is_not_trained_on() -> None:
    """No development message is a training example."""
    trained = set(map(folded, EXAMPLES))
    assert [] == [text for text in development() if folded(text) in trained]


def test_measured_dangers_are_not_trained_on() -> None:
    """Nor is a wording that measures danger an example of danger or of its look-alikes."""
    trained = {folded(line) for intent, _, lines in BLOCKS if intent in ("danger", "no_danger") for line in lines}
    assert len(measured_dangers()) > 1000
    assert [] == [text for text in measured_dangers() if folded(text) in trained]


def test_every_intent_leads_somewhere() -> None:
    """Each intent has a rule, and each rule's intent is in the domain."""
    steps = [
        step["intent"]
        for path in (ROOT / "data" / "rules").glob("*.yml")
        for rule in yaml.safe_load(path.read_text())["rules"]
        for step in rule["steps"]
        if "intent" in step
    ]
    assert set(DOMAIN["intents"]) == set(steps) - {"nlu_fallback"}


def test_every_response_is_used() -> None:
    """The responses of the domain are the utter_ actions of the rules."""
    rules = "".join(path.read_text() for path in (ROOT / "data" / "rules").glob("*.yml"))
    assert set(DOMAIN["responses"]) == set(re.findall(r"\butter_\w+", rules))


def test_responses_keep_the_contract() -> None:
    """Small talk carries one custom of a known kind, too."""
    for variants in DOMAIN["responses"].values():
        assert all(variant["custom"]["kind"] in KINDS for variant in variants)


def test_slots_of_the_contract() -> None:
    """The stable slot names are there, and none is filled straight from what a client sends."""
    assert SLOTS <= set(DOMAIN["slots"])
    assert all([{"type": "custom"}] == slot["mappings"] for slot in DOMAIN["slots"].values())
