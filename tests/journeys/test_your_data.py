"""Your data over HTTP: a person gets a copy of the conversation, and has it deleted without a trace in the files."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import uuid
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.quiet import hush

hush()

from rasa.core.channels.channel import UserMessage
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.channels.downloads import copy_of
from bot.channels.web import WebChannel
from bot.stores import ConversationStore
from hypnic.settings import Settings
from hypnic.yamlfile import ROOT

if TYPE_CHECKING:
    from tests.conftest import Answered, Client, Server

PATH = "/webhooks/web/conversation/"
CANARY = "plughcanary"
EXPORT = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]["utter_export"][0]
SENDER = f"web-{uuid.uuid4()}"


def download(client: Client, sender: str | None = None) -> Answered:
    """The copy of a conversation as a browser gets it."""
    return client.request("GET", PATH + (client.sender if sender is None else sender))


def files(server: Server) -> bytes:
    """Everything that the database has on disk: the file, the log beside it and its index."""
    found = sorted(server.var.glob("conversations.db*"))
    assert found
    return b"".join(path.read_bytes() for path in found)


def test_the_download_holds_the_talk(client: Client) -> None:
    """Both sides in order with their times, a pressed button by its title, the slots, and the sender."""
    asked = "what is a hypnic jerk"
    first = client.say(asked)
    button = first[0]["buttons"][0]
    second = client.press(button["payload"])
    answered = download(client)
    copy = answered.json
    assert 200 == answered.status
    assert {"sender", "messages", "slots"} == set(copy)
    assert client.sender == copy["sender"]
    said = [(message["who"], message["text"]) for message in copy["messages"]]
    bot = [[("hypnic", message["text"]) for message in replies] for replies in (first, second)]
    assert [("you", asked), *bot[0], ("you", button["title"]), *bot[1]] == said
    times = [datetime.fromisoformat(message["time"]) for message in copy["messages"]]
    assert sorted(times) == times
    assert "sleep_start" == copy["slots"]["topic"]
    assert all(value is not None for value in copy["slots"].values())


def test_the_download_names_no_intent_and_no_inner_id(server: Server, client: Client) -> None:
    """Messages have time, speaker, text and the titles of buttons; no message id, intent, model or payload is in them."""
    client.press(client.say("what is a hypnic jerk")[0]["buttons"][0]["payload"])
    messages = download(client).json["messages"]
    assert all({"time", "who", "text"} <= set(message) <= {"time", "who", "text", "buttons"} for message in messages)
    with sqlite3.connect(f"file:{server.var / 'conversations.db'}?mode=ro", uri=True) as store:
        rows = store.execute("select data, intent_name from events where sender_id = ?", (client.sender,)).fetchall()
    written = json.dumps(messages)
    ids = {json.loads(data).get("message_id") for data, _ in rows} | {name for _, name in rows}
    assert len(ids - {None}) > 1
    assert [] == [name for name in ids - {None} if name in written]
    assert "/ask_" not in written


def test_the_download_is_a_private_file(client: Client, origin: str) -> None:
    """An attachment of type JSON that no cache keeps."""
    client.say("hello")
    headers = download(client).headers
    assert headers["content-disposition"].startswith("attachment; filename=")
    assert client.sender not in headers["content-disposition"]
    assert "no-store" == headers["cache-control"]
    assert "nosniff" == headers["x-content-type-options"]
    assert headers["content-type"].startswith("application/json")
    assert headers.get("access-control-allow-origin") in (None, origin)


def test_another_conversation_is_not_in_it(server: Server) -> None:
    """Everybody gets their own words only."""
    ann, bob = server.client(), server.client()
    ann.say(f"{CANARY}ann what is a hypnic jerk")
    bob.say(f"{CANARY}bob what is a hypnic jerk")
    assert f"{CANARY}ann".encode() in download(ann).body
    assert f"{CANARY}bob".encode() not in download(ann).body


def test_an_unknown_conversation_is_404(client: Client) -> None:
    """Nothing stored, nothing given."""
    answered = download(client)
    assert (404, "unknown_conversation") == (answered.status, answered.json["error"])
    assert "content-disposition" not in answered.headers


@pytest.mark.parametrize("sender", ["default", "42", "health-x", "web-x", "%00", "web-00000000-0000-1000-8000-000000000000", "%25", "'--"])
def test_a_bad_sender_is_400(sender: str, client: Client) -> None:
    """Only ids of web conversations are looked up."""
    answered = download(client, sender)
    assert (400, "bad_sender") == (answered.status, answered.json["error"])


def test_asking_in_words_gives_the_copy(client: Client) -> None:
    """The reply to "export my data" carries the same copy as the download."""
    client.say(f"{CANARY} what is a hypnic jerk")
    (reply,) = client.say("export my data")
    assert ("chat", "export") == (reply["custom"]["kind"], reply["custom"]["act"])
    assert {"kind", "act", "files", "conversation"} == set(reply["custom"])
    assert download(client).json == reply["custom"]["conversation"]
    assert CANARY in json.dumps(reply["custom"]["conversation"])


@pytest.mark.parametrize("way", ["button", "words"])
def test_deletion_leaves_no_byte(way: str, server: Server) -> None:
    """After deletion the text is in no file of the database, and the other conversation is whole."""
    ann, bob = server.client(), server.client()
    words = f"{CANARY}{uuid.uuid4().hex}"
    for _ in range(3):
        ann.say(f"{words} what is a hypnic jerk")
        bob.say("what is a hypnic jerk")
    before = download(bob).json
    assert words.encode() in files(server)
    if way == "button":
        assert (200, {"status": "deleted"}) == ((answered := ann.forget()).status, answered.json)
    else:
        assert ["delete"] == [reply["custom"].get("act") for reply in ann.say("delete my data please")]
    assert words.encode() not in files(server)
    assert 404 == download(ann).status
    assert before == download(bob).json


# Below, the channel without its server.


def done(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine, in a thread of its own: the browser tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.fixture
def channel() -> WebChannel:
    """A web channel of its own."""
    return WebChannel(Settings())


def app(store: Any) -> Any:
    """What the channel knows of the server."""
    return SimpleNamespace(ctx=SimpleNamespace(agent=SimpleNamespace(tracker_store=store)))


def request(store: Any, text: str, message_id: str = "m1") -> Any:
    """A turn as Sanic would hand it in."""
    body = json.dumps({"sender": SENDER, "message": text, "id": message_id}).encode()
    return SimpleNamespace(body=body, content_type="application/json", remote_addr="", ip="127.0.0.1", app=app(store))


class Unreadable:
    """A store that holds nothing answered, and whose conversations cannot be read."""

    async def answered(self, *_: str) -> None:
        return None


async def exporting(message: UserMessage) -> None:
    """A Rasa that answers every message with utter_export."""
    await message.output_channel.send_response(message.sender_id, json.loads(json.dumps(EXPORT)))


def stored(folder: Path) -> FailSafeTrackerStore:
    """A store that holds a conversation, wrapped as Rasa does."""
    store = ConversationStore(domain=Domain.empty(), db=str(folder / "talks.db"))
    tracker = DialogueStateTracker(SENDER, slots=[])
    tracker.update(UserUttered("my words"))
    tracker.update(BotUttered("its words"))
    done(store.save(tracker))
    return FailSafeTrackerStore(store)


def test_the_reply_of_the_domain_gets_the_copy(channel: WebChannel, tmp_path: Path) -> None:
    """utter_export as it stands in domain.yml; a repeat of the message gets it, too."""
    store = stored(tmp_path)
    for _ in range(2):
        answered = done(channel._webhook(request(store, "export my data"), exporting))
        (reply,) = json.loads(answered.body or b"")
        assert EXPORT["text"] == reply["text"]
        assert ("chat", "export") == (reply["custom"]["kind"], reply["custom"]["act"])
        assert ["my words", "its words"] == [message["text"] for message in reply["custom"]["conversation"]["messages"]]


def test_no_copy_is_a_failure(channel: WebChannel, tmp_path: Path) -> None:
    """When nothing can be read, nothing is promised."""
    empty = FailSafeTrackerStore(ConversationStore(domain=Domain.empty(), db=str(tmp_path / "empty.db")))
    for number, store in enumerate((empty, Unreadable(), None)):
        answered = done(channel._webhook(request(store, "export my data", f"m{number}"), exporting))
        assert ["failure"] == [reply["custom"]["kind"] for reply in json.loads(answered.body or b"")]


def test_danger_comes_before_a_copy_that_fails(channel: WebChannel) -> None:
    """The emergency words stay."""
    text = "export my data, my husband is shaking all over and does not answer me"
    answered = done(channel._webhook(request(Unreadable(), text), exporting))
    assert ["danger", "failure"] == [reply["custom"]["kind"] for reply in json.loads(answered.body or b"")]


def test_a_store_that_fails_is_503(channel: WebChannel) -> None:
    """The download says so instead of claiming that nothing is there."""
    answered = done(channel._handed_out(request(SimpleNamespace(), "x"), SENDER, copy_of))
    assert (503, "not_read") == (answered.status, json.loads(answered.body or b"")["error"])


def test_downloads_are_limited(channel: WebChannel) -> None:
    """One address cannot read as fast as it likes."""

    async def all_at_once() -> set[int]:
        return {(await channel._handed_out(request(SimpleNamespace(), "x"), SENDER, copy_of)).status for _ in range(700)}

    assert {503, 429} == done(all_at_once())
