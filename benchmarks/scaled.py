"""The project's data made smaller or larger, for benchmarks/knowledge.py: training examples, and the knowledge base itself."""

from __future__ import annotations

import os
import random
import shutil
from collections import defaultdict
from pathlib import Path

import yaml
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from benchmarks.talk import OPENINGS
from bot.importer import KnowledgeImporter
from hypnic.knowledge import KNOWLEDGE

FACTOR = "HYPNIC_BENCH_FACTOR"  # environment variable: how many times as many examples as there are
SHORT = 24  # characters of a name that leave room for a suffix within what buttons hold


class ScaledImporter(KnowledgeImporter):
    """The project's training data, so many times as many examples as the environment says."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Examples, as many in every intent and of every metadata as asked for, but at least one."""
        data = super().get_nlu_data(language)
        return TrainingData(scaled(data.training_examples, float(os.environ[FACTOR])))


def scaled(examples: list[Message], factor: float) -> list[Message]:
    """A part of the examples of each kind, or all of them and variants that begin in other words; the same at every call."""
    kinds: dict[str, list[Message]] = defaultdict(list)
    for example in examples:
        kinds[f"{example.get(INTENT)} {example.get(METADATA)}"].append(example)
    chance, found = random.Random(0), []
    for kind in kinds.values():
        wanted = max(1, round(factor * len(kind)))
        found += chance.sample(kind, min(wanted, len(kind)))
        for number in range(wanted - len(kind)):
            source = kind[number % len(kind)]
            opening = OPENINGS[1 + (number // len(kind) + chance.randrange(len(OPENINGS) - 1)) % (len(OPENINGS) - 1)]
            found.append(Message({**source.data, TEXT: opening + str(source.get(TEXT))}))
    return found


def grown(target: Path, times: int) -> Path:
    """A copy of the knowledge base with so many times as many topics: each again under other names, with other wordings.

    Args:
        target: a folder that does not exist yet.
        times: 1 copies it as it is.
    """
    shutil.copytree(KNOWLEDGE, target)
    vocabulary = yaml.safe_load((target / "_vocabulary.yml").read_text(encoding="utf-8"))
    for topic in tuple(vocabulary["topics"]):
        data = yaml.safe_load((KNOWLEDGE / f"{topic}.yml").read_text(encoding="utf-8"))
        for number in range(1, times):
            # The suffix is in letters: names of topics have no digits.
            suffix = chr(ord("a") + number)
            name = f"{topic}_{suffix}"
            other = {
                **data,
                "topic": name,
                "title": f"{data['title'][:SHORT]} {suffix}",
                "short": f"{data['short'][:SHORT]} {suffix}",
                "also_called": [f"{word} {suffix}" for word in data.get("also_called", [])],
                "wordings": [f"{word} {suffix}" for word in data["wordings"]],
            }
            vocabulary["topics"].append(name)
            (target / f"{name}.yml").write_text(yaml.safe_dump(other, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (target / "_vocabulary.yml").write_text(yaml.safe_dump(vocabulary, sort_keys=False), encoding="utf-8")
    return target
