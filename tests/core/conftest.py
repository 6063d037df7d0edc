"""The project's own knowledge base and a copy of it that a test may break."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hypnic.dialogue import Dialogue
from hypnic.knowledge import KNOWLEDGE, Knowledge
from hypnic.reply import Talk


@pytest.fixture(scope="session")
def base() -> Knowledge:
    """The project's knowledge base."""
    return Knowledge.load()


@pytest.fixture(scope="session")
def dialogue(base: Knowledge) -> Dialogue:
    """The dialogue over the project's knowledge base."""
    return Dialogue(base, Talk.load())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of data/knowledge."""
    return Path(shutil.copytree(KNOWLEDGE, tmp_path / "knowledge"))


@pytest.fixture
def edit(folder: Path) -> Callable[[str, str, str], int]:
    """Replaces one piece of a copied file; gives the line on which it stands."""

    def change(name: str, old: str, new: str) -> int:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} no longer holds {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return change
