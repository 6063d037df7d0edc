"""`make run`: trains if needed, starts the action server and the Rasa server, waits until a person would get an answer,
prints the address and stays in the foreground. Ctrl-C ends everything.

Usage: python -m bot.serve
"""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from bot.quiet import ENVIRONMENT, hush

hush()

from bot.train import is_current, trained_model
from hypnic.checks import load_all
from hypnic.errors import DataError
from hypnic.settings import SettingError, Settings
from hypnic.yamlfile import ROOT

READY_SECONDS = 180
TELEGRAM_SECONDS = 2.0  # between two looks at the Telegram channel
CRASH_SECONDS = 60.0  # a part that ends more than once in this time is started again more and more slowly
LONGEST_PAUSE = 30.0
STARTING_SECONDS = 120.0
LOOK_SECONDS = 5.0  # how often the parts are asked for a sign of life
PATIENCE = 5.0  # seconds for that sign
SILENCES = 3  # a part that gives none so many times is killed, and started again


class StartError(Exception):
    """Hypnic cannot start; the text says why in one sentence."""


@dataclass
class Part:
    """One process and how to start it."""

    name: str
    command: list[str]
    log: Path
    alive: str  # address that answers as long as the process is not stuck
    process: subprocess.Popen[bytes] | None = None
    ends: list[float] = field(default_factory=list)
    due: float = 0.0
    started: float = 0.0
    silences: int | None = None  # None until the first sign of life, unless STARTING_SECONDS pass without one

    def start(self, env: dict[str, str]) -> None:
        """Start the process; it ends with the supervisor even when that is killed."""
        self.started, self.silences = time.monotonic(), None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=_die_with_parent,
            )

    def revive(self, env: dict[str, str]) -> str:
        """Start the process again when it has ended and its pause is over; what to tell the operator, mostly nothing."""
        if self.process is None or self.process.poll() is None:
            return ""
        now = time.monotonic()
        if self.due:
            if now >= self.due:
                self.due = 0.0
                self.start(env)
            return ""
        self.ends = [moment for moment in self.ends if now - moment < CRASH_SECONDS] + [now]
        pause = min(LONGEST_PAUSE, 2.0 ** (len(self.ends) - 1)) if len(self.ends) > 1 else 0.0
        self.due = now + pause
        when = f" in {pause:.0f} s; {_last_line(self.log)}" if pause else "."
        return f"The {self.name} ended (code {self.process.returncode}) and is started again{when}"

    def look(self) -> str:
        """Kill the process when it has been silent too often; what to tell the operator, mostly nothing."""
        if self.process is None or self.process.poll() is not None:
            return ""
        if _answers(self.alive):
            self.silences = 0
        elif self.silences is not None or time.monotonic() - self.started > STARTING_SECONDS:
            self.silences = (self.silences or 0) + 1
        if (self.silences or 0) < SILENCES:
            return ""
        self.stop(signal.SIGKILL)
        return f"The {self.name} gave no sign of life and was killed."

    def stop(self, sign: int) -> None:
        """Send a signal to the process and its children."""
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, sign)


