"""Counts of helpful answers: what is kept, what is let in, and what is said when it cannot be kept."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest

from bot import feedback
from bot.channels.guard import MAX_BODY, Refused, Vote, read_vote
from bot.feedback import Feedback

JSON = "application/json"
ID = "sleep_start.why.general"


def test_counts_go_up(tmp_path: Path) -> None:
    """Each vote adds one to its side of its answer; the least helpful comes first; nothing else is kept."""
    kept = Feedback(tmp_path / "new")
    assert [] == kept.counts()
    for answer, helpful in [(ID, True), (ID, True), (ID, False), ("tics.why.general", False)]:
        kept.count(answer, helpful)
    assert [("tics.why.general", 0, 1), (ID, 2, 1)] == kept.counts()
    with sqlite3.connect(kept.path) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(feedback)")]
    assert ["answer_id", "helpful", "not_helpful"] == columns


def test_nobody_s_vote_is_lost(tmp_path: Path) -> None:
    """Several that count at the same time wait for each other."""
    kept = Feedback(tmp_path)
    threads = [threading.Thread(target=kept.count, args=(ID, True)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(ID, 20, 0)] == kept.counts()


def test_the_command_prints_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An operator sees the counts, and one sentence when the file is broken."""
    monkeypatch.setenv("HYPNIC_VAR", str(tmp_path))
    Feedback(tmp_path).count(ID, False)
    assert 0 == feedback.main()
    assert ["helpful  not helpful  answer", f"      0            1  {ID}"] == capsys.readouterr().out.splitlines()
    (tmp_path / feedback.FILE).write_bytes(b"nonsense" * 100)
    assert 1 == feedback.main()
    assert "cannot be read" in capsys.readouterr().err


def test_a_vote_is_read() -> None:
    """An answer's id and yes or no."""
    assert Vote(ID, False) == read_vote(json.dumps({"answer_id": ID, "helpful": False}).encode(), JSON)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (415, b"{}", "text/plain"),
        (413, b" " * (MAX_BODY + 1), JSON),
        (400, b"{", JSON),
        (400, b"[]", JSON),
        (400, b'{"answer_id": "x"}', JSON),
        (400, b'{"answer_id": "x", "helpful": 1}', JSON),
        (400, b'{"answer_id": ["x"], "helpful": true}', JSON),
        (400, b'{"answer_id": "x", "helpful": true, "text": "my secret"}', JSON),
    ],
)
def test_what_is_no_vote_is_refused(status: int, body: bytes, kind: str) -> None:
    """Anything else, also a text beside it, is refused with its status."""
    with pytest.raises(Refused) as refused:
        read_vote(body, kind)
    assert status == refused.value.status
    assert "secret" not in refused.value.message
