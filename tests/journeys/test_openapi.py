"""The web channel does what docs/openapi.yml says, for thousands of good and bad requests; nothing makes it fail (5xx)."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema

from tests.conftest import PAGES, ROOT, Answered, Client, Server

SPEC: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "openapi.yml").read_text())
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None, "derandomize": True}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "sender": ANYTHING | st.builds(lambda: f"web-{uuid.uuid4()}"),
        "message": ANYTHING | st.text(max_size=1200),
        "payload": ANYTHING | st.text(max_size=80),
        "id": ANYTHING,
        "metadata": ANYTHING,
    },
)


def resolved(part: Any) -> Any:
    """A part of the description with its references filled in."""
    if isinstance(part, dict):
        if "$ref" in part:
            target: Any = SPEC
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            return resolved(target)
        return {key: resolved(value) for key, value in part.items()}
    return [resolved(value) for value in part] if isinstance(part, list) else part


TURN = resolved(SPEC["components"]["schemas"]["Turn"])


def described(answered: Answered, path: str, method: str) -> None:
    """The status is one of those described, and the body has the form described for it."""
    responses = resolved(SPEC["paths"][path][method]["responses"])
    assert str(answered.status) in responses, (answered.status, answered.body[:200])
    form = responses[str(answered.status)].get("content", {}).get("application/json")
    if form:
        jsonschema.validate(answered.json, form["schema"])


@pytest.fixture(scope="module")
def door(server: Server) -> Client:
    """One client for all examples."""
    return server.client()


def test_the_description_is_a_description() -> None:
    """All references lead somewhere, all schemas are schemas."""
    for schema in resolved(SPEC["components"]["schemas"]).values():
        jsonschema.Draft7Validator.check_schema(schema)


def test_good_turns(door: Client) -> None:
    """Whatever the description allows is answered."""

    @settings(max_examples=25, **QUIET)
    @given(from_schema(TURN))
    def check(turn: dict[str, Any]) -> None:
        turn["sender"] = f"web-{uuid.uuid4()}"
        if "id" in turn:
            turn["id"] = turn["id"].rstrip("\n")  # Python's $ also fits before a line break at the end
        answered = door.post(turn)
        described(answered, "/webhook", "post")
        # Control characters alone are empty, and a character may have four bytes.
        allowed = {"empty", "bad_payload"} if answered.status == 400 else set()
        assert answered.status == 200 or answered.json["error"] in allowed

    check()


def test_bad_turns(door: Client) -> None:
    """Anything else has its status and its code."""

    @settings(max_examples=400, **QUIET)
    @given(ANYTHING | FIELDS)
    def check(body: Any) -> None:
        described(door.post(body), "/webhook", "post")

    check()


def test_bytes(door: Client) -> None:
    """Also what is no JSON, and what calls itself something else."""

    @settings(max_examples=300, **QUIET)
    @given(st.binary(max_size=300), st.sampled_from(["application/json", "application/json; charset=x", "text/plain", "", "é"]))
    def check(body: bytes, kind: str) -> None:
        described(door.raw(body, {"Content-Type": kind.encode("latin-1").decode("latin-1")}), "/webhook", "post")

    check()


def test_votes(door: Client) -> None:
    """Good and bad votes, and what is no vote."""
    vote = resolved(SPEC["components"]["schemas"]["Vote"])
    known = from_schema(vote) | st.builds(lambda yes: {"answer_id": "tics.what_is_it.general", "helpful": yes}, st.booleans())

    @settings(max_examples=60, **QUIET)
    @given(known | ANYTHING)
    def check(body: Any) -> None:
        sent = json.dumps(body).encode()
        described(door.request("POST", f"{PAGES}feedback", sent, {"Content-Type": "application/json"}), "/feedback", "post")

    check()


@pytest.mark.parametrize(("path", "method"), [(p, m) for p in SPEC["paths"] for m in ("get", "delete") if m in SPEC["paths"][p]])
def test_other_requests(path: str, method: str, door: Client) -> None:
    """Senders and queries of all kinds."""

    @settings(max_examples=60, **QUIET)
    @given(st.text(min_size=1, max_size=60) | st.builds(lambda: f"web-{uuid.uuid4()}"), st.text(max_size=20))
    def check(sender: str, form: str) -> None:
        place = path.replace("{sender}", quote(sender.encode(errors="replace").decode(), safe=""))
        query = f"?as={quote(form.encode(errors='replace').decode())}" if "summary" in path else ""
        answered = door.request(method.upper(), f"{PAGES.rstrip('/')}{place}{query}")
        if answered.status == 404 and answered.headers["content-type"] != "application/json":
            return  # the server itself knows no such address, for example because of a slash in it
        described(answered, path, method)

    check()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/conversations/web-x/tracker"),
        ("POST", "/conversations/web-x/tracker/events"),
        ("PUT", "/conversations/web-x/tracker/events"),
        ("POST", "/conversations/web-x/execute"),
        ("POST", "/conversations/web-x/trigger_intent"),
        ("POST", "/conversations/web-x/messages"),
        ("POST", "/model/train"),
        ("POST", "/model/parse"),
        ("POST", "/model/test/stories"),
        ("PUT", "/model"),
        ("DELETE", "/model"),
        ("GET", "/domain"),
        ("GET", "/status"),
        ("GET", "/webhooks/rest/"),
        ("POST", "/webhooks/rest/webhook"),
        ("POST", "/webhooks/callback/webhook"),
    ],
)
def test_rasas_own_api_is_off(method: str, path: str, door: Client) -> None:
    """Nobody reads a tracker, adds events, or changes the model over HTTP."""
    body = json.dumps({"sender": "x", "message": "hi", "text": "hi"}).encode() if method != "GET" else None
    assert 404 == door.request(method, path, body, {"Content-Type": "application/json"}).status


def test_another_site_gets_no_leave(door: Client) -> None:
    """A browser of another origin is told nothing that lets its page read the reply."""
    body = json.dumps({"sender": door.sender, "message": "hello"}).encode()
    answered = door.raw(body, {"Content-Type": "application/json", "Origin": "https://evil.example"})
    assert answered.headers.get("access-control-allow-origin") not in ("*", "https://evil.example")
    assert "access-control-allow-credentials" not in answered.headers