class Supervisor:
    """Keeps the parts running."""

    def __init__(self, settings: Settings, model: Path) -> None:
        self.settings = settings
        settings.var.mkdir(parents=True, exist_ok=True)
        log = settings.var / "hypnic.log"
        self.env = {**os.environ, **ENVIRONMENT}
        actions = f"http://127.0.0.1:{settings.action_port}/health"
        self.parts = [
            Part("action server", [sys.executable, "-m", "bot.action_server"], log, actions),
            Part("chat server", [sys.executable, "-m", "bot.server", str(model)], log, address(settings)),
        ]
        self.log = log
        self._asked, self._told = 0.0, ""
        self._ending = False

    def run(self) -> int:
        """Start, announce, watch. Returns the exit code."""
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, self._end)
        try:
            for part in self.parts:
                part.start(self.env)
            self._wait_ready()
            if not self._ending:
                print(f"Hypnic is ready: {address(self.settings)}  (Ctrl-C ends it)", flush=True)
            self._watch()
        finally:
            self._stop()
        return 0

    def _end(self, _: int, __: FrameType | None) -> None:
        self._ending = True

    def _wait_ready(self) -> None:
        print("Starting (about 20 seconds) ...", flush=True)
        limit = time.monotonic() + READY_SECONDS
        while not self._ending and not healthy(self.settings):
            dead = next((part for part in self.parts if part.process and part.process.poll() is not None), None)
            if dead:
                raise StartError(f"the {dead.name} ended while starting; {_last_line(self.log)}")
            if time.monotonic() > limit:
                raise StartError(f"no answer after {READY_SECONDS} seconds; see {self.log}")
            time.sleep(0.2)

    def _watch(self) -> None:
        """Start again what ends and what is stuck. Never gives up: while one part is missing, the other still serves."""
        looked = time.monotonic()
        while not self._ending:
            told = [part.revive(self.env) for part in self.parts]
            if time.monotonic() - looked > LOOK_SECONDS:
                told += [part.look() for part in self.parts]
                looked = time.monotonic()
            for line in filter(None, told):
                print(line, flush=True)
            self._tell_telegram()
            time.sleep(0.2)

    def _tell_telegram(self) -> None:
        """Print how the Telegram channel does, whenever that has changed."""
        now = time.monotonic()
        if now - self._asked < TELEGRAM_SECONDS:
            return
        self._asked = now
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):  # a server that starts again does not answer
            connection = http.client.HTTPConnection(urllib.parse.urlsplit(address(self.settings)).netloc, timeout=1)
            with contextlib.closing(connection):
                connection.request("GET", "/webhooks/telegram/health")
                line = str(json.loads(connection.getresponse().read())["line"])
            if line and line != self._told:
                print(line, flush=True)
                self._told = line

    def _stop(self) -> None:
        for sign, seconds in ((signal.SIGTERM, 6.0), (signal.SIGKILL, 2.0)):
            for part in self.parts:
                part.stop(sign)
            limit = time.monotonic() + seconds
            while time.monotonic() < limit and any(p.process and p.process.poll() is None for p in self.parts):
                time.sleep(0.05)


def address(settings: Settings) -> str:
    """Where the chat page is."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    return f"http://{host}:{settings.port}/webhooks/web/"


def healthy(settings: Settings) -> bool:
    """Whether the health question is answered."""
    try:
        with urllib.request.urlopen(f"{address(settings)}health", timeout=8) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:  # also URLError, and a part that is still starting; SILENCES gives it time
        return False


def check_database(settings: Settings) -> None:
    """Raise StartError when the file of conversations cannot be read as a database."""
    path = settings.var / "conversations.db"
    if settings.database or not path.is_file():
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=5)) as connection:
            connection.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        advice = "put a backup in its place, or move it away to begin anew"
        raise StartError(f"{path} cannot be used ({error}); {advice}") from None


def check_model(model: Path) -> None:
    """Raise StartError when the file of the model is damaged."""
    try:
        with tarfile.open(model) as archive:
            archive.getmembers()
    except (tarfile.TarError, OSError, EOFError, zlib.error):
        raise StartError(f"{model} is damaged; run `make train`") from None


def check_port(host: str, port: int, variable: str) -> None:
    """Raise StartError when something else listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = f"port {port} on {host} cannot be used ({error.strerror}); choose another with {variable}=..."
            raise StartError(reason) from None


def prepare(settings: Settings) -> Path:
    """Check ports and data, train if the data changed; the path of the model."""
    check_port(settings.host, settings.port, "PORT")
    check_port("127.0.0.1", settings.action_port, "HYPNIC_ACTION_PORT")
    check_database(settings)
    base = load_all(settings)
    # Training runs in a process of its own, so that the supervisor stays small.
    if not is_current(base) and subprocess.run([sys.executable, "-m", "bot.train"], cwd=ROOT).returncode:
        raise StartError("there is no model to serve, because training failed")
    model = trained_model()
    if model is None:
        raise StartError("there is no trained model in models/; run `make train`")
    check_model(model)
    return model


def main() -> int:
    """Command line."""
    try:
        settings = Settings.from_environment()
        return Supervisor(settings, prepare(settings)).run()
    except (StartError, SettingError, DataError) as error:
        print(f"Hypnic cannot start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.is_file() else []
    return f"its last word: {lines[-1][:200]}" if lines else f"see {log}"


if __name__ == "__main__":
    sys.exit(main())
