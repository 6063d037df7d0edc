"""What the machine-learned policy TED would cost: the project's own model with and without it, same data, same run.

Usage: .venv-stock/bin/python -m benchmarks.policies
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.bots import Running
from benchmarks.compare import measure
from benchmarks.compare_report import Plan
from benchmarks.figures import WORK
from benchmarks.running import free_port
from bot.train import trained_model
from hypnic.yamlfile import ROOT


def serving(model: Path) -> Running:
    """The chat server with this model, and the action server."""
    port, action_port = free_port(), free_port()
    commands = [[sys.executable, "-m", "bot.action_server"], [sys.executable, "-m", "bot.server", str(model)]]
    return Running(commands, port, PORT=port, HYPNIC_ACTION_PORT=action_port)


def main() -> int:
    """Print p50 and memory with rules alone and with TED, in both orders."""
    stored = WORK / "ted.json"
    if not stored.is_file():
        command = [sys.executable, "-m", "benchmarks.training", "benchmarks/configs/ted.yml", str(WORK)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rules, ted = trained_model(), Path(json.loads(stored.read_text())["model"])
    assert rules
    for name, model in (("rules", rules), ("rules and TED", ted), ("rules and TED", ted), ("rules", rules)):
        start, memory, turns, _ = measure(partial(serving, model), Plan(), "policies")
        turn = f"p50 {turns.quantile(0.5):.1f} ms, p95 {turns.quantile(0.95):.1f} ms"
        print(f"{name}: {turn}, {memory:.0f} MB, start {start:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
