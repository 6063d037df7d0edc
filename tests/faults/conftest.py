"""A chat server whose action server and disk are in the test's hands, and a whole Hypnic in a copy of the project."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import READY, READY_SECONDS, ROOT, Client, environment, free_port, wait_for
from tests.faults.broken import DISK, TURN, Alone, Own, ScriptedActions, copied, kind


@pytest.fixture(scope="session")
def alone(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """The chat server, whose action server is in the test's hands. Its folder is a disk of 8 MB where mounting is allowed."""
    folder = tmp_path_factory.mktemp("alone")
    var = folder / "var"
    var.mkdir()
    small = 0 == subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", var], capture_output=True).returncode
    actions = ThreadingHTTPServer(("127.0.0.1", 0), ScriptedActions)
    actions.daemon_threads = True
    threading.Thread(target=actions.serve_forever, daemon=True).start()
    port, log = free_port(), folder / "server.log"
    env = environment(PORT=port, HYPNIC_ACTION_PORT=actions.server_port, HYPNIC_VAR=var, HYPNIC_TURN_SECONDS=TURN)
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "bot.server", str(model)], cwd=ROOT, env=env, stdout=out, stderr=out)
    try:
        wait_for(lambda: kind(Client(port), "hello") == "chat", READY_SECONDS, "the chat server is not up")
        yield Alone(port, actions, var, log, small)
    finally:
        process.terminate()
        process.wait(20)
        actions.shutdown()
        if small:
            subprocess.run(["umount", var], check=True)


@pytest.fixture(scope="session")
def own(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """Hypnic as `make run` starts it, in a copy of the project."""
    folder = copied(tmp_path_factory.mktemp("own"), model)
    output, port, action_port = folder / "output.txt", free_port(), free_port()
    env = environment(PORT=port, HYPNIC_ACTION_PORT=action_port, HYPNIC_VAR=folder / "var")
    with output.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "bot.serve"], cwd=folder, env=env, stdout=out, stderr=out)
    running = Own(port, action_port, folder / "var", output, process, folder)
    try:
        wait_for(lambda: READY in running.said() or process.poll() is not None, READY_SECONDS, "the servers are not ready")
        assert READY in running.said(), running.said()
        yield running
        process.send_signal(signal.SIGINT)
        assert 0 == process.wait(20), running.said()
        assert "Traceback" not in running.said()
    finally:
        process.kill()
        process.wait()
