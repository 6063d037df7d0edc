"""What the tests of the whole share: the trained model, the running servers, and a person who writes to them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # before tests/, whose folders bot and actions have the names of our packages

from benchmarks.running import (
    PAGES,
    READY,
    READY_SECONDS,
    Answered,
    Client,
    Server,
    children,
    environment,
    free_port,
    running,
    wait_for,
)

__all__ = [
    "PAGES",
    "READY",
    "READY_SECONDS",
    "ROOT",
    "Answered",
    "Client",
    "Server",
    "children",
    "environment",
    "free_port",
    "running",
    "wait_for",
]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained model, made of the present data."""
    env = environment(HYPNIC_VAR=tmp_path_factory.mktemp("training"))
    done = subprocess.run([sys.executable, "-m", "bot.train"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    from bot.train import trained_model

    path = trained_model()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def origin() -> str:
    """Another site, whose pages may use the chat."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="session")
def server(model: Path, origin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Hypnic as `make run` starts it, on free ports; ended by Ctrl-C, which has to work."""
    with running(tmp_path_factory.mktemp("hypnic"), HYPNIC_ORIGINS=origin) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Client:
    """Somebody new who writes to the running Hypnic."""
    return server.client()
