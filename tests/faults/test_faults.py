"""What a person gets when a part behind the channel is dead, slow, raising or talking nonsense."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import ROOT, Client, Server, environment, free_port, wait_for

QUESTION = "why do i jerk when falling asleep"
DANGER = "my husband is shaking all over and does not answer me"
LIMIT = 9.0  # seconds; the channel's own limit is 8


class ScriptedActions(BaseHTTPRequestHandler):
    """An action server that misbehaves as `mode` says."""

    mode = "slow"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.mode == "slow":
            time.sleep(12)
        status, body = {
            "slow": (200, b'{"events": [], "responses": []}'),
            "500": (500, b'{"error": "x", "request_body": "everything that was said"}'),
            "garbage": (200, b"<html>not json</html>"),
            "schema": (200, b'{"events": "none", "responses": 5}'),
            "empty": (200, b'{"events": [], "responses": []}'),
        }[self.mode]
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@dataclass
class Alone:
    """The chat server without supervisor, and the scripted action server beside it."""

    port: int
    actions: ThreadingHTTPServer
    var: Path

    def client(self) -> Client:
        return Client(self.port)


@pytest.fixture(scope="module")
def alone(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """The chat server, whose action server is in the test's hands."""
    var = tmp_path_factory.mktemp("faults")
    actions = ThreadingHTTPServer(("127.0.0.1", 0), ScriptedActions)
    actions.daemon_threads = True
    threading.Thread(target=actions.serve_forever, daemon=True).start()
    port = free_port()
    env = environment(PORT=port, HYPNIC_ACTION_PORT=actions.server_port, HYPNIC_VAR=var)
    with (var / "server.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "bot.server", str(model)], cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        wait_for(lambda: answers(port), 180, "the chat server is not up")
        yield Alone(port, actions, var)
    finally:
        process.terminate()
        process.wait(20)
        actions.shutdown()


def answers(port: int) -> bool:
    """Whether small talk, which needs no action server, is answered."""
    try:
        return Client(port).say("hello")[0]["custom"]["kind"] == "chat"
    except (OSError, AssertionError):
        return False


@pytest.mark.parametrize("mode", ["slow", "500", "garbage", "schema", "empty"])
def test_a_broken_action_server_is_never_silence(mode: str, alone: Alone) -> None:
    """A question gets one apology with the emergency number in time; danger still gets its words first."""
    ScriptedActions.mode = mode
    begun = time.monotonic()
    replies = alone.client().say(QUESTION)
    assert time.monotonic() - begun < LIMIT
    assert ["failure"] == [reply["custom"]["kind"] for reply in replies]
    assert "112" in replies[0]["text"]
    begun = time.monotonic()
    urgent = alone.client().say(DANGER)
    assert time.monotonic() - begun < LIMIT
    assert "danger" == urgent[0]["custom"]["kind"]
    assert "112" in urgent[0]["text"]
    assert "chat" == alone.client().say("hello")[0]["custom"]["kind"]


def test_health_is_red_without_answers(alone: Alone) -> None:
    """A server that cannot answer does not call itself healthy."""
    ScriptedActions.mode = "500"
    assert 503 == alone.client().get("health").status


def test_a_slow_turn_holds_nobody_else_up(alone: Alone) -> None:
    """While one person waits for a hung action, another is served at once."""
    ScriptedActions.mode = "slow"
    slow = threading.Thread(target=alone.client().say, args=(QUESTION,))
    slow.start()
    try:
        begun = time.monotonic()
        assert "chat" == alone.client().say("hello")[0]["custom"]["kind"]
        assert time.monotonic() - begun < 3
    finally:
        slow.join()


def test_a_dead_action_server(alone: Alone) -> None:
    """Nothing listens on the action port: an apology, and danger still has its words. Runs last in this module."""
    alone.actions.shutdown()
    alone.actions.server_close()
    assert ["failure"] == [reply["custom"]["kind"] for reply in alone.client().say(QUESTION)]
    assert "danger" == alone.client().say(DANGER)[0]["custom"]["kind"]


def test_no_words_of_people_in_the_log(alone: Alone) -> None:
    """Not even when the action server sends the whole request back in its error."""
    written = (alone.var / "server.log").read_text(errors="replace")
    assert "falling asleep" not in written
    assert "everything that was said" not in written


def test_killed_parts_come_back(server: Server) -> None:
    """kill -9 of either server: never an empty reply, then answers again, and the talk goes on where it was."""
    person = server.client()
    assert "sleep_start" == person.say("what is a hypnic jerk")[0]["custom"]["topic"]
    for module in ("bot.action_server", "bot.server"):
        killed = server.child(module)
        os.kill(killed, signal.SIGKILL)
        if module == "bot.action_server":
            assert server.client().say(QUESTION)[0]["custom"]["kind"] in ("failure", "answer")
        wait_for(lambda killed=killed, module=module: server.child(module) not in (0, killed), 30, f"{module} is not started again")
        wait_for(lambda: json_kind(server) == "answer", 120, "no answer after the restart")
    assert "sleep_start.danger_outlook.general" == person.say("is that dangerous?")[0]["custom"]["answer_id"]


def json_kind(server: Server) -> str:
    """The kind of reply a new person gets to a plain question, or "" when nobody answers."""
    try:
        return str(server.client().say(QUESTION)[0]["custom"]["kind"])
    except (OSError, AssertionError, json.JSONDecodeError):
        return ""
