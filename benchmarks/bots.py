"""The two sides of the comparison as running processes: Hypnic as `make run` starts it, and stock Rasa as `rasa run` does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.figures import WORK
from benchmarks.running import children, environment, free_port
from benchmarks.talk import REST, WEB, body
from bot.train import trained_model
from hypnic.yamlfile import ROOT

PARSE = "/model/parse"
STOCK = WORK / "stock.tar.gz"
# Stock Rasa needs TensorFlow, which Hypnic leaves out: `make install-stock`.
STOCK_PYTHON = ROOT / ".venv-stock" / "bin" / "python"
START_SECONDS = 300
FIRST = "why do i jerk when i am falling asleep"
API = "from bot.server import main; main({!r}, enable_api=True)"


class Running(AbstractContextManager["Running"]):
    """A bot with all its processes; ends them when left, and removes its folder.

    Args:
        commands: of the processes.
        port: where people write to.
        path: of the webhook they write to.
        variables: more of the environment.
    """

    def __init__(self, commands: Sequence[Sequence[str]], port: int, path: str = WEB, **variables: Any) -> None:
        self.commands, self.path = commands, path
        self.base = f"http://127.0.0.1:{port}"
        self._folder = tempfile.TemporaryDirectory(prefix="hypnic-bench-")
        # People in the benchmark name addresses of their own, as behind a proxy: the limits of the channel stay as they are.
        self.env = environment(**{"HYPNIC_VAR": self._folder.name, "SANIC_PROXIES_COUNT": 1, **variables})
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """The address of the webhook."""
        return self.base + self.path

    def __enter__(self) -> Running:
        WORK.mkdir(parents=True, exist_ok=True)
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
                process.wait()
        self._folder.cleanup()

    def post(self, path: str, body: object, seconds: float = 60) -> object:
        """The parsed JSON that comes back. Raises OSError."""
        headers = {"Content-Type": "application/json", "X-Forwarded-For": "10.1.1.1"}
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return json.load(answer)

    def say(self, sender: str, text: str) -> list[object]:
        """One full turn; the list of replies. Raises OSError."""
        replies = self.post(self.path, body(self.path, sender, text))
        assert isinstance(replies, list)
        return replies

    def wait(self, ready: Callable[[], object], seconds: float = START_SECONDS) -> float:
        """Seconds until ready() is true for the first time, refused connections being not yet.

        Raises:
            RuntimeError: that took too long, or a process ended.
        """
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            with suppress(urllib.error.URLError, OSError):
                if ready():
                    return time.monotonic() - begun
            if any(process.poll() is not None for process in self.processes):
                break
            time.sleep(0.1)
        raise RuntimeError(f"no answer after {time.monotonic() - begun:.0f} seconds; see {WORK / 'servers.log'}")

    def memory(self) -> float:
        """Resident megabytes of all processes and their children."""
        total, waiting = 0.0, [process.pid for process in self.processes]
        while waiting:
            pid = waiting.pop()
            with suppress(FileNotFoundError, ProcessLookupError):
                status = Path(f"/proc/{pid}/status").read_text()
                total += sum(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))
                waiting += children(pid)
        return total


def own_model() -> Path:
    """The trained model of Hypnic. Raises RuntimeError when there is none."""
    model = trained_model()
    if model is None:
        raise RuntimeError("there is no trained model in models/; run `make train`")
    return model


def ours() -> Running:
    """Hypnic with its supervisor, both servers, own channel and SQLite store."""
    own_model()
    port, actions = free_port(), free_port()
    return Running([[sys.executable, "-m", "bot.serve"]], port, PORT=port, HYPNIC_ACTION_PORT=actions)


def stock() -> Running:
    """`rasa run` with the stock REST channel and store, and the same action server."""
    port, actions = free_port(), free_port()
    commands = [[sys.executable, "-m", "bot.action_server"], _stock(port, f"http://127.0.0.1:{actions}/webhook")]
    return Running(commands, port, REST, HYPNIC_ACTION_PORT=actions)


def ours_parsing() -> Running:
    """Hypnic's chat server alone, with Rasa's HTTP API switched on."""
    port = free_port()
    return Running([[sys.executable, "-c", API.format(str(own_model()))]], port, PORT=port)


def stock_parsing() -> Running:
    """Stock Rasa's server alone, with the HTTP API switched on."""
    port = free_port()
    return Running([[*_stock(port, "http://127.0.0.1:1/webhook"), "--enable-api"]], port, REST)


def _stock(port: int, actions: str) -> list[str]:
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / "credentials.yml").write_text("rest:\n")
    endpoints = WORK / f"endpoints-{port}.yml"
    endpoints.write_text(f"action_endpoint:\n  url: {actions}\n")
    return [
        str(STOCK_PYTHON), "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(port), "-m", str(STOCK),
        "--credentials", str(WORK / "credentials.yml"), "--endpoints", str(endpoints),
    ]
