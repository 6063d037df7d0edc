"""What a message costs as the knowledge base and the training examples grow.

Trains the understanding with a quarter, half, all and twice as many examples (twice: variants that begin in other words) and
measures its training and the parse of a message; and reads the knowledge base as it is and with 2, 5 and 10 times as many
topics, and measures the load, the word lists, and what an action takes to decide. Writes its part of docs/benchmarks.md.

Usage: python -m benchmarks.knowledge [--factors 0.25,0.5,1,2] [--topics 1,2,5,10] [--page FILE]
"""

from __future__ import annotations

from bot.quiet import hush

hush()

import argparse
import asyncio
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from benchmarks.bots import own_model
from benchmarks.figures import PAGE, WORK, Times, machine, number, say, timed, write_section
from benchmarks.reporting import table
from benchmarks.running import environment
from benchmarks.scaled import FACTOR, grown
from benchmarks.talk import messages
from bot import logs
from hypnic.yamlfile import ROOT

FACTORS, TOPICS = (0.25, 0.5, 1.0, 2.0), (1, 2, 5, 10)
WARM_UP, PARSED = 20, 200
LONGEST = 5400.0  # seconds that one training may take


def understood(factor: float) -> dict[str, Any]:
    """Train the understanding with so many times as many examples; examples, seconds, megabytes of the model and of the
    process, and milliseconds of each parse."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu
    from rasa.shared.importers.importer import TrainingDataImporter

    data = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    data["importers"] = [{"name": "benchmarks.scaled.ScaledImporter"}]
    os.environ[FACTOR] = str(factor)
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        os.environ["RASA_CACHE_DIRECTORY"] = folder  # or Rasa takes what an earlier run trained
        config = Path(folder) / "config.yml"
        config.write_text(yaml.safe_dump(data), encoding="utf-8")
        nlu = str(ROOT / "data" / "nlu")
        begun = time.monotonic()
        model = train_nlu(str(config), nlu, folder, fixed_model_name="scaled")
        seconds, peak = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        importer = TrainingDataImporter.load_nlu_importer_from_config(str(config), training_data_paths=[nlu])
        examples = len(importer.get_nlu_data().intent_examples)
        size, agent, times = Path(str(model)).stat().st_size / 1e6, Agent.load(str(model)), []
        for text in islice(messages("knowledge"), WARM_UP + PARSED):
            started = time.perf_counter()
            asyncio.run(agent.parse_message(text))
            times.append(timed(started))
    return {"examples": examples, "seconds": seconds, "size": size, "peak": peak, "times": times[WARM_UP:]}


def known(times: int) -> dict[str, Any]:
    """Read a knowledge base with so many times as many topics; answers, seconds to read it and to build the word lists,
    megabytes it takes, and milliseconds of each look through the word lists and of each decision of an action."""
    from bot.assistant import Assistant
    from bot.nlu.spacy_model import build
    from hypnic.dialogue import Dialogue
    from hypnic.knowledge import Knowledge
    from hypnic.reply import talk
    from hypnic.turn import Context

    assistant = Assistant(own_model())
    texts = list(islice(messages("knowledge"), WARM_UP + PARSED))
    heard = [one.understood for one in map(assistant.hear, texts)]
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        place, before = grown(Path(folder) / "knowledge", times), resident()
        begun = time.monotonic()
        base = Knowledge.load(place)
        read = time.monotonic() - begun
    memory = resident() - before
    begun = time.monotonic()
    words = build(base)
    built = time.monotonic() - begun
    dialogue, looks, decisions = Dialogue(base, talk()), [], []
    for text, said in zip(texts, heard):
        started = time.perf_counter()
        words(text)
        looks.append(timed(started))
        started = time.perf_counter()
        dialogue.respond(said, Context())
        decisions.append(timed(started))
    return {
        "topics": len(base.topics), "answers": sum(1 for _ in base.answers()) + sum(1 for _ in base.details()), "read": read,
        "memory": memory, "built": built, "looks": looks[WARM_UP:], "decisions": decisions[WARM_UP:],
    }


def resident() -> float:
    """Megabytes this process holds now."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def apart(what: str, value: float) -> dict[str, Any] | None:
    """What understood(value) or known(value) finds, in a process of its own; None when that failed or took too long."""
    WORK.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.knowledge", "--one", what, str(value)]
    with (WORK / "knowledge.log").open("ab") as log:
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=log, check=True, timeout=LONGEST
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            say(f"{what} {value}: {type(error).__name__}; see {log.name}")
            return None
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def report(examples: dict[float, Any], topics: dict[int, Any], before: Sequence[float]) -> list[str]:
    """The lines of the page. A size that could not be measured is told as such."""
    learnt, held = [], []
    for factor, one in examples.items():
        if one is None:
            learnt.append([f"{factor:g}", "training failed, or took more than " + f"{LONGEST / 60:.0f} minutes", *[""] * 6])
            continue
        times = Times(tuple(one["times"]))
        parse = [number(value, 1) for value in times.quantiles]
        sizes = [f"{one['examples']:,}", *(f"{one[key]:.0f}" for key in ("seconds", "peak", "size"))]
        learnt.append([f"{factor:g}", *sizes, *parse])
    for count, one in topics.items():
        if one is None:
            held.append([str(count), "could not be measured", *[""] * 6])
            continue
        medians = [number(Times(tuple(one[key])).quantile(0.5), 2) for key in ("looks", "decisions")]
        took = [f"{one['read']:.1f}", f"{one['built']:.1f}", f"{one['memory']:.0f}"]
        sizes = [str(one["topics"]), f"{one['answers']:,}", *took]
        held.append([str(count), *sizes, *medians])
    return [
        f"`python -m benchmarks.knowledge` on {time.strftime('%Y-%m-%d')}; {machine(before)}.",
        "",
        *table(
            ["times", "examples", "training, s", "peak memory, MB", "model, MB", "parse p50, ms", "p95, ms", "p99, ms"],
            learnt,
        ),
        "Fewer examples are a part of every kind; more are variants that begin in other words.",
        f"Only the understanding is trained, and {PARSED} messages are parsed in the same process.",
        "",
        *table(
            ["times", "topics", "answers", "read, s", "word lists built, s", "memory, MB", "word lists, ms", "action, ms"],
            held,
        ),
        "More topics are copies under other names with other wordings. The last two are medians of a message: of finding the "
        "wordings in it, and of what the action decides.",
    ]


def main(arguments: Sequence[str]) -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.knowledge")
    parser.add_argument("--factors", type=lambda text: tuple(map(float, text.split(","))), default=FACTORS)
    parser.add_argument("--topics", type=lambda text: tuple(map(int, text.split(","))), default=TOPICS)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        logs.configure(logging.ERROR)
        what, value = given.one
        print(json.dumps(understood(float(value)) if what == "examples" else known(int(value))))
        return 0
    before, examples, topics = os.getloadavg(), {}, {}
    for count in given.topics:
        say(f"{count} times the topics")
        topics[count] = apart("topics", count)
    for factor in given.factors:
        say(f"{factor:g} times the examples")
        examples[factor] = apart("examples", factor)
    lines = report(examples, topics, before)
    write_section("knowledge", lines, given.page)
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
