"""What the web channel serves besides answers."""

from __future__ import annotations

import pytest

from tests.conftest import Client, Server


def test_health_is_good(client: Client) -> None:
    """The health question is answered."""
    assert 200 == client.get("health").status


def test_health_leaves_no_trace(server: Server, client: Client) -> None:
    """The health question is not kept as a conversation."""
    client.get("health")
    assert b"health-" not in (server.var / "conversations.db").read_bytes()


@pytest.mark.parametrize("name", ["", "hypnic.js", "chat.css", "icon.svg"])
def test_page_and_files(name: str, client: Client) -> None:
    """The page and its files come with the headers that keep other scripts out."""
    answered = client.get(name)
    assert 200 == answered.status
    assert "default-src 'none'" in answered.headers["content-security-policy"]
    assert "nosniff" == answered.headers["x-content-type-options"]


@pytest.mark.parametrize("name", ["nothing.js", "..%2fREADME.md", "..%2f..%2fetc%2fpasswd", "strings.py", "%00"])
def test_nothing_else_is_served(name: str, client: Client) -> None:
    """Only the files of the widget can be fetched."""
    assert 404 == client.get(name).status


@pytest.mark.parametrize("path", ["/conversations/x/tracker", "/model", "/model/parse", "/status", "/webhooks/rest/webhook"])
def test_the_programming_interface_of_rasa_is_closed(path: str, client: Client) -> None:
    """Nobody reads or steers conversations through Rasa's own routes."""
    assert client.request("GET", path).status in (404, 405)
    assert client.request("POST", path, b"{}", {"Content-Type": "application/json"}).status in (404, 405)
