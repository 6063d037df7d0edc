"""A running Hypnic and the people who write to it: the real two servers on free ports, for tests and benchmarks."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.quiet import ENVIRONMENT
from hypnic.yamlfile import ROOT

Message = dict[str, Any]
PAGES = "/webhooks/web/"
READY = "Hypnic is ready"
READY_SECONDS = 180
# The limits of the channel stay as they are: every person here has a conversation and an address of their own.
_ADDRESSES = itertools.count(2)


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], Any], seconds: float, why: str) -> Any:
    """The first true value of what(), asked again until the deadline. Raises TimeoutError with the reason then."""
    limit = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() >= limit:
            raise TimeoutError(f"not within {seconds:.0f} s: {why}")
        time.sleep(0.05)


def environment(**values: object) -> dict[str, str]:
    """The environment of a process of Hypnic, with the values given."""
    given = {name: str(value) for name, value in values.items()}
    # Neither a test nor a benchmark may talk to the bot of whoever runs it.
    own = {name: value for name, value in os.environ.items() if not name.startswith("TELEGRAM_")}
    return {**own, **ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1", **given}


@dataclass(frozen=True)
class Answered:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as parsed JSON."""
        return json.loads(self.body)


@dataclass
class Client:
    """A person at the web channel, with a conversation and an address of their own."""

    port: int
    sender: str = field(default_factory=lambda: f"web-{uuid.uuid4()}")
    seconds: float = 30.0

    def __post_init__(self) -> None:
        number = next(_ADDRESSES)
        self._source = (f"127.0.{number // 250 + 1}.{number % 250 + 1}", 0) if sys.platform == "linux" else None

    def say(self, text: str, **more: str) -> list[Message]:
        """The replies to a typed message."""
        return self._turn({"sender": self.sender, "message": text, **more})

    def press(self, payload: str, **more: str) -> list[Message]:
        """The replies to a pressed button."""
        return self._turn({"sender": self.sender, "payload": payload, **more})

    def _turn(self, body: dict[str, Any]) -> list[Message]:
        answered = self.post(body)
        if answered.status != 200:
            raise AssertionError(f"{body}: {answered.status} {answered.body[:300]!r}")
        messages: list[Message] = answered.json
        return messages

    def post(self, body: Any) -> Answered:
        """Whatever the webhook answers to this JSON body."""
        return self.raw(json.dumps(body).encode())

    def raw(self, body: bytes, headers: dict[str, str] | None = None) -> Answered:
        """Whatever the webhook answers to these bytes."""
        sent = {"Content-Type": "application/json"} if headers is None else headers
        return self.request("POST", f"{PAGES}webhook", body, sent)

    def get(self, name: str = "") -> Answered:
        """One of the channel's pages."""
        return self.request("GET", PAGES + name)

    def forget(self) -> Answered:
        """Have this conversation deleted."""
        return self.request("DELETE", f"{PAGES}conversation/{self.sender}")

    def request(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answered:
        """One request exactly as given; the path is not tidied up."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.seconds, source_address=self._source)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answered(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


@dataclass
class Server:
    """A running Hypnic: the supervisor and what it started."""

    port: int
    action_port: int
    var: Path
    output: Path
    process: subprocess.Popen[bytes]

    @property
    def base(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}{PAGES}"

    def client(self) -> Client:
        """Somebody new."""
        return Client(self.port)

    def said(self) -> str:
        """What the supervisor has printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def child(self, module: str) -> int:
        """The process id of the part that runs this module; 0 while there is none."""
        for pid in children(self.process.pid):
            with contextlib.suppress(OSError):
                if module in (Path("/proc") / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0"):
                    return pid
        return 0


def children(pid: int) -> list[int]:
    """The living children of a process."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(status.parent.name))
    return found


@contextlib.contextmanager
def running(folder: Path, **variables: object) -> Iterator[Server]:
    """Hypnic as `make run` starts it, on free ports.

    Args:
        folder: for its conversations and logs, and for what the supervisor prints.
        variables: more of its environment.

    Raises:
        RuntimeError: it did not start, or did not end cleanly on Ctrl-C; holds what was printed.
    """
    output = folder / "output.txt"
    port, action_port = free_port(), free_port()
    env = environment(PORT=port, HYPNIC_ACTION_PORT=action_port, HYPNIC_VAR=folder / "var", **variables)
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.serve"], cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True
        )
    server = Server(port, action_port, folder / "var", output, process)
    try:
        wait_for(lambda: READY in server.said() or process.poll() is not None, READY_SECONDS, "the servers are not ready")
        if READY not in server.said():
            raise RuntimeError(server.said())
        yield server
        process.send_signal(signal.SIGINT)
        if process.wait(20) != 0 or "Traceback" in server.said():
            raise RuntimeError(server.said())
    finally:
        process.kill()
        process.wait()
