"""Rasa and spaCy run without TensorFlow, and who needs it is told so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, environment


def python(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300)


def test_tensorflow_is_not_installed() -> None:
    """Else nothing below would prove anything."""
    done = python("-c", "import tensorflow; print(tensorflow.__file__)")
    assert ROOT / "deploy" / "stand-in" == Path(done.stdout.strip()).parents[1], done


def test_rasa_imports_everything_it_names() -> None:
    """Also the components that need TensorFlow, whose classes are derived from the stand-in's."""
    done = python("-c", "import rasa.engine.recipes.default_recipe, rasa.server, rasa.core.run; print('imported')")
    assert done.stdout.endswith("imported\n"), done.stderr[-2000:]


def test_spacy_is_told_that_there_is_none() -> None:
    """It would hand tensors to it otherwise."""
    done = python("-c", "import rasa.core.agent, spacy, thinc.compat as c; print(c.has_tensorflow)")
    assert "False\n" == done.stdout, done.stderr[-2000:]


@pytest.mark.parametrize("use", ["tensorflow.constant(1)", "tensorflow.keras.Model()", "type('Own', (tensorflow.keras.Model,), {})()"])
def test_using_it_is_an_error(use: str) -> None:
    """With a sentence that says what to do."""
    done = python("-c", f"import tensorflow; {use}")
    assert 1 == done.returncode
    assert "ImportError: TensorFlow is left out" in done.stderr and "requirements-stock.lock" in done.stderr


def test_a_component_that_needs_it(tmp_path: Path) -> None:
    """DIET in config.yml ends training with that sentence, not with a model that cannot work."""
    config = {"recipe": "default.v1", "language": "en", "assistant_id": "toy", "policies": [{"name": "RulePolicy"}]}
    config["pipeline"] = [
        {"name": "WhitespaceTokenizer"}, {"name": "CountVectorsFeaturizer"}, {"name": "DIETClassifier", "epochs": 1},
    ]  # fmt: skip
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config))
    (tmp_path / "domain.yml").write_text("version: '3.1'\nintents: [one, two]\n")
    (tmp_path / "nlu.yml").write_text(
        "version: '3.1'\nnlu:\n- intent: one\n  examples: |\n    - yes\n    - yes please\n"
        "- intent: two\n  examples: |\n    - no\n    - no thanks\n"
    )
    done = python("-m", "rasa", "train", "nlu", "-u", "nlu.yml", "-c", "config.yml", "-d", "domain.yml", "--out", ".", cwd=tmp_path)
    assert 0 != done.returncode and not list(tmp_path.glob("*.tar.gz"))
    assert "TensorFlow is left out" in done.stderr, done.stderr[-2000:]


def test_rasa_trains_and_talks(tmp_path: Path) -> None:
    """Rasa's own commands work with components that need no TensorFlow."""
    config = {"recipe": "default.v1", "language": "en", "assistant_id": "toy", "policies": [{"name": "RulePolicy"}]}
    config["pipeline"] = [
        {"name": "WhitespaceTokenizer"}, {"name": "CountVectorsFeaturizer"}, {"name": "LogisticRegressionClassifier"},
    ]  # fmt: skip
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config))
    (tmp_path / "domain.yml").write_text("version: '3.1'\nintents: [one, two]\nresponses:\n  utter_one: [{text: You said yes.}]\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "all.yml").write_text(
        "version: '3.1'\nnlu:\n- intent: one\n  examples: |\n    - yes\n    - yes please\n"
        "- intent: two\n  examples: |\n    - no\n    - no thanks\n"
        "rules:\n- rule: answer\n  steps:\n  - intent: one\n  - action: utter_one\n"
    )
    trained = python("-m", "rasa", "train", "--out", "models", "--fixed-model-name", "toy", cwd=tmp_path)
    assert 0 == trained.returncode and (tmp_path / "models" / "toy.tar.gz").is_file(), trained.stderr[-2000:]
    code = (
        "import asyncio; from rasa.core.agent import Agent; agent = Agent.load('models/toy.tar.gz'); "
        "print(asyncio.run(agent.handle_text('yes please'))[0]['text'])"
    )
    assert "You said yes." in python("-c", code, cwd=tmp_path).stdout
