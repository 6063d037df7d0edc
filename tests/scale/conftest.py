"""Two chat servers and two action servers behind nginx, with PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.scale.engines import Nginx, Part, Postgres, missing
from tests.scale.fleet import Fleet


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL with nothing in it."""
    if missing():
        pytest.skip(f"this system has no {missing()}")
    engine = Postgres()
    try:
        engine.start()
        yield engine
    finally:
        engine.remove()


@pytest.fixture(scope="session")
def fleet(model: Path, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Everything started and ready."""
    folder = tmp_path_factory.mktemp("scale")
    with ExitStack() as stack:
        actions = [Part.actions(folder) for _ in range(2)]
        chats = [Part.chat(folder, model, HYPNIC_DATABASE=postgres.url, HYPNIC_VAR=folder) for _ in range(2)]
        nginx = Nginx(folder, chats, actions)
        for chat in chats:
            chat.values = {**chat.values, "HYPNIC_ACTIONS": f"http://127.0.0.1:{nginx.actions_port}"}
        for part in (*actions, *chats):
            stack.callback(part.stop)
            part.start()
        stack.callback(nginx.stop)
        nginx.start()
        for part in (*actions, *chats):
            part.ready()
        yield Fleet(postgres, nginx, chats, actions, folder)
