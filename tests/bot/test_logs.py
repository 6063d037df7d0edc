"""What people write never gets into a log."""

from __future__ import annotations

import logging
import sys

import pytest

from bot.logs import PlaceFormatter

CANARY = "kanarienvogel"


def written(name: str, *, exception: bool = False) -> str:
    info = None
    if exception:
        try:
            raise ValueError(CANARY)
        except ValueError:
            info = sys.exc_info()
    return PlaceFormatter().format(logging.LogRecord(name, logging.ERROR, "x.py", 12, "said %s", (CANARY,), info, sinfo=CANARY))


@pytest.mark.parametrize("name", ["rasa.core.processor", "rasa_sdk.endpoint", "sanic.root", "root", "botocore", "hypnical.x", "x.bot"])
def test_messages_of_others_are_not_shown(name: str) -> None:
    """Only logger and line; of an exception the type."""
    assert written(name).endswith(f"ERROR {name}:12")
    assert written(name, exception=True).endswith(f"ERROR {name}:12 ValueError")


@pytest.mark.parametrize("name", ["bot", "bot.channels.web", "hypnic.x", "actions.answers"])
def test_our_messages_are_shown(name: str) -> None:
    """In full, but never an exception's words or traceback."""
    assert written(name).endswith(f"ERROR {name}: said {CANARY}")
    assert 1 == written(name, exception=True).count(CANARY)
