"""The prebuilt validator judges as Rasa's own, and only in the version it was measured with."""

from __future__ import annotations

from typing import Any

import pytest

from bot.quiet import hush

hush()

import rasa
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

from bot import patches

STOCK = RemoteAction._validate_action_result
GOOD: list[Any] = [
    {},
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "a", "value": 1}], "responses": [{"text": "x"}]},
    {"events": [{"event": "slot", "name": "a", "value": None}], "responses": [{"text": "x", "custom": {"kind": "chat"}}]},
    {"responses": [{"text": "x", "buttons": [{"title": "Yes", "payload": "/yes"}]}]},
]
BAD: list[Any] = [
    [],
    "text",
    None,
    {"events": "none", "responses": []},
    {"events": {}, "responses": []},
    {"events": [{"event": 5}], "responses": []},
    {"events": [{"name": "a"}], "responses": []},
    {"events": [], "responses": 5},
    {"events": [], "responses": ["x"]},
]


def accepts(validate: Any, result: Any) -> bool:
    try:
        return bool(validate(RemoteAction("a", None), result))
    except ValidationError:
        return False


@pytest.mark.parametrize("validate", [STOCK, patches._validate_action_result], ids=["stock", "patched"])
@pytest.mark.parametrize(("good", "result"), [(True, one) for one in GOOD] + [(False, one) for one in BAD])
def test_both_validators_judge_alike(good: bool, result: Any, validate: Any) -> None:
    """The same results of actions are accepted and rejected."""
    assert good == accepts(validate, result)


@pytest.mark.parametrize(("version", "patched"), [("3.6.20", False), ("3.6.21", True), ("3.6.22", False), ("3.6.210", False)])
def test_only_one_version_is_patched(monkeypatch: pytest.MonkeyPatch, version: str, patched: bool) -> None:
    """Any other version of Rasa is left alone."""
    monkeypatch.setattr(RemoteAction, "_validate_action_result", STOCK)
    monkeypatch.setattr(rasa, "__version__", version)
    patches.apply()
    assert patched == (RemoteAction._validate_action_result is patches._validate_action_result)


def test_the_installed_version_is_the_measured_one() -> None:
    """Otherwise the patches silently do nothing."""
    assert patches.VERSION == rasa.__version__
