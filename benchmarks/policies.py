"""What the machine-learned policy TED would cost: the project's own model with and without it, same data, same run.

Usage: python -m benchmarks.policies
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import uuid
from functools import partial
from pathlib import Path

from benchmarks.compare import WORK, Running, measure
from bot.quiet import ENVIRONMENT
from bot.shell import free_port
from bot.train import trained_model
from hypnic.yamlfile import ROOT


def serving(model: Path) -> Running:
    """The chat server with this model, and the action server."""
    port, action_port = free_port(), free_port()
    own = {"PORT": str(port), "HYPNIC_ACTION_PORT": str(action_port), "HYPNIC_VAR": tempfile.mkdtemp()}
    senders: dict[str, str] = {}

    def body(sender: str, text: str) -> dict[str, str]:
        return {"sender": senders.setdefault(sender, f"web-{uuid.uuid4()}"), "message": text}

    commands = [[sys.executable, "-m", "bot.action_server"], [sys.executable, "-m", "bot.server", str(model)]]
    url = f"http://127.0.0.1:{port}/webhooks/web/webhook"
    return Running(commands, {**os.environ, **ENVIRONMENT, **own}, url, body)


def main() -> int:
    """Print p50 and memory with rules alone and with TED, in both orders."""
    stored = WORK / "ted.json"
    if not stored.is_file():
        command = [sys.executable, "-m", "benchmarks.training", "benchmarks/configs/ted.yml", str(WORK)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rules, ted = trained_model(), Path(json.loads(stored.read_text())["model"])
    assert rules
    for name, model in (("rules", rules), ("rules and TED", ted), ("rules and TED", ted), ("rules", rules)):
        figures = measure(partial(serving, model))
        turn = f"p50 {figures.quantile(0.5):.1f} ms, p95 {figures.quantile(0.95):.1f} ms"
        print(f"{name}: {turn}, {figures.memory:.0f} MB, start {figures.start:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
