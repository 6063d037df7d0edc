"""Votes, the number to call and the files over HTTP, against the running servers."""

from __future__ import annotations

import gzip
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from bot.quiet import hush

hush()

from bot.channels.web import VOTES_AT_ONCE, WebChannel
from hypnic.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import Answered, Client, Server

ID = "sleep_start.why.general"


def vote(client: Client, body: Any) -> Answered:
    return client.request("POST", "/webhooks/web/feedback", json.dumps(body).encode(), {"Content-Type": "application/json"})


def counts(server: Server) -> dict[str, tuple[int, int]]:
    if not (server.var / "feedback.db").exists():
        return {}
    with sqlite3.connect(server.var / "feedback.db") as connection:
        return {row[0]: row[1:] for row in connection.execute("SELECT * FROM feedback")}


def test_a_vote_is_counted(server: Server, client: Client) -> None:
    """One more on the side of the answer, and no word of the talk in the file."""
    client.say("why do i jerk when falling asleep xyzzycanary")
    yes, no = counts(server).get(ID, (0, 0))
    assert 200 == vote(client, {"answer_id": ID, "helpful": True}).status
    assert 200 == vote(client, {"answer_id": ID, "helpful": False}).status
    assert (yes + 1, no + 1) == counts(server)[ID]
    stored = (server.var / "feedback.db").read_bytes()
    assert b"xyzzycanary" not in stored and client.sender.encode() not in stored


def test_unknown_answers_are_not_counted(server: Server, client: Client) -> None:
    """The table cannot grow beyond the knowledge base."""
    for name in ("nothing.why.general", "x" * 1000, "", "sleep_start.why.general.nothing", "../x"):
        assert 404 == vote(client, {"answer_id": name, "helpful": True}).status
    assert not [name for name in counts(server) if "nothing" in name or "x" * 9 in name]


def test_votes_have_a_rate(client: Client) -> None:
    """One address cannot vote without end."""
    answered = [vote(client, {"answer_id": ID, "helpful": True}).status for _ in range(VOTES_AT_ONCE + 10)]
    assert 200 == answered[0] and 429 == answered[-1]


def test_only_an_emergency_brings_the_number() -> None:
    """The number to dial stands beside emergency words that name it, and nowhere else."""
    channel = WebChannel(Settings(region="uk"))
    danger = channel.turns.danger("he is having a seizure right now and will not wake up")
    assert danger is not None
    assert "999" == channel._callable(danger)["custom"]["call"]
    assert "call" not in danger["custom"], "the kept message stays as it is"
    for message in (
        {"text": "Good. Stay with the person.", "custom": {"kind": "danger", "level": "emergency"}},
        {**danger, "custom": {"kind": "triage", "level": "urgent"}},
        {**danger, "custom": {"kind": "answer"}},
    ):
        assert "call" not in channel._callable(message)["custom"]


def test_the_widget_is_small_and_asked_for_once(client: Client) -> None:
    """Compressed for who can read it, and 304 for who has it."""
    path = "/webhooks/web/hypnic.js"
    plain = client.request("GET", path)
    zipped = client.request("GET", path, None, {"Accept-Encoding": "gzip"})
    assert plain.body == gzip.decompress(zipped.body)
    assert len(zipped.body) < len(plain.body) / 2
    again = client.request("GET", path, None, {"If-None-Match": plain.headers["etag"]})
    assert (304, b"") == (again.status, again.body)


ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


def allowed(client: Client, method: str, path: str, origin: str) -> str | None:
    """The origin that the answer allows to read it."""
    answered = client.request(method, f"/webhooks/web/{path}", None, {**ASKS, "Origin": origin})
    return answered.headers.get("access-control-allow-origin")


@pytest.mark.parametrize(("method", "path"), [("OPTIONS", "webhook"), ("GET", "health"), ("GET", "hypnic.js")])
def test_only_the_origins_of_the_list_are_let_in(client: Client, origin: str, method: str, path: str) -> None:
    """A page of any other site may neither read an answer nor ask with JSON; the one on the list may."""
    assert origin == allowed(client, method, path, origin)
    for other in ("https://evil.example", "null", origin + "1", origin.replace("127", "https://127")):
        assert allowed(client, method, path, other) is None
