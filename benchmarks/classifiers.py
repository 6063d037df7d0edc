"""Compares intent classifiers on the development data: accuracy, off-topic separation, training and parsing time.

Every configuration of benchmarks/configs is trained on the same data; the project's own model is taken as it is trained.
Writes the table of docs/nlu.md.

Usage: .venv-stock/bin/python -m benchmarks.classifiers [CONFIG ...]      (of benchmarks/configs; else two of them)
"""

from __future__ import annotations

from bot.quiet import hush

hush()

import asyncio
import json
import logging
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import yaml
from sklearn.metrics import roc_auc_score

from bot.nlu.encoder import encoder
from bot.train import trained_model
from hypnic.yamlfile import ROOT

CASES = ROOT / "tests" / "cases"
WORK = ROOT / "var" / "bench"
MARKS = ("<!-- comparison -->", "<!-- /comparison -->")


@dataclass(frozen=True)
class Case:
    """One development message with its right intent; None for off-topic ones."""

    text: str
    intent: str | None
    kind: str


def cases() -> list[Case]:
    """All development messages."""
    found = []
    for path in sorted((CASES / "questions").glob("*.yml")):
        for cell, questions in yaml.safe_load(path.read_text())["cells"].items():
            found += [Case(q, "ask_" + cell.split(".")[0], "document") for q in questions]
    found += [Case(e["text"], "ask_" + e["aspect"], "fresh") for e in yaml.safe_load((CASES / "fresh.yml").read_text())]
    for kind, texts in yaml.safe_load((CASES / "off_topic.yml").read_text()).items():
        found += [Case(text, None, kind) for text in texts]
    for intent, lines in yaml.safe_load((CASES / "talk.yml").read_text())["intents"].items():
        found += [Case(line["text"] if isinstance(line, dict) else line, intent, "talk") for line in lines]
    return found


def score(model: Path, seconds: float) -> str:
    """One row of the table."""
    from rasa.core.agent import Agent

    from bot import logs

    logs.configure(logging.ERROR)
    agent = Agent.load(str(model))
    encoder()._lately.clear()  # every classifier pays for its own vectors
    loop = asyncio.new_event_loop()
    right: dict[str, list[bool]] = {}
    signal, on_topic, times = [], [], []
    for case in cases():
        begun = time.perf_counter()
        parse = loop.run_until_complete(agent.parse_message(case.text))
        times.append((time.perf_counter() - begun) * 1000)
        ranking = [entry for entry in parse["intent_ranking"] if entry["name"] != "nlu_fallback"]
        name, confidence = ranking[0]["name"], ranking[0]["confidence"]
        if case.intent:
            right.setdefault(case.kind, []).append(name == case.intent)
        if case.kind in ("document", "fresh", "near", "far"):
            signal.append(0.0 if name.startswith("out_of_scope") else confidence)
            on_topic.append(case.intent is not None)
    shares = [f"{100 * statistics.mean(right[kind]):.1f}" for kind in ("document", "fresh", "talk")]
    kept = kept_at(signal, on_topic)
    area = roc_auc_score(on_topic, signal)
    return " | ".join([*shares, f"{area:.3f}", f"{100 * kept:.1f}", f"{seconds:.0f}", f"{statistics.median(times):.1f}"])


def kept_at(signal: list[float], on_topic: list[bool], rejected: float = 0.95) -> float:
    """Share of on-topic messages above the threshold that rejects this share of the off-topic ones."""
    off = sorted(value for value, on in zip(signal, on_topic) if not on)
    threshold = off[min(len(off) - 1, int(rejected * len(off)))]
    inside = [value for value, on in zip(signal, on_topic) if on]
    return sum(value > threshold for value in inside) / len(inside)


def main(names: list[str]) -> int:
    """Train what is missing, score all, write the table."""
    rows = []
    model = trained_model()
    assert model
    seconds = json.loads((WORK / "trainings.json").read_text())["ours"] if (WORK / "trainings.json").is_file() else 0.0
    rows.append(f"| own cell model (chosen) | {score(model, seconds)} |")
    for name in names or ["logistic_regression", "stock"]:
        result = WORK / f"{name}.json"
        # A model of few epochs is left by a trial of benchmarks/compare.py.
        if not result.is_file() or json.loads(result.read_text()).get("epochs"):
            command = [sys.executable, "-m", "benchmarks.training", f"benchmarks/configs/{name}.yml", str(WORK)]
            command += [] if name == "stock" else ["nlu"]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stored = json.loads(result.read_text())
        rows.append(f"| {name.replace('_', ' ')} | {score(Path(stored['model']), stored['seconds'])} |")
    head = [
        "| classifier | aspect, document questions % | aspect, fresh questions % | dialogue acts % | on/off-topic AUROC | "
        "kept at 95 % off-topic rejected % | training s | parse p50 ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    table = "\n".join([*head, *rows])
    page = ROOT / "docs" / "nlu.md"
    text = page.read_text()
    before, rest = text.split(MARKS[0], 1)
    page.write_text(f"{before}{MARKS[0]}\n{table}\n{MARKS[1]}{rest.split(MARKS[1], 1)[1]}")
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
