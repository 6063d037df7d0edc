"""Training happens when the model's ingredients changed, and only then."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import train
from hypnic.knowledge import Knowledge


@pytest.fixture(scope="module")
def base() -> Knowledge:
    """The project's knowledge base."""
    return Knowledge.load()


def changed(base: Knowledge, **values: Any) -> Knowledge:
    """The knowledge base with another topic `tics`."""
    return Knowledge(base.vocabulary, {**base.topics, "tics": replace(base.topics["tics"], **values)}, base.sources)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files that the model is made of."""
    for part in train.PARTS:
        source, target = train.ROOT / part, tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    monkeypatch.setattr(train, "ROOT", tmp_path)
    return tmp_path


def test_wordings_count_and_answers_do_not(base: Knowledge) -> None:
    """An editor may correct an answer without a training."""
    before = train.fingerprint(base)
    assert before == train.fingerprint(changed(base, answers={}))
    assert before != train.fingerprint(changed(base, wordings=(*base.topics["tics"].wordings, "a new wording")))
    assert before != train.fingerprint(changed(base, title="Another title"))


@pytest.mark.parametrize("part", train.PARTS)
def test_every_part_counts(base: Knowledge, project: Path, part: str) -> None:
    """A changed file of each part changes the fingerprint."""
    before = train.fingerprint(base)
    path = project / part
    file = path if path.is_file() else next(p for p in sorted(path.rglob("*")) if p.suffix in {".yml", ".py"})
    file.write_text(file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert before != train.fingerprint(base)


def test_other_files_do_not_count(base: Knowledge, project: Path) -> None:
    """Compiled files come and go."""
    before = train.fingerprint(base)
    (project / "bot/nlu/__pycache__").mkdir(exist_ok=True)
    (project / "bot/nlu/__pycache__/x.pyc").write_bytes(b"x")
    assert before == train.fingerprint(base)


def test_the_stamp(base: Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model is current when its file is there and the fingerprint fits."""
    monkeypatch.setattr(train, "MODELS", tmp_path)
    monkeypatch.setattr(train, "STAMP", tmp_path / "trained.json")
    assert not train.is_current(base)
    train.STAMP.write_text(json.dumps({"model": "m.tar.gz", "fingerprint": train.fingerprint(base)}))
    assert not train.is_current(base)
    (tmp_path / "m.tar.gz").write_bytes(b"")
    assert train.is_current(base)
    assert not train.is_current(changed(base, title="Another title"))


@pytest.mark.parametrize("stamp", ["", "{", "{}", "[]", "null", '{"model": 5}'])
def test_a_broken_stamp_means_no_model(stamp: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is trained again then, without a traceback."""
    monkeypatch.setattr(train, "STAMP", tmp_path / "trained.json")
    train.STAMP.write_text(stamp)
    assert train.trained_model() is None
