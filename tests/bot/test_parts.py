"""Patches, logs, store, training stamp, kernel model, encoder and danger detector."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.quiet import hush

hush()

import rasa
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot import patches, train
from bot.logs import PlaceFormatter
from bot.stores import ConversationStore
from hypnic.knowledge import Knowledge

STOCK = RemoteAction._validate_action_result
RESULTS: list[Any] = [
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "a", "value": 1}], "responses": [{"text": "x"}]},
    {"events": "none", "responses": []},
    {"events": [], "responses": 5},
    {"events": [{"event": 5}], "responses": []},
    {},
    [],
    "text",
]


@pytest.mark.parametrize("result", RESULTS, ids=range(len(RESULTS)))
def test_the_prebuilt_validator_judges_as_the_stock_one(result: Any) -> None:
    """Both accept and reject the same results of actions."""
    action = RemoteAction("a", None)

    def accepts(validate: Any) -> bool:
        try:
            return bool(validate(action, result))
        except ValidationError:
            return False

    assert accepts(STOCK) == accepts(patches._validate_action_result)


def test_patches_are_for_one_version_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of Rasa is left alone."""
    monkeypatch.setattr(RemoteAction, "_validate_action_result", STOCK)
    monkeypatch.setattr(rasa, "__version__", "3.6.99")
    patches.apply()
    assert RemoteAction._validate_action_result is STOCK
    monkeypatch.setattr(rasa, "__version__", patches.VERSION)
    patches.apply()
    assert RemoteAction._validate_action_result is patches._validate_action_result


@pytest.mark.parametrize(("name", "shown"), [("rasa.core.processor", False), ("sanic.root", False), ("bot.channels.web", True)])
def test_messages_of_others_are_not_logged(name: str, shown: bool) -> None:
    """Of other packages only place and type of an error are written."""
    try:
        raise ValueError("my secret words")
    except ValueError:
        info = sys.exc_info()
    record = logging.LogRecord(name, logging.ERROR, "x.py", 12, "my %s words", ("secret",), info)
    written = PlaceFormatter().format(record)
    assert shown == ("secret" in written)
    assert shown or (f"{name}:12" in written and "ValueError" in written)


def test_the_store_forgets(tmp_path: Path) -> None:
    """A deleted conversation is gone from the table and from the bytes of the file; others stay."""
    store = ConversationStore(domain=Domain.empty(), db=str(tmp_path / "talks.db"))

    async def talk() -> None:
        for sender in ("a", "b"):
            tracker = DialogueStateTracker(sender, slots=[])
            tracker.update(SessionStarted())
            tracker.update(UserUttered(f"canary of {sender}"))
            await store.save(tracker)
        assert 2 == await store.delete("a")
        assert await store.retrieve("a") is None
        kept = await store.retrieve("b")
        assert kept is not None and "canary of b" == kept.latest_message.text

    asyncio.run(talk())
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"canary of b" in files
    assert b"canary of a" not in files


def test_the_stamp_follows_what_the_model_is_made_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Wordings and examples change it, the text of an answer does not."""
    base = Knowledge.load()
    before = train.fingerprint(base)
    topic = base.topics["tics"]
    worded = type(topic)(**{**vars(topic), "wordings": (*topic.wordings, "a new wording")})
    told = type(topic)(**{**vars(topic), "answers": {}})
    assert before != train.fingerprint(Knowledge(base.vocabulary, {**base.topics, "tics": worded}, base.sources))
    assert before == train.fingerprint(Knowledge(base.vocabulary, {**base.topics, "tics": told}, base.sources))
    monkeypatch.setattr(train, "PARTS", (*train.PARTS, "README.md"))
    assert before != train.fingerprint(base)
