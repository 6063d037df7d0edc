"""Starting and what can go wrong with it: one clear sentence, no traceback, nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, children, environment, free_port, wait_for


def serve(**values: object) -> subprocess.CompletedProcess[str]:
    """Run the supervisor until it gives up."""
    command = [sys.executable, "-m", "bot.serve"]
    return subprocess.run(command, cwd=ROOT, env=environment(**values), capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("variable", ["PORT", "HYPNIC_ACTION_PORT"])
def test_a_busy_port(variable: str, tmp_path: Path) -> None:
    """The sentence names the port and the variable that changes it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = {"PORT": free_port(), "HYPNIC_ACTION_PORT": free_port(), variable: port}
        done = serve(**ports, HYPNIC_VAR=tmp_path)
    assert done.returncode == 1
    assert str(port) in done.stderr and variable in done.stderr
    assert 1 == len(done.stderr.strip().splitlines())


@pytest.mark.parametrize(("name", "value"), [("PORT", "abc"), ("PORT", "70000"), ("HYPNIC_TURN_SECONDS", "soon"), ("HYPNIC_REGION", "usa")])
def test_a_bad_setting(name: str, value: str, tmp_path: Path) -> None:
    """The sentence names the variable."""
    done = serve(**{"PORT": free_port(), "HYPNIC_ACTION_PORT": free_port(), "HYPNIC_VAR": tmp_path, name: value})
    assert done.returncode == 1
    assert name in done.stderr
    assert 1 == len(done.stderr.strip().splitlines())


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("data/knowledge/tics.yml", "topic: tics", "topic: [tics", "data/knowledge/tics.yml:"),
        ("data/knowledge/tics.yml", "topic: tics", "topic: ticks", "data/knowledge/tics.yml:1  topic"),
        ("data/knowledge/tics.yml", "certainty: strong", "certainty: sure", "certainty: 'sure' is not one of"),
        ("data/knowledge/tics.yml", "answers:", "answrs:", "answ"),
        ("data/talk.yml", "which_topic:", "wich_topic:", "data/talk.yml"),
        ("data/triage/flags.yml", "level: emergency", "level: emergancy", "data/triage/flags.yml:"),
        ("data/triage/outcomes.yml", "failure:", "failur:", "data/triage/outcomes.yml"),
    ],
)
def test_a_broken_data_file(file: str, old: str, new: str, told: str, tmp_path: Path) -> None:
    """`make check` names file, line and field."""
    for room in ("hypnic", "data"):
        shutil.copytree(ROOT / room, tmp_path / room)
    text = (tmp_path / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1))
    done = subprocess.run([sys.executable, "-m", "hypnic.checks"], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_while_starting(model: Path, tmp_path: Path) -> None:
    """Everything ends at once, quietly, and no process stays."""
    env = environment(PORT=free_port(), HYPNIC_ACTION_PORT=free_port(), HYPNIC_VAR=tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.serve"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout
    assert "Starting" in process.stdout.readline()
    try:
        parts = wait_for(lambda: len(found := children(process.pid)) == 2 and found, 10, "the two servers are not started")
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in rest
    assert [] == [pid for pid in parts if Path(f"/proc/{pid}").exists()]


def test_a_machine_without_python_310(tmp_path: Path) -> None:
    """The installer says in one sentence what is missing."""
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    for lock in ROOT.glob("requirements*.lock"):
        shutil.copy(lock, tmp_path)
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "dirname", "cat", "cksum", "rm"):
        found = shutil.which(tool)
        assert found
        os.symlink(found, tools / tool)
    done = subprocess.run(["sh", "deploy/install.sh"], cwd=tmp_path, env={"PATH": str(tools)}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Python 3.10" in done.stderr
    assert 1 == len(done.stderr.strip().splitlines())
