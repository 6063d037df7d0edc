"""Measured corrections of exactly Rasa 3.6.21; none is applied to another version."""

from __future__ import annotations

from typing import Any

import rasa
from jsonschema import Draft7Validator
from rasa.core.actions.action import RemoteAction

VERSION = "3.6.21"


def apply() -> None:
    """Apply all patches. Does nothing on another version of Rasa."""
    if rasa.__version__ == VERSION:
        RemoteAction._validate_action_result = _validate_action_result


# Rasa checks its own schema anew on every action call: 46 of 67 ms of an action turn. Build the validator once.
_ACTION_RESULT = Draft7Validator(RemoteAction.action_response_format_spec())


def _validate_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    _ACTION_RESULT.validate(result)
    return True
