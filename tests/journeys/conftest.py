"""Every talk is played once, however many tests look at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from talks import Step, play

if TYPE_CHECKING:
    from tests.conftest import Server


@pytest.fixture(scope="session")
def played(server: Server) -> Callable[[dict[str, Any]], list[Step]]:
    """Gives the turns of a talk, played against the running servers at first use."""
    known: dict[str, list[Step]] = {}

    def steps(journey: dict[str, Any]) -> list[Step]:
        if journey["name"] not in known:
            known[journey["name"]] = play(journey, server.client())
        return known[journey["name"]]

    return steps
