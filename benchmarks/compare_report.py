"""What the comparison with stock Rasa measured, and the part of docs/benchmarks.md that tells it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from benchmarks.figures import Times, machine, number, ratio
from benchmarks.load import CROWD, SLOW, Level, best
from benchmarks.reporting import table

SHARES = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))


@dataclass(frozen=True)
class Plan:
    """How much is measured: sequential turns and parses of a side and order, levels of people, seconds and warm-up of each."""

    turns: int = 200
    people: tuple[int, ...] = (1, 10, 50, 200)
    seconds: float = 20.0
    warm_up: float = 5.0


@dataclass(frozen=True)
class Figures:
    """One side in one order: seconds to the first answer; megabytes of all processes before and after the load; sequential
    turns and how many got no message; parses; the levels, and those of the search for the sustained rate."""

    start: float
    memory: float
    memory_after: float
    turns: Times
    empty: int
    parses: Times
    levels: tuple[Level, ...]
    probes: tuple[Level, ...]


@dataclass(frozen=True)
class Trained:
    """What the training of both sides took, in seconds, and the epochs of stock (0: as configured)."""

    ours: float
    stock: float
    epochs: int = 0


@dataclass(frozen=True)
class Floor:
    """The constant server: one request after the other, and by people; the encoder, one text after the other."""

    turns: Times
    levels: tuple[Level, ...]
    encoder: Times


Runs = Sequence[Figures]


def report(
    ours: Runs, stock: Runs, low: Floor, trained: Trained, sizes: tuple[float, float], plan: Plan, minutes: float,
    before: Sequence[float],
) -> list[str]:
    """The lines of the page.

    Args:
        ours, stock: the figures of the first and of the second order.
        low: the floor.
        trained, sizes: seconds of training; megabytes of the model files of Hypnic and of stock Rasa.
        plan: what was measured.
        minutes: that the measuring took.
        before: load averages of the machine before the first bot was started.
    """
    epochs = f"**{trained.epochs} epochs only, to try the program out**" if trained.epochs else "100 epochs each"
    return [
        f"Written by `make bench` on {time.strftime('%Y-%m-%d')}: {machine(before)}; {minutes:.0f} minutes of measuring.",
        f"Stock Rasa is 3.6.21 with its default configuration (DIET, ResponseSelector, UnexpecTED, TED; {epochs}), the stock "
        "REST channel and its store in memory, trained on the same data and calling the same action server.",
        "Hypnic runs as `make run` starts it: own web channel with the danger screen, supervisor, "
        "and conversations in SQLite.",
        "Either was started and measured twice, in the orders Hypnic-stock and stock-Hypnic; the table takes both together.",
        "",
        *table(["what", "Hypnic", "stock Rasa", "ratio"], _rows(ours, stock, trained, sizes)),
        "Training is the wall clock of the command, imports included.",
        f"Understanding is `/model/parse`, {plan.turns} requests one after the other in each order, "
        "with Rasa's HTTP API switched "
        "on for this alone and no action server.",
        f"A turn is a whole one over HTTP, {plan.turns} one after the other in each order, five a conversation.",
        "No text comes twice in an order; they are development questions, small talk and off-topic "
        "messages, the same for both.",
        "Turns among them that got no message: "
        f"Hypnic {sum(one.empty for one in ours)}, stock {sum(one.empty for one in stock)}.",
        "",
        "### In the order measured",
        "",
        *table(["what", "1. Hypnic", "2. stock", "3. stock", "4. Hypnic"], _orders((ours[0], stock[0], stock[1], ours[1]))),
        "### Many people at once",
        "",
        "Everybody waits for the answer before sending the next message, and begins a new conversation after five.",
        f"A level is measured for {plan.seconds:g} s in each order, after {plan.warm_up:g} s of "
        "warm-up, three times as much from "
        f"{CROWD} people on.",
        "Answers with status 200 count, empty ones too; failed are other statuses, time-outs (60 "
        "s) and the apology that Hypnic "
        "sends after 8 s.",
        "The load generator (Locust) runs on the same cores.",
        "The limits of the web channel are in force: everybody has an address of their own "
        "(X-Forwarded-For, as from a proxy).",
        "",
        *table(
            ["people", "side", "messages/s (in either order)", "p50, ms", "p95, ms", "p99, ms", "empty", "failed"],
            [row for place in range(len(plan.people)) for row in _place(place, ours, stock, low)],
        ),
        f"Sustained, that is the highest rate at which nothing failed and p95 stayed under {SLOW:.0f} ms, levels in between "
        f"included: Hypnic {_sustained(ours)}; stock Rasa {_sustained(stock)}.",
        "",
        "### The floor",
        "",
        "The same web server (Sanic, one process) answering a constant to the same requests, its levels a quarter as long, "
        "and the forward pass of the "
        f"sentence encoder alone, {len(low.encoder.values)} texts one after the other, none twice.",
        "",
        *table(["one after the other", *(f"{name}, ms" for _, name in SHARES), "times the floor"], _floor(ours, stock, low)),
        "The floor is the constant and the encoder together, by their medians.",
    ]


def _rows(ours: Runs, stock: Runs, trained: Trained, sizes: tuple[float, float]) -> list[tuple[str, ...]]:
    def mean(of: Callable[[Figures], float]) -> tuple[float, float]:
        return sum(map(of, ours)) / len(ours), sum(map(of, stock)) / len(stock)

    turns, parses = [_all(side, "turns") for side in (ours, stock)], [_all(side, "parses") for side in (ours, stock)]
    found: list[tuple[str, tuple[float, float], int]] = [
        ("training from scratch, s", (trained.ours, trained.stock), 0),
        ("model file, MB", sizes, 1),
        ("start to first answer, s", mean(lambda one: one.start), 1),
        ("memory of all processes, MB", mean(lambda one: one.memory), 0),
        ("memory after the load, MB", mean(lambda one: one.memory_after), 0),
        *((f"understanding {name}, ms", (parses[0].quantile(share), parses[1].quantile(share)), 1) for share, name in SHARES),
        *((f"full turn {name}, ms", (turns[0].quantile(share), turns[1].quantile(share)), 1) for share, name in SHARES),
        (f"sustained messages/s, p95 under {SLOW:.0f} ms", mean(_rate), 1),
    ]
    return [(name, number(a, digits), number(b, digits), ratio(a, b)) for name, (a, b), digits in found]


def _orders(runs: Runs) -> list[list[str]]:
    found: list[tuple[str, Callable[[Figures], float], int]] = [
        ("start to first answer, s", lambda one: one.start, 1),
        ("memory of all processes, MB", lambda one: one.memory, 0),
        ("understanding p50, ms", lambda one: one.parses.quantile(0.5), 1),
        ("full turn p50, ms", lambda one: one.turns.quantile(0.5), 1),
        ("full turn p95, ms", lambda one: one.turns.quantile(0.95), 1),
        ("sustained messages/s", _rate, 1),
    ]
    return [[name, *(number(of(run), digits) for run in runs)] for name, of, digits in found]


def _all(runs: Runs, field: str) -> Times:
    return reduce(add, (getattr(run, field) for run in runs))


def _rate(run: Figures) -> float:
    found = best([*run.levels, *run.probes])
    return found.rate if found else 0.0


def _sustained(runs: Runs) -> str:
    """The best level of each order, in words."""
    told = []
    for run in runs:
        found = best([*run.levels, *run.probes])
        told.append(f"{found.rate:.1f} messages/s with {found.people} people" if found else "none")
    return " and ".join(told)


def _level(side: str, runs: Sequence[Level]) -> list[object]:
    both = reduce(add, runs)
    rates = f"{both.rate:.1f}" + (f" ({' / '.join(f'{one.rate:.1f}' for one in runs)})" if len(runs) > 1 else "")
    failed = ", ".join(f"{count} {why}" for why, count in sorted(Counter(both.failed).items())) or "0"
    return [both.people, side, rates, *(number(value, 0) for value in both.times.quantiles), both.empty, failed]


def _place(place: int, ours: Runs, stock: Runs, low: Floor) -> list[list[object]]:
    """The rows of one level."""
    sides = [("Hypnic", ours), ("stock Rasa", stock)]
    rows = [_level(name, [one.levels[place] for one in runs]) for name, runs in sides]
    return [*rows, _level("constant", [low.levels[place]])]


def _floor(ours: Runs, stock: Runs, low: Floor) -> list[list[str]]:
    rows = [
        ("constant over HTTP", low.turns),
        ("encoder", low.encoder),
        ("Hypnic, understanding", _all(ours, "parses")),
        ("Hypnic, full turn", _all(ours, "turns")),
        ("stock Rasa, understanding", _all(stock, "parses")),
        ("stock Rasa, full turn", _all(stock, "turns")),
    ]
    limit = low.turns.quantile(0.5) + low.encoder.quantile(0.5)
    told = [[name, *(number(value, 1) for value in times.quantiles)] for name, times in rows]
    return [[*cells, number(times.quantile(0.5) / limit, 1)] for cells, (_, times) in zip(told, rows)]
