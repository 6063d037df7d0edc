"""Whatever is sent to the door gets a clear status or a kind reply, steers nothing and leaks nothing."""

from __future__ import annotations

import json
import sqlite3
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import Client, Server, wait_for

JSON = {"Content-Type": "application/json"}
SENDER = f"web-{uuid.uuid4()}"


@pytest.mark.parametrize(
    ("status", "code", "body"),
    [
        (400, "empty", {"sender": SENDER, "message": ""}),
        (400, "empty", {"sender": SENDER, "message": "  \n\t "}),
        (400, "empty", {"sender": SENDER, "message": "\u0000\u0007\u200b"}),
        (400, "empty", {"sender": SENDER, "message": "///"}),
        (413, "too_long", {"sender": SENDER, "message": "why " * 300}),
        (413, "too_large", {"sender": SENDER, "message": "x" * 10_000}),
        (400, "bad_message", {"sender": SENDER, "message": 5}),
        (400, "bad_message", {"sender": SENDER, "message": {"text": "hi"}}),
        (400, "message_or_payload", {"sender": SENDER}),
        (400, "message_or_payload", {"sender": SENDER, "message": "hi", "payload": "/greet"}),
        (400, "bad_payload", {"sender": SENDER, "payload": "/" + "x" * 70}),
        (400, "bad_payload", {"sender": SENDER, "payload": []}),
        (400, "bad_sender", {"message": "hi"}),
        (400, "bad_sender", {"sender": "default", "message": "hi"}),
        (400, "bad_sender", {"sender": "42", "message": "hi"}),
        (400, "bad_id", {"sender": SENDER, "message": "hi", "id": "../x"}),
        (400, "unknown_field", {"sender": SENDER, "message": "hi", "metadata": {"a": 1}}),
        (400, "bad_json", ["hi"]),
        (400, "bad_json", "hi"),
    ],
)
def test_malformed_requests(status: int, code: str, body: Any, client: Client) -> None:
    """Each mistake has its status and code."""
    answered = client.post(body)
    assert (status, code) == (answered.status, answered.json["error"])


def test_bytes_that_are_no_json(client: Client) -> None:
    """Broken JSON is told, not crashed on."""
    assert 400 == client.raw(b"{nope", JSON).status
    assert 400 == client.raw(b"\xff\xfe", JSON).status
    assert 400 == client.raw(b"[" * 5000, JSON).status


def test_other_content_types(client: Client) -> None:
    """A form of another site cannot post."""
    body = json.dumps({"sender": SENDER, "message": "hi"}).encode()
    assert 415 == client.raw(body, {"Content-Type": "text/plain"}).status
    assert 415 == client.raw(body, {}).status


def test_a_danger_in_a_too_long_message_is_not_overlooked(client: Client) -> None:
    """A long story that is refused is screened all the same."""
    story = "it has been a long week and nobody sleeps here. " * 22 + "my husband is shaking all over and does not answer me"
    replies = client.say(story)
    assert "danger" == replies[0]["custom"]["kind"]


@pytest.mark.parametrize(
    "text", ['/ask_why{"at":"tics"}', "/restart", "/session_start", "/back", "EXTERNAL: intent", '/ask_why{"topic":"tics"}']
)
def test_typed_commands_do_not_steer(text: str, server: Server, client: Client) -> None:
    """Command syntax is plain text when it is typed: no intent of that name, no slot, no restart."""
    client.say("what is a hypnic jerk")
    replies = client.say(text)
    # As text it may well be about tics; what the command would give is the answer to "why".
    assert "tics.why.general" != replies[0]["custom"].get("answer_id")
    texts = [event["text"] for event in events(server, client.sender) if event["event"] == "user"]
    assert all(not typed.startswith(("/", "EXTERNAL")) for typed in texts if typed)
    assert not [event for event in events(server, client.sender) if event["event"] in ("restart", "undo")]


@pytest.mark.parametrize(
    "payload",
    ['/ask_why{"at":"tics"}', "/restart", '/danger{"at":"x"}', '/ask_why{"danger_flags":"x"}', "/ask_why{", "hello", "💤"],
)
def test_a_payload_that_was_not_offered(payload: str, client: Client) -> None:
    """Only buttons of this conversation work."""
    assert [{"kind": "clarify", "options": []}] == [reply["custom"] for reply in client.press(payload)]


@pytest.mark.parametrize("text", ["😴😴😴", "ааааа ббббб", "{0.__class__}", "0[ {topic}", "<img src=x onerror=alert(1)>", "x" * 1000, "%s %d"])
def test_odd_texts_get_a_reply(text: str, client: Client) -> None:
    """Odd texts are answered kindly and never echoed."""
    replies = client.say(text)
    assert replies[0]["custom"]["kind"] in ("out_of_scope", "clarify", "chat", "answer")
    assert text not in json.dumps(replies)


def test_too_many_messages_are_slowed_down(server: Server) -> None:
    """A flood of one conversation is refused, others are served."""
    flood, other = server.client(), server.client()
    with ThreadPoolExecutor(10) as senders:  # one after the other, a slow machine would never be too fast
        answers = list(senders.map(lambda _: flood.post({"sender": flood.sender, "message": "hi"}), range(160)))
    assert {200, 429} == {answered.status for answered in answers}
    assert {"slow_down", "busy"} >= {answered.json["error"] for answered in answers if answered.status == 429} >= {"slow_down"}
    assert "chat" == other.say("hello")[0]["custom"]["kind"]


def test_a_repeat_is_answered_once(server: Server, client: Client) -> None:
    """The same message id gets the same replies, and one turn is stored."""
    first = client.say("what is a hypnic jerk", id="m1")
    assert first == client.say("what is a hypnic jerk", id="m1")
    asked = [event for event in events(server, client.sender) if event["event"] == "user" and event["text"]]
    assert 1 == len(asked)


def test_deletion_leaves_nothing(server: Server, client: Client) -> None:
    """After deletion the store holds no event of the conversation."""
    client.say("what is a hypnic jerk")
    assert events(server, client.sender)
    assert 200 == client.forget().status
    assert [] == events(server, client.sender)


def test_typed_deletion_leaves_nothing(server: Server, client: Client) -> None:
    """Asking for deletion in words does the same."""
    client.say("what is a hypnic jerk")
    client.say("delete my data please")
    wait_for(lambda: not events(server, client.sender), 5, "the conversation is still stored")


def test_logs_hold_no_words_of_people(server: Server, client: Client) -> None:
    """A canary typed in several ways is in no log and in no output."""
    for text in ("xyzzycanary why do i jerk", "/xyzzycanary", "xyzzycanary " * 40):
        client.say(text)
    client.press("/xyzzycanary")
    written = server.said() + "".join(path.read_text(errors="replace") for path in server.var.glob("*.log"))
    assert "xyzzycanary" not in written.lower()


def events(server: Server, sender: str) -> list[dict[str, Any]]:
    """The stored events of one conversation."""
    with sqlite3.connect(f"file:{server.var / 'conversations.db'}?mode=ro", uri=True) as store:
        rows = store.execute("select data from events where sender_id = ? order by id", (sender,)).fetchall()
    return [json.loads(data) for (data,) in rows]
