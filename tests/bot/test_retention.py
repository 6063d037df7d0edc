"""Conversations are deleted by age: when the server starts, every hour, and by hand."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.quiet import ENVIRONMENT, hush

hush()

from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint

from bot import retention
from bot.stores import ConversationStore
from hypnic.settings import SettingError, Settings
from hypnic.yamlfile import ROOT

NOW = 1_000_000_000.0
DAY = 86400.0


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    """A store in a file of its own."""
    return ConversationStore(domain=Domain.empty(), db=str(tmp_path / "conversations.db"))


def keep(store: ConversationStore, sender: str, *moments: float) -> None:
    """Store messages of these moments."""
    tracker = DialogueStateTracker(sender, slots=[])
    for moment in moments:
        tracker.update(UserUttered(f"canary of {sender}", timestamp=moment))
    asyncio.run(store.save(tracker))


def senders(store: ConversationStore) -> set[str]:
    return set(asyncio.run(store.keys()))


def test_old_goes_new_stays(store: ConversationStore, tmp_path: Path) -> None:
    """The last event counts; what was deleted is in no file any more."""
    keep(store, "old", NOW - 40 * DAY, NOW - 31 * DAY)
    keep(store, "older", NOW - 400 * DAY)
    keep(store, "new", NOW - DAY)
    keep(store, "goes-on", NOW - 40 * DAY, NOW - 29 * DAY)
    assert 2 == retention.forget_old(store, 30, NOW)
    assert {"new", "goes-on"} == senders(store)
    copy = asyncio.run(store.conversation("goes-on"))
    assert copy is not None and 2 == len(copy["messages"])
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"canary of new" in files
    assert b"canary of old" not in files
    assert 0 == retention.forget_old(store, 30, NOW)


def test_zero_days_keeps_everything(store: ConversationStore) -> None:
    """Nothing is deleted then."""
    keep(store, "old", 1.0)
    assert 0 == retention.forget_old(store, 0, NOW)
    assert {"old"} == senders(store)


def test_present_is_the_default(store: ConversationStore) -> None:
    """Without a moment, today counts."""
    keep(store, "old", time.time() - 3 * DAY)
    keep(store, "new", time.time())
    assert 1 == retention.forget_old(FailSafeTrackerStore(store), 2)
    assert {"new"} == senders(store)


def run(app: Any, days: int, until: Any) -> None:
    """Let the background task run until something is so."""

    async def go() -> None:
        task = asyncio.create_task(retention.keep_clean(app, days, every=0.01))
        for _ in range(500):
            await asyncio.sleep(0.01)
            if until():
                break
        task.cancel()

    asyncio.run(go())


def test_the_task_logs_a_count_only(store: ConversationStore, caplog: pytest.LogCaptureFixture) -> None:
    """One line for what was deleted, none for rounds without."""
    keep(store, "old", 1.0)
    app = SimpleNamespace(ctx=SimpleNamespace(agent=SimpleNamespace(tracker_store=FailSafeTrackerStore(store))))
    rounds: list[int] = []
    original = store.forget_quiet_since
    store.forget_quiet_since = lambda moment: rounds.append(1) or original(moment)  # type: ignore[method-assign,func-returns-value]
    with caplog.at_level(logging.INFO, logger="bot"):
        run(app, 30, lambda: len(rounds) > 3)
    assert ["Conversations deleted by age: 1"] == [record.getMessage() for record in caplog.records if record.name == "bot.retention"]


def test_the_task_survives_errors(caplog: pytest.LogCaptureFixture) -> None:
    """A store that fails or is of another kind is logged by its type, and tried again."""

    def broken(_: float) -> int:
        raise RuntimeError("words of a person")

    app = SimpleNamespace(ctx=SimpleNamespace(agent=SimpleNamespace(tracker_store=SimpleNamespace(forget_quiet_since=broken))))
    run(app, 30, lambda: len(caplog.records) > 1)
    assert {"Deletion by age failed: RuntimeError"} == {record.getMessage() for record in caplog.records}


def test_it_is_tied_to_the_life_of_the_server() -> None:
    """Started and stopped with it; not at all when everything is kept."""
    on, off = Blueprint("on"), Blueprint("off")
    retention.watch(on, 30)
    retention.watch(off, 0)
    listeners = {future.event: future.listener for future in on._future_listeners}
    assert {"after_server_start", "before_server_stop"} == set(listeners)
    assert not off._future_listeners

    async def life() -> set[Any]:
        await listeners["after_server_start"](SimpleNamespace(), None)
        await asyncio.sleep(0)
        await listeners["before_server_stop"](SimpleNamespace(), None)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert set() == asyncio.run(life())


def command(**values: object) -> subprocess.CompletedProcess[str]:
    """`python -m bot.retention` in an environment."""
    env = {**os.environ, **ENVIRONMENT, **{name: str(value) for name, value in values.items()}}
    return subprocess.run([sys.executable, "-m", "bot.retention"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)


def test_the_command(store: ConversationStore, tmp_path: Path) -> None:
    """It deletes in the store of endpoints.yml and prints the count."""
    keep(store, "old", time.time() - 31 * DAY)
    keep(store, "new", time.time())
    done = command(HYPNIC_VAR=tmp_path, HYPNIC_RETENTION_DAYS="")
    assert (0, "Deleted 1 conversation quiet for more than 30 days.\n") == (done.returncode, done.stdout), done.stderr
    assert {"new"} == senders(store)


@pytest.mark.parametrize(("value", "code", "says"), [("0", 0, "Nothing is deleted by age"), ("soon", 1, "HYPNIC_RETENTION_DAYS must be")])
def test_the_command_does_nothing(value: str, code: int, says: str, tmp_path: Path) -> None:
    """Nothing is opened when nothing is to be deleted or the setting is wrong."""
    done = command(HYPNIC_VAR=tmp_path / "var", HYPNIC_RETENTION_DAYS=value)
    assert code == done.returncode
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "var").exists()


def test_the_setting() -> None:
    """Thirty days unless told otherwise."""
    days = [Settings.from_environment({"HYPNIC_RETENTION_DAYS": value}).retention_days for value in ("", " 7 ", "0", "36500")]
    assert [30, 7, 0, 36500] == days


@pytest.mark.parametrize("value", ["-1", "x", "1.5", "36501", "1e3", "²", "٣", "9" * 5000])
def test_a_setting_that_cannot_be_used(value: str) -> None:
    """Refused in a sentence that names the variable."""
    with pytest.raises(SettingError, match=r"^HYPNIC_RETENTION_DAYS must be "):
        Settings.from_environment({"HYPNIC_RETENTION_DAYS": value})
