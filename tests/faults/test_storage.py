"""What a person gets when the disk is full, the database is spoilt, or the model is: told, never silence, and nothing half done."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from hypnic.reply import talk
from tests.conftest import ROOT, Client, environment, free_port, wait_for
from tests.faults.broken import DANGER, Alone, kind, kinds, measured, seconds, typed


def told(client: Client) -> None:
    """The person learns that the message was not kept; danger has its words first; the operator sees red."""
    replies = client.say("hello there")
    assert ["failure"] == kinds(replies)
    assert replies[0]["text"].startswith(talk().say("not_kept"))
    assert ["danger", "failure"] == kinds(client.say(DANGER))
    assert 503 == client.get("health").status


def test_a_full_disk(alone: Alone) -> None:
    """Told while it is full; as soon as there is room, the talk goes on, and what was told as lost is not there by half."""
    if not alone.small_disk:
        pytest.skip("mounting a small disk needs root")
    person = alone.client()
    person.say("hello")
    ballast = alone.var / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for piece in (b"x" * 65536, b"x" * 512):  # to the last block
            try:
                while True:
                    file.write(piece)
            except OSError:
                continue
    wait_for(lambda: kind(person, "hi again") == "failure", 30, "the full disk is not noticed")
    told(person)
    ballast.unlink()
    measured("full disk", "first answer after room", seconds(lambda: kind(person, "thanks") == "chat", 10, "no answer after room"))
    assert {"hello", "hi again", "thanks"} >= set(typed(alone.var, person.sender)) >= {"hello", "thanks"}
    assert "OperationalError" in alone.log.read_text()


def test_a_database_that_is_spoilt_while_running(alone: Alone) -> None:
    """Told; when the operator puts another file in its place, answers come without a restart."""
    person = alone.client()
    person.say("hello")
    files = list(alone.var.glob("conversations.db*"))
    for path in files:
        path.write_bytes(b"spoilt " * 3000)
    told(person)
    for path in files:
        path.unlink()
    measured("spoilt database", "first answer after repair", seconds(lambda: kind(person, "hello") == "chat", 10, "no answer"))
    assert ["hello"] == typed(alone.var, person.sender)


def started(**values: object) -> subprocess.CompletedProcess[str]:
    """The supervisor, which is to refuse."""
    env = environment(PORT=free_port(), HYPNIC_ACTION_PORT=free_port(), **values)
    return subprocess.run([sys.executable, "-m", "bot.serve"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


def test_a_spoilt_database_at_the_start(model: Path, tmp_path: Path) -> None:
    """One sentence says which file, and what to do."""
    (tmp_path / "conversations.db").write_bytes(b"spoilt " * 3000)
    done = started(HYPNIC_VAR=tmp_path)
    assert 1 == done.returncode
    assert "conversations.db cannot be used" in done.stderr and "backup" in done.stderr
    assert 1 == len(done.stderr.strip().splitlines())


def test_a_spoilt_model_at_the_start(model: Path, tmp_path: Path) -> None:
    """The supervisor says so before it starts anything."""
    from bot.serve import StartError, check_model

    whole = model.read_bytes()
    for number, spoilt in enumerate((b"", b"no model", whole[: len(whole) // 2])):
        path = tmp_path / f"{number}.tar.gz"
        path.write_bytes(spoilt)
        with pytest.raises(StartError, match="is damaged"):
            check_model(path)
    check_model(model)


def test_a_chat_server_whose_model_is_spoilt(tmp_path: Path) -> None:
    """The file was spoilt after the start, and the server ended: whoever writes gets the emergency words or an apology."""
    broken = tmp_path / "broken.tar.gz"
    with tarfile.open(broken, "w:gz") as archive:
        archive.add(ROOT / "README.md", "README.md")
    port = free_port()
    env = environment(PORT=port, HYPNIC_ACTION_PORT=free_port(), HYPNIC_VAR=tmp_path)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "bot.server", str(broken)], cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        wait_for(lambda: kind(Client(port), "hello") == "failure", 120, "no apology")
        person = Client(port)
        assert "danger" == kinds(person.say(DANGER))[0]
        assert 503 == person.get("health").status
    finally:
        process.kill()
        process.wait()
