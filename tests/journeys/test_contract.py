"""The contract of the web channel (DESIGN: Contracts): the shape of every reply, and how the pages are served."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from talks import JOURNEYS, Step

from hypnic.reply import KINDS, PAYLOAD_BYTES
from hypnic.yamlfile import ROOT

if TYPE_CHECKING:
    from tests.conftest import Client, Server

Played = Callable[[dict[str, Any]], list[Step]]
NEEDED = {
    "answer": {"answer_id": str, "topic": str, "aspect": str, "population": str, "certainty": str, "sources": list, "reviewed": str},
    "compare": {"topic": str, "also_topic": str, "sources": list},
    "myth": {"topic": str, "verdict": str, "sources": list},
    "danger": {"level": str, "flags": list},
    "clarify": {"options": list},
    "out_of_scope": {"near": bool},
    "question": {"id": str, "step": int, "of": int},
    "triage": {"level": str, "timeframe": str, "pattern": str, "flags": list, "rules_version": int},
    "summary": {"title": str, "rules_version": int, "sections": list, "files": list},
    "chat": {},
}
CERTAINTIES = {"strong", "moderate", "weak", "myth"}
FILES = {"": "text/html", "demo.html": "text/html", "hypnic.js": "text/javascript", "chat.css": "text/css", "icon.svg": "image/svg+xml"}
EVERY_TALK = pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey["name"])


def messages_of(steps: list[Step]) -> list[dict[str, Any]]:
    """All messages of a talk; a talk without any proves nothing."""
    found = [message for step in steps for message in step.replies or []]
    assert found
    return found


@EVERY_TALK
def test_every_message_has_a_text_and_one_known_custom(journey: dict[str, Any], played: Played) -> None:
    """Nothing but text, buttons and one custom of a known kind with all its fields."""
    for message in messages_of(played(journey)):
        assert {"text", "custom"} <= set(message) <= {"text", "buttons", "custom"}, message
        assert isinstance(message["text"], str) and message["text"].strip(), message
        custom = message["custom"]
        assert custom["kind"] in KINDS & set(NEEDED), custom
        for name, kind in NEEDED[custom["kind"]].items():
            assert isinstance(custom.get(name), kind) and custom[name] != "", (name, custom)


@EVERY_TALK
def test_answers_name_their_cell_and_their_sources(journey: dict[str, Any], played: Played) -> None:
    """An answer's id begins with its topic, and each source has title, publisher and year."""
    for custom in (message["custom"] for message in messages_of(played(journey))):
        if custom["kind"] == "answer":
            assert {"kind", *NEEDED["answer"]} == set(custom)
            cell = f"{custom['topic']}.{custom['aspect']}.{custom['population']}"
            assert custom["answer_id"] == cell or custom["answer_id"].startswith(f"{cell}."), "a detail's id goes on"
            assert custom["certainty"] in CERTAINTIES
            assert custom["sources"]
        for source in custom.get("sources", []):
            assert all(source.get(name) for name in ("title", "publisher", "year")), source


@EVERY_TALK
def test_buttons_fit_telegram(journey: dict[str, Any], played: Played) -> None:
    """A button has a title and a payload of at most 64 bytes, and no two say the same."""
    for message in messages_of(played(journey)):
        buttons = message.get("buttons", [])
        for button in buttons:
            assert {"title", "payload"} == set(button) and button["title"].strip()
            assert 0 < len(button["payload"].encode()) <= PAYLOAD_BYTES
        assert len(buttons) == len({button["title"] for button in buttons}) == len({button["payload"] for button in buttons})


@EVERY_TALK
def test_no_placeholder_is_left(journey: dict[str, Any], played: Played) -> None:
    """People never see {emergency_number} or another template."""
    for message in messages_of(played(journey)):
        titles = [button["title"] for button in message.get("buttons", [])]
        assert not [text for text in (message["text"], *titles) if "{" in text or "}" in text]


def test_all_kinds_of_reply_occur(played: Played) -> None:
    """The talks together show every kind that this test knows, so that no rule above is empty."""
    seen = {message["custom"]["kind"] for journey in JOURNEYS for message in messages_of(played(journey))}
    assert set() == set(NEEDED) - seen


def test_health_is_200(client: Client) -> None:
    """The health question is answered."""
    answered = client.get("health")
    assert (200, {"status": "ok"}) == (answered.status, answered.json)


def test_health_leaves_no_trace(server: Server, client: Client) -> None:
    """The health question is not kept as a conversation, neither in the file nor in what waits beside it."""
    client.say("hello")
    assert 200 == client.get("health").status
    stored = b"".join(path.read_bytes() for path in server.var.glob("conversations.db*"))
    assert client.sender.encode() in stored
    assert b"health-" not in stored


@pytest.mark.parametrize("name", FILES, ids=lambda name: name or "the page")
def test_pages_are_served_safely(client: Client, origin: str, name: str) -> None:
    """Page, script and style come with their type, a strict content security policy and nosniff."""
    answered = client.get(name)
    assert 200 == answered.status and answered.body
    assert FILES[name] == answered.headers["content-type"].split(";")[0]
    policy = answered.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert "nosniff" == answered.headers["x-content-type-options"]
    assert answered.headers.get("access-control-allow-origin") in (None, origin)


def test_replies_are_not_kept_by_caches(client: Client) -> None:
    """A reply is private: no-store, nosniff, and JSON."""
    answered = client.post({"sender": client.sender, "message": "hello"})
    assert 200 == answered.status
    assert "no-store" == answered.headers["cache-control"]
    assert "nosniff" == answered.headers["x-content-type-options"]
    assert answered.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("name", ["nothing.js", "strings.py", "chat.html.bak", "hypnic", ".gitignore", "%00"])
def test_unknown_files_are_404(client: Client, name: str) -> None:
    """What is not a file of the widget is not found."""
    assert 404 == client.get(name).status


@pytest.mark.parametrize(
    "name",
    ["../config.yml", "..%2fconfig.yml", "..%2Fconfig.yml", "%2e%2e%2fconfig.yml", "..%5cconfig.yml", "..%252fconfig.yml",
     "%2fetc%2fpasswd", "....//config.yml", "x/../../../config.yml"],
)  # fmt: skip
def test_paths_do_not_leave_the_folder(client: Client, name: str) -> None:
    """No way of writing .. reaches a file outside web/."""
    answered = client.get(name)
    assert 404 == answered.status
    assert b"pipeline" not in answered.body and b"root:" not in answered.body
    assert (ROOT / "config.yml").is_file()  # there is something to leak


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/conversations/x/tracker"), ("POST", "/model/parse"), ("PUT", "/model"), ("GET", "/domain"), ("GET", "/status"),
     ("POST", "/webhooks/rest/webhook"), ("GET", "/webhooks/rest/"), ("POST", "/model/train")],
)  # fmt: skip
def test_rasas_own_interfaces_are_closed(client: Client, method: str, path: str) -> None:
    """Neither Rasa's HTTP API nor its stock channels are there."""
    assert 404 == client.request(method, path, b"{}", {"Content-Type": "application/json"}).status
