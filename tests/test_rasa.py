"""Rasa's own checks: the training data is consistent, and rules and stories lead every test talk to the right actions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, environment


def rasa(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command of Rasa in the project."""
    command = [sys.executable, "-m", "rasa", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=600)


def test_data_validate() -> None:
    """`rasa data validate` finds nothing to complain about."""
    done = rasa("data", "validate", "--data", "data/nlu", "data/rules", "data/stories", "--fail-on-warnings")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_stories(model: Path, tmp_path: Path) -> None:
    """Every step of tests/test_stories.yml is predicted."""
    done = rasa(
        "test", "core", "-m", str(model), "-s", "tests/test_stories.yml", "--fail-on-prediction-errors", "--out", str(tmp_path)
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
