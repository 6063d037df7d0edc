"""Rasa's own checks: the training data is consistent, and NLU, rules and stories lead every test talk to the right actions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, environment

STORIES = ROOT / "tests" / "test_stories.yml"
TALKS: list[dict[str, Any]] = yaml.safe_load(STORIES.read_text(encoding="utf-8"))["stories"]
SPOKEN = [step for talk in TALKS for step in talk["steps"] if "user" in step]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Rasa writes its reports."""
    return tmp_path_factory.mktemp("rasa")


@pytest.fixture(scope="module")
def commands(model: Path, out: Path) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Three commands of Rasa side by side, since each of them spends most of its time importing."""
    texts: dict[str, list[str]] = {}
    for step in SPOKEN:
        texts.setdefault(step["intent"], []).append(f"- {step['user']}\n")
    nlu = [{"intent": intent, "examples": "".join(dict.fromkeys(lines))} for intent, lines in texts.items()]
    (out / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}), encoding="utf-8")
    arguments = {
        "validate": ["data", "validate", "--data", "data/nlu", "data/rules", "data/stories", "--fail-on-warnings"],
        "core": ["test", "core", "-m", str(model), "-s", str(STORIES), "--fail-on-prediction-errors", "--out", str(out / "core")],
        "nlu": ["test", "nlu", "-m", str(model), "-u", str(out / "nlu.yml"), "--no-plot", "--out", str(out / "nlu")],
    }
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", "rasa", *rest], cwd=ROOT, env=environment(), text=True,
            stdout=(out / name).with_suffix(".txt").open("w"), stderr=subprocess.STDOUT,
        )
        for name, rest in arguments.items()
    }  # fmt: skip
    yield running
    for process in running.values():
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", ["validate", "core", "nlu"])
def test_rasa_ends_well(name: str, commands: dict[str, subprocess.Popen[str]], out: Path) -> None:
    """`rasa data validate` has nothing to complain about; `rasa test core` predicts every action of the test talks."""
    code = commands[name].wait(300)
    assert code == 0, (out / name).with_suffix(".txt").read_text(encoding="utf-8", errors="replace")[-3000:]


def test_what_is_typed_in_the_talks_is_understood(commands: dict[str, subprocess.Popen[str]], out: Path) -> None:
    """`rasa test core` takes the intents as given, so that the texts are judged apart; Rasa leaves the fallback out there."""
    assert commands["nlu"].wait(300) == 0
    errors = json.loads((out / "nlu" / "intent_errors.json").read_text(encoding="utf-8"))
    assert [] == [error for error in errors if error["intent"] != "nlu_fallback"]
    report = json.loads((out / "nlu" / "intent_report.json").read_text(encoding="utf-8"))
    assert len({(step["user"], step["intent"]) for step in SPOKEN}) == report["weighted avg"]["support"]


def test_there_are_enough_talks() -> None:
    """At least 15 talks, each named once, and every act of domain.yml that can be typed occurs."""
    assert 15 <= len(TALKS) == len({talk["story"] for talk in TALKS})
    intents = set(yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"])
    assert {"no_danger", "answer_check", "emergency"} >= intents - {step["intent"] for step in SPOKEN}
