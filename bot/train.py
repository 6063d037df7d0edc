"""`make train`: check the data, build the spaCy pipeline, train the model. Trains only when something changed.

Usage: python -m bot.train [--force]
"""

from __future__ import annotations

import hashlib
import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from bot.quiet import hush

hush()

from hypnic.errors import DataError
from hypnic.knowledge import Knowledge
from hypnic.settings import SettingError, Settings
from hypnic.yamlfile import ROOT

MODELS = ROOT / "models"
TEXTS = 60_000  # more than training has, with all their pieces
STAMP = MODELS / "trained.json"
# What the model is made of besides the wordings of the knowledge base. Answers are not: changing them needs no training.
PARTS = ("config.yml", "domain.yml", "data/nlu", "data/rules", "data/stories", "bot/nlu", "bot/importer.py")


def fingerprint(base: Knowledge) -> str:
    """A hash over everything that goes into the model."""
    digest = hashlib.sha256()
    for part in PARTS:
        path = ROOT / part
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in {".yml", ".py"})
        for file in files:
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    wordings = [
        *((t.id, t.title, t.short, t.also_called, t.wordings) for t in base.topics.values()),
        *((t.id, fine.id, fine.wordings) for t in base.topics.values() for fine in t.fine_topics),
        *((detail.id, detail.questions) for detail in base.details()),
        *((myth.full_id, myth.wordings) for t in base.topics.values() for myth in t.myths),
        *((p.id, p.wordings) for p in base.vocabulary.populations.values()),
    ]
    digest.update(json.dumps(wordings).encode())
    return digest.hexdigest()


def trained_model() -> Path | None:
    """The model file that fits the last training, or None."""
    try:
        stamp = json.loads(STAMP.read_text())
        path = MODELS / stamp["model"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return path if path.is_file() else None


def is_current(base: Knowledge) -> bool:
    """Whether the trained model was made of the present data."""
    model = trained_model()
    return model is not None and json.loads(STAMP.read_text()).get("fingerprint") == fingerprint(base)


def train(base: Knowledge) -> Path:
    """Train and stamp a model; older models are removed. Returns its path.

    Raises:
        DataError: Rasa could not train with this data.
    """
    from bot.nlu.spacy_model import save

    print("Building the word lists from the knowledge base ...", flush=True)
    save(base)
    print("Training (two to three minutes) ...", flush=True)
    started = time.monotonic()
    from rasa.engine.exceptions import GraphComponentException, GraphSchemaException, GraphSchemaValidationException
    from rasa.model_training import train as rasa_train
    from rasa.shared.exceptions import RasaException

    from bot import logs
    from bot.nlu.encoder import EncoderError, encoder

    log = Settings.from_environment().var / "train.log"
    wrong = (RasaException, GraphSchemaException, GraphSchemaValidationException, GraphComponentException, EncoderError)
    with _into(log):
        logs.configure(logging.ERROR)
        try:
            encoder().hold(TEXTS)
            result = rasa_train(
                domain=str(ROOT / "domain.yml"),
                config=str(ROOT / "config.yml"),
                training_files=[str(ROOT / "data" / part) for part in ("nlu", "rules", "stories")],
                output=str(MODELS),
                force_training=True,  # Rasa's own cache does not see the wordings inside the spaCy pipeline
                fixed_model_name=f"hypnic-{time.strftime('%Y%m%d-%H%M%S')}",
            )
        except (*wrong, SystemExit) as error:
            raise DataError("data, domain.yml or config.yml", "", f"{error} (more in {log.name})") from None
    if not result.model:
        raise DataError("data", "", "Rasa could not train a model from these files; `make lint` tells more")
    path = Path(result.model)
    for old in MODELS.glob("*.tar.gz"):
        if old.name != path.name:
            old.unlink()
    STAMP.write_text(json.dumps({"model": path.name, "fingerprint": fingerprint(base)}) + "\n")
    print(f"Trained in {time.monotonic() - started:.0f} s.", flush=True)
    return path


@contextmanager
def _into(log: Path) -> Iterator[None]:
    """Rasa's progress bars and messages go into a file; they would bury the two lines a person needs."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out, redirect_stdout(out), redirect_stderr(out):
        yield


def ensure_trained(force: bool = False) -> Path:
    """The model for the present data, trained if need be. Raises DataError."""
    base = Knowledge.load()
    model = trained_model()
    if model and not force and is_current(base):
        return model
    return train(base)


def main(arguments: list[str]) -> int:
    """Command line."""
    try:
        ensure_trained(force="--force" in arguments)
    except (DataError, SettingError) as error:
        print(f"Cannot train: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
