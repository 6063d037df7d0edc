"""What is on disk: nothing twice, nothing longer than needed, and the clean-up by hand reaches it."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from bot import retention
from bot.channels.telegram_inbox import DAY, FILE, KNOWN_DAYS, Inbox
from bot.channels.telegram_updates import Event
from hypnic.checks import TELEGRAM
from hypnic.errors import DataError
from hypnic.yamlfile import YamlFile

EVENT = Event("text", 5, id="m1", message=1, text="inboxcanary 😴", language="en")


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """An empty one."""
    return Inbox(tmp_path / FILE)


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob(f"{FILE}*"))


def test_a_number_is_new_once(inbox: Inbox) -> None:
    """Also within one delivery, and when it needs nothing."""
    assert [1, 3] == [item.number for item in inbox.add([(1, EVENT), (2, None), (3, EVENT), (1, EVENT)])]
    assert [] == inbox.add([(1, EVENT), (2, EVENT), (3, None)])
    assert 3 == inbox.latest()


def test_what_is_left_after_a_restart(inbox: Inbox, tmp_path: Path) -> None:
    """Events, decided calls and how many are through; finished ones are gone."""
    one, two, three = inbox.add([(1, EVENT), (2, EVENT), (3, EVENT)])
    two.calls, two.sent = [{"method": "sendMessage"}, {"method": "x"}], 1
    inbox.decided(two)
    inbox.sent(two)
    inbox.finish(one)
    inbox.close()
    left = Inbox(tmp_path / FILE).waiting()
    assert [(2, EVENT, two.calls, 1, True), (3, three.event, None, 0, True)] == [
        (item.number, item.event, item.calls, item.sent, item.again) for item in left
    ]


def test_only_the_owner_can_read_it(inbox: Inbox, tmp_path: Path) -> None:
    """Words of people stand in it for a moment."""
    assert 0o600 == (tmp_path / FILE).stat().st_mode & 0o777


def test_nothing_is_kept_when_it_fails(inbox: Inbox) -> None:
    """All or none, so that Telegram can send all of them again."""
    with pytest.raises(sqlite3.Error):
        inbox.add([(1, EVENT), ("x", EVENT)])  # type: ignore[list-item]
    assert [1] == [item.number for item in inbox.add([(1, EVENT)])]


def test_old_numbers_are_forgotten(inbox: Inbox) -> None:
    """After Telegram has stopped to repeat them."""
    inbox.add([(1, EVENT)])
    assert 0 == inbox.prune(time.time() + (KNOWN_DAYS - 1) * DAY)
    assert 1 == inbox.prune(time.time() + (KNOWN_DAYS + 1) * DAY)
    assert [] == inbox.waiting()


def test_the_clean_up_by_hand_reaches_it(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m bot.retention` leaves no byte of what was answered."""
    (item,) = inbox.add([(1, EVENT)])
    inbox.finish(item)
    inbox.close()
    monkeypatch.setenv("HYPNIC_VAR", str(tmp_path))
    assert 0 == retention.main(), capsys.readouterr()
    assert b"inboxcanary" not in files(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("place:", "plaice:", "place is missing"),
        ("{emergency_number} and tell", "112 and tell", "place"),
        ("summary_file: page-for-the-doctor", "summary_file: ../page", "summary_file"),
    ],
)
def test_the_texts_are_checked(old: str, new: str, told: str, tmp_path: Path) -> None:
    """A mistake in data/telegram.yml is told with its field."""
    broken = tmp_path / "telegram.yml"
    text = TELEGRAM.read_text(encoding="utf-8")
    assert old in text
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        YamlFile(broken, "telegram")
    assert told.split(" ")[0] in str(caught.value)
