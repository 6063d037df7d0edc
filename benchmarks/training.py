"""Trains a model with a given configuration on the project's data, for comparisons.

Usage: python -m benchmarks.training CONFIG OUTPUT_FOLDER [nlu] [epochs=N]      (epochs: other than the configuration's)
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import yaml

from bot.quiet import hush

hush()

from hypnic.yamlfile import ROOT


def with_epochs(config: Path, folder: Path, epochs: int) -> Path:
    """A copy of a configuration, of the same name, in which everything that has epochs has so many."""
    data = yaml.safe_load(config.read_text(encoding="utf-8"))
    for component in (*data["pipeline"], *data["policies"]):
        if "epochs" in component:
            component["epochs"] = epochs
    copy = folder / config.name
    copy.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return copy


def train(config: Path, output: Path, nlu_only: bool = False, epochs: int = 0) -> dict[str, object]:
    """Train; returns model path, seconds, megabytes and epochs (0: the configuration's), and writes them beside the model."""
    import logging

    from rasa.engine.training import fingerprinting
    from rasa.model_training import train as rasa_train
    from rasa.model_training import train_nlu

    from bot import logs

    logs.configure(logging.ERROR)
    # Rasa's components name the distribution "tensorflow"; the CPU build is called tensorflow-cpu.
    fingerprinting.import_name_to_package_map["tensorflow"] = "tensorflow-cpu"
    output.mkdir(parents=True, exist_ok=True)
    if epochs:
        config = with_epochs(config, output, epochs)
    started = time.monotonic()
    data = [str(ROOT / "data" / part) for part in ("nlu", "rules", "stories")]
    if nlu_only:
        model = train_nlu(str(config), data[0], str(output), fixed_model_name=config.stem)
    else:
        model = rasa_train(
            str(ROOT / "domain.yml"), str(config), data, str(output), force_training=True, fixed_model_name=config.stem
        ).model
    seconds = round(time.monotonic() - started, 1)
    result = {"model": str(model), "seconds": seconds, "megabytes": round(Path(str(model)).stat().st_size / 1e6, 1)}
    result["epochs"] = epochs
    (output / f"{config.stem}.json").write_text(json.dumps(result))
    return result


if __name__ == "__main__":
    told = next((int(word.partition("=")[2]) for word in sys.argv[3:] if word.startswith("epochs=")), 0)
    print(json.dumps(train(Path(sys.argv[1]), Path(sys.argv[2]), "nlu" in sys.argv[3:], told)))
