"""`make bench`: Hypnic beside a stock Rasa bot with default configuration, trained on the same data, in the same run.

Measures training, model size, start to first answer, memory of all processes, understanding alone (/model/parse), full turns
over HTTP with the action server, and messages a second with more and more people; and the floor below all that
(benchmarks/floor.py). Each side is measured twice, in the orders Hypnic-stock and stock-Hypnic. Writes the first part of
docs/benchmarks.md.

Usage: python -m benchmarks.compare [--keep-models] [--epochs N] [--people 1,10] [--seconds 20] [--turns 200] [--page FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks import floor, load
from benchmarks.bots import FIRST, PARSE, STOCK, STOCK_PYTHON, Running, ours, ours_parsing, own_model, stock, stock_parsing
from benchmarks.compare_report import Figures, Floor, Plan, Trained, report
from benchmarks.figures import PAGE, WORK, Times, say, timed, write_section
from benchmarks.load import Level
from benchmarks.running import environment
from benchmarks.talk import PER_TALK, messages, new_sender
from bot.train import trained_model
from hypnic.yamlfile import ROOT

WARM_UP = 20
PROBE = 0.6  # a level of the search for the highest sustained rate takes this part of a level's time
TRAININGS = WORK / "trainings.json"


def measure(bot: Callable[[], Running], plan: Plan, seed: str) -> tuple[float, float, Times, int]:
    """Start, wait for the first answer, warm up, and hold one conversation after the other; see `hold`."""
    with bot() as running:
        start = running.wait(lambda: running.say(new_sender(), FIRST))
        return start, *hold(running, plan, seed)


def hold(running: Running, plan: Plan, seed: str) -> tuple[float, Times, int]:
    """Conversations of a few messages one after the other: megabytes afterwards, times of turns, turns without a message."""
    times, empty, sender = [], 0, ""
    for position, text in enumerate(islice(messages(seed), WARM_UP + plan.turns)):
        if position % PER_TALK == 0:
            sender = new_sender()
        begun = time.perf_counter()
        replies = running.say(sender, text)
        if position >= WARM_UP:
            times.append(timed(begun))
            empty += not replies
    return running.memory(), Times(tuple(times)), empty


def whole(bot: Callable[[], Running], parsing: Callable[[], Running], plan: Plan, seed: str) -> Figures:
    """One side in one order. Raises RuntimeError when it does not start."""
    with bot() as running:
        start = running.wait(lambda: running.say(new_sender(), FIRST))
        say(f"  first answer after {start:.1f} s")
        memory, turns, empty = hold(running, plan, seed)
        say(f"  turn p50 {turns.quantile(0.5):.1f} ms, p95 {turns.quantile(0.95):.1f} ms; {memory:.0f} MB")
        levels = crowds(running, plan, seed)
        probes = load.search(levels, partial(crowd, running, f"{seed}-probe", plan.warm_up * PROBE, plan.seconds * PROBE))
        after = running.memory()
    parses = understanding(parsing, plan, seed)
    say(f"  understanding p50 {parses.quantile(0.5):.1f} ms")
    return Figures(start, memory, after, turns, empty, parses, tuple(levels), tuple(probes))


def crowds(running: Running, plan: Plan, seed: str) -> list[Level]:
    """All levels of the plan."""
    return [crowd(running, seed, plan.warm_up, plan.seconds, people) for people in plan.people]


def crowd(running: Running, seed: str, warm_up: float, seconds: float, people: int) -> Level:
    """One level, with a line about it."""
    found = load.level(running.url, people, f"{seed}-{people}", warm_up, seconds)
    p95 = found.times.quantile(0.95)
    say(f"  {people} people: {found.rate:.1f} messages/s, p95 {p95:.0f} ms, empty {found.empty}, failed {found.failed}")
    return found


def understanding(parsing: Callable[[], Running], plan: Plan, seed: str) -> Times:
    """The times of /model/parse, one request after the other."""
    with parsing() as running:
        running.wait(lambda: running.post(PARSE, {"text": FIRST}))
        times = []
        for text in islice(messages(f"{seed}-parse"), WARM_UP + plan.turns):
            begun = time.perf_counter()
            running.post(PARSE, {"text": text})
            times.append(timed(begun))
    return Times(tuple(times[WARM_UP:]))


def lowest(plan: Plan) -> Floor:
    """The floor: a constant from the same web server, and the encoder alone."""
    with floor.constant() as running:
        running.wait(lambda: running.say(new_sender(), FIRST))
        _, turns, _ = hold(running, plan, "floor")
        levels = crowds(running, replace(plan, seconds=plan.seconds / 4, warm_up=plan.warm_up / 4), "floor")
    return Floor(turns, tuple(levels), floor.encoding(2 * plan.turns))


def train(keep: bool, epochs: int) -> Trained:
    """Train both sides, or take what an earlier run left when that is wanted; seconds of wall clock, imports included."""
    WORK.mkdir(parents=True, exist_ok=True)
    kept = Trained(**json.loads(TRAININGS.read_text())) if keep and TRAININGS.is_file() and STOCK.is_file() else None
    say("training Hypnic" if kept is None else "training Hypnic if its data have changed")
    earlier = trained_model()
    own = _timed([sys.executable, "-m", "bot.train", *([] if kept else ["--force"])])
    if kept:
        return kept if trained_model() == earlier else replace(kept, ours=round(own, 1))
    say(f"  {own:.0f} s; training stock Rasa, which takes an hour or more")
    more = [f"epochs={epochs}"] if epochs else []
    command = [str(STOCK_PYTHON), "-m", "benchmarks.training", "benchmarks/configs/stock.yml", str(WORK), *more]
    found = Trained(round(own, 1), round(_timed(command), 1), epochs)
    TRAININGS.write_text(json.dumps(vars(found)))
    say(f"  {found.stock:.0f} s")
    return found


def _timed(command: Sequence[str]) -> float:
    """Seconds of a command. Raises subprocess.CalledProcessError when it fails; what it said is in training.log."""
    begun = time.monotonic()
    with (WORK / "training.log").open("ab") as log:
        subprocess.run(command, cwd=ROOT, env=environment(), check=True, stdout=log, stderr=log)
    return time.monotonic() - begun


def main(arguments: Sequence[str]) -> int:
    """Train both, measure both in both orders, write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare")
    parser.add_argument("--keep-models", action="store_true", help="use the models and times that an earlier run left")
    parser.add_argument("--epochs", type=int, default=0, help="of stock Rasa, to try this program out; the page tells")
    parser.add_argument("--people", type=lambda text: tuple(map(int, text.split(","))), default=Plan.people)
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="of each level")
    parser.add_argument("--turns", type=int, default=Plan.turns)
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args(arguments)
    plan = Plan(given.turns, given.people, given.seconds, min(Plan.warm_up, given.seconds / 4))
    trained = train(given.keep_models, given.epochs)
    sides = {"ours": (ours, ours_parsing), "stock": (stock, stock_parsing)}
    found: dict[str, list[Figures]] = {"ours": [], "stock": []}
    load_before, begun = os.getloadavg(), time.monotonic()
    for order, side in ((1, "ours"), (1, "stock"), (2, "stock"), (2, "ours")):
        say(f"measuring {side}, order {order}")
        found[side].append(whole(*sides[side], plan, f"order-{order}"))
    say("measuring the floor")
    low = lowest(plan)
    sizes = (own_model().stat().st_size / 1e6, STOCK.stat().st_size / 1e6)
    minutes = (time.monotonic() - begun) / 60
    lines = report(found["ours"], found["stock"], low, trained, sizes, plan, minutes, load_before)
    (WORK / "compare.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_section("compare", lines, given.page)
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
