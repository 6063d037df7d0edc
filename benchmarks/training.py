"""Trains a model with a given configuration on the project's data, for comparisons.

Usage: python -m benchmarks.training CONFIG OUTPUT_FOLDER [nlu]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bot.quiet import hush

hush()

from hypnic.yamlfile import ROOT


def train(config: Path, output: Path, nlu_only: bool = False) -> dict[str, object]:
    """Train; returns model path, seconds and megabytes, and writes them beside the model as training.json."""
    import logging

    from rasa.engine.training import fingerprinting
    from rasa.model_training import train as rasa_train
    from rasa.model_training import train_nlu

    from bot import logs

    logs.configure(logging.ERROR)
    # Rasa's components name the distribution "tensorflow"; the CPU build is called tensorflow-cpu.
    fingerprinting.import_name_to_package_map["tensorflow"] = "tensorflow-cpu"
    output.mkdir(parents=True, exist_ok=True)
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
    (output / f"{config.stem}.json").write_text(json.dumps(result))
    return result


if __name__ == "__main__":
    print(json.dumps(train(Path(sys.argv[1]), Path(sys.argv[2]), "nlu" in sys.argv[3:])))
