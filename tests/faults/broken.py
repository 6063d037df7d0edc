"""What is broken here on purpose: a chat server whose action server and disk are in the test's hands, and a whole Hypnic in a
copy of the project, whose processes are killed and whose data are spoilt.

HYPNIC_SOAK=1 (`make soak`) makes the tests long, and writes what was measured into var/faults.tsv.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, Client, Server, wait_for

SOAK = bool(os.environ.get("HYPNIC_SOAK"))
QUESTION = "why do i jerk when falling asleep"
DANGER = "my husband is shaking all over and does not answer me"
TURN = 8.0 if SOAK else 3.0  # seconds, HYPNIC_TURN_SECONDS of the chat server that stands alone
HANGS = 10.0  # seconds, longer than a turn
DISK = "8m"


def measured(fault: str, what: str, value: float, unit: str = "s") -> None:
    """Keep one figure of the long form."""
    print(f"{fault}: {what} {value:.2f} {unit}")
    if SOAK:
        (ROOT / "var").mkdir(exist_ok=True)
        with (ROOT / "var" / "faults.tsv").open("a") as file:
            file.write(f"{fault}\t{what}\t{value:.2f}\t{unit}\n")


def kinds(replies: list[dict[str, Any]]) -> list[str]:
    """What kind of messages came back."""
    return [reply["custom"]["kind"] for reply in replies]


def kind(client: Client, text: str) -> str:
    """The kind of the first reply, or "" when nobody answers."""
    try:
        return kinds(client.say(text))[0]
    except (OSError, AssertionError, json.JSONDecodeError):
        return ""


def typed(var: Path, sender: str) -> list[str]:
    """The typed messages that are stored of a conversation."""
    with sqlite3.connect(f"file:{var / 'conversations.db'}?mode=ro", uri=True) as store:
        rows = store.execute("select data from events where sender_id = ? and type_name = 'user' order by id", (sender,))
        return [json.loads(data)["text"] for (data,) in rows if json.loads(data)["text"]]


def seconds(what: Callable[[], Any], limit: float, why: str) -> float:
    """How long it takes until what() is true; fails after the limit."""
    begun = time.monotonic()
    wait_for(what, limit, why)
    return time.monotonic() - begun


class ScriptedActions(BaseHTTPRequestHandler):
    """An action server that misbehaves as `mode` says."""

    mode = "slow"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.mode == "slow":
            time.sleep(HANGS)
        status, body = {
            "slow": (200, b'{"events": [], "responses": []}'),
            "500": (500, b'{"error": "x", "request_body": "everything that was said"}'),
            "garbage": (200, b"<html>not json</html>"),
            "schema": (200, b'{"events": "none", "responses": 5}'),
            "empty": (200, b'{"events": [], "responses": []}'),
        }[self.mode]
        with contextlib.suppress(ConnectionError):  # nobody waits any longer
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@dataclass
class Alone:
    """The chat server without supervisor, the scripted action server beside it, its folder, and whether that is a small disk."""

    port: int
    actions: ThreadingHTTPServer
    var: Path
    log: Path
    small_disk: bool

    def client(self) -> Client:
        return Client(self.port)


@dataclass
class Own(Server):
    """A whole Hypnic in a copy of the project."""

    folder: Path

    def kind(self, text: str = QUESTION) -> str:
        """The kind of reply that somebody new gets, or "" when nobody answers."""
        return kind(self.client(), text)


def copied(folder: Path, model: Path) -> Path:
    """A copy of the project that runs, with the model but without tests and history."""
    for room in ("hypnic", "actions", "bot", "data", "web"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for path in ROOT.glob("*.yml"):
        shutil.copy(path, folder)
    shutil.copytree(model.parent, folder / "models", copy_function=os.link)
    return folder
