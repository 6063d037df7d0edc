"""`make bench`: Hypnic beside a stock Rasa bot with default configuration, trained on the same data, in the same run.

Measures training, model size, start to first answer, memory of all processes, and full turns over HTTP with the action
server. Each side is measured twice, in the orders ours-stock and stock-ours. Writes docs/benchmarks.md.

Usage: python -m benchmarks.compare [--keep-models]
"""

from __future__ import annotations

import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from bot.quiet import ENVIRONMENT
from bot.shell import free_port
from bot.train import trained_model
from hypnic.yamlfile import ROOT

TURNS = 200
WARM_UP = 20
PER_TALK = 5
WORK = ROOT / "var" / "bench"
QUESTIONS = (
    "why do i jerk when i am falling asleep",
    "is that dangerous",
    "are my leg twitches restless legs",
    "my husband kicks me all night what can we do about it",
    "thanks",
    "how common is sleep paralysis",
    "does coffee make my legs jump at night",
    "when should i see a doctor about twitching in my sleep",
    "my baby jerks in her sleep is that normal",
    "what is the weather tomorrow",
)


Body = Callable[[str, str], dict[str, str]]


@dataclass(frozen=True)
class Figures:
    """One measured side: seconds to the first answer, megabytes of all processes, milliseconds of each turn."""

    start: float
    memory: float
    turns: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """The turn time that this share of turns stays below, in milliseconds."""
        ordered = sorted(self.turns)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Running(AbstractContextManager["Running"]):
    """A bot with all its processes; ends them when left."""

    def __init__(self, commands: list[list[str]], env: dict[str, str], url: str, body: Body) -> None:
        self.commands, self.env, self.url, self.body = commands, env, url, body
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Running:
        with (WORK / "servers.log").open("ab") as log:
            for command in self.commands:
                self.processes.append(
                    subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True)
                )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)

    def say(self, sender: str, text: str) -> list[object]:
        """One full turn; the list of replies."""
        data = json.dumps(self.body(sender, text)).encode()
        request = urllib.request.Request(self.url, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            replies: list[object] = json.load(answer)
            return replies

    def memory(self) -> float:
        """Resident megabytes of all processes and their children."""
        total, waiting = 0.0, [process.pid for process in self.processes]
        while waiting:
            pid = waiting.pop()
            status = Path(f"/proc/{pid}/status").read_text()
            total += next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        return total


def ours() -> Running:
    """Hypnic as `make run` starts it."""
    port, action_port = free_port(), free_port()
    own = {"PORT": str(port), "HYPNIC_ACTION_PORT": str(action_port), "HYPNIC_VAR": tempfile.mkdtemp()}
    env = {**os.environ, **ENVIRONMENT, **own}
    senders: dict[str, str] = {}

    def body(sender: str, text: str) -> dict[str, str]:
        return {"sender": senders.setdefault(sender, f"web-{uuid.uuid4()}"), "message": text}

    command = [sys.executable, "-m", "bot.serve"]
    return Running([command], env, f"http://127.0.0.1:{port}/webhooks/web/webhook", body)


def stock() -> Running:
    """`rasa run` with the default configuration, the stock REST channel and the same action server."""
    port, action_port = free_port(), free_port()
    (WORK / "credentials.yml").write_text("rest:\n")
    (WORK / "endpoints.yml").write_text(f"action_endpoint:\n  url: http://127.0.0.1:{action_port}/webhook\n")
    env = {**os.environ, **ENVIRONMENT, "HYPNIC_ACTION_PORT": str(action_port)}
    commands = [
        [sys.executable, "-m", "bot.action_server"],
        [
            sys.executable, "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(port), "-m", str(WORK / "stock.tar.gz"),
            "--credentials", str(WORK / "credentials.yml"), "--endpoints", str(WORK / "endpoints.yml"),
        ],
    ]

    def body(sender: str, text: str) -> dict[str, str]:
        return {"sender": sender, "message": text}

    return Running(commands, env, f"http://127.0.0.1:{port}/webhooks/rest/webhook", body)


def measure(bot: Callable[[], Running]) -> Figures:
    """Start, wait for the first answer, warm up, measure, stop."""
    started = time.monotonic()
    with bot() as running:
        while True:
            try:
                if running.say(f"start-{uuid.uuid4()}", QUESTIONS[0]):
                    break
            except (urllib.error.URLError, OSError):
                pass
            if time.monotonic() - started > 300:
                raise SystemExit(f"no answer after 300 seconds; see {WORK / 'servers.log'}")
            time.sleep(0.2)
        start = time.monotonic() - started
        turns = []
        for number in range(WARM_UP + TURNS):
            text = QUESTIONS[number % len(QUESTIONS)] + (" " + "abcdefghij"[number // 10 % 10] if number >= WARM_UP else "")
            begun = time.perf_counter()
            if not running.say(f"talk-{number // PER_TALK}", text):
                raise SystemExit("an empty reply while measuring")
            if number >= WARM_UP:
                turns.append((time.perf_counter() - begun) * 1000)
        return Figures(start, running.memory(), tuple(turns))


def merged(first: Figures, second: Figures) -> Figures:
    """Two runs as one: the mean of starts and memories, all turns together."""
    return Figures(
        statistics.mean((first.start, second.start)), max(first.memory, second.memory), first.turns + second.turns
    )


def timed_training(command: list[str]) -> float:
    """Seconds of wall clock a training command takes, imports included."""
    started = time.monotonic()
    env, quiet = {**os.environ, **ENVIRONMENT}, subprocess.DEVNULL
    subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=quiet, stderr=quiet)
    return time.monotonic() - started


def main(arguments: list[str]) -> int:
    """Train both, measure both in both orders, write the table."""
    WORK.mkdir(parents=True, exist_ok=True)
    stored = WORK / "trainings.json"
    if "--keep-models" not in arguments or not stored.is_file():
        trainings = {
            "ours": timed_training([sys.executable, "-m", "bot.train", "--force"]),
            "stock": timed_training([sys.executable, "-m", "benchmarks.training", "benchmarks/configs/stock.yml", str(WORK)]),
        }
        stored.write_text(json.dumps(trainings))
    trainings = json.loads(stored.read_text())
    first_ours, first_stock = measure(ours), measure(stock)
    second_stock, second_ours = measure(stock), measure(ours)
    us, them = merged(first_ours, second_ours), merged(first_stock, second_stock)
    model = trained_model()
    assert model
    sizes = [path.stat().st_size / 1e6 for path in (model, WORK / "stock.tar.gz")]
    rows = [
        ("training from scratch, s", trainings["ours"], trainings["stock"], 0),
        ("model file, MB", *sizes, 1),
        ("start to first answer, s", us.start, them.start, 1),
        ("memory of all processes, MB", us.memory, them.memory, 0),
        ("full turn p50, ms", us.quantile(0.5), them.quantile(0.5), 1),
        ("full turn p95, ms", us.quantile(0.95), them.quantile(0.95), 1),
        ("full turn p99, ms", us.quantile(0.99), them.quantile(0.99), 1),
    ]
    lines = [f"| {name} | {a:.{digits}f} | {b:.{digits}f} | {a / b:.2f} |" for name, a, b, digits in rows]
    table = "\n".join(["| what | Hypnic | stock Rasa | ratio |", "|---|---|---|---|", *lines])
    orders = ", ".join(f"{f.quantile(0.5):.1f}" for f in (first_ours, first_stock, second_stock, second_ours))
    report = REPORT.format(
        day=time.strftime("%Y-%m-%d"),
        cores=os.cpu_count(),
        machine=platform.machine(),
        turns=2 * TURNS,
        table=table,
        orders=orders,
        load=", ".join(f"{x:.1f}" for x in os.getloadavg()),
    )
    (ROOT / "docs" / "benchmarks.md").write_text(report)
    print(table)
    return 0


REPORT = """# Benchmarks

Written by `make bench` on {day}: {cores} cores, {machine}, load average at the end {load}.
Stock Rasa is 3.6.21 with its default configuration (DIET, ResponseSelector, UnexpecTED, TED, 100 epochs each),
the stock REST channel and an in-memory store, trained on the same data and calling the same action server.
Hypnic runs as `make run` starts it: own web channel with the danger screen, SQLite store, supervisor.
Turns are sequential full turns over HTTP on loopback, {turns} a side after a warm-up, five a conversation, from the
same ten questions.

{table}

Median turn in the order measured, ms: Hypnic, stock, stock, Hypnic = {orders}.
Training is the wall clock of the training command, imports included.
"""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
