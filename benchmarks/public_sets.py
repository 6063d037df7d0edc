"""`make bench-nlu DATA=folder`: the project's classifier on public intent sets, beside stock Rasa and a plain baseline.

The sets stay outside the repository. `folder` holds `banking77/` and `hint3_sofmattress/`, CSV files with the columns `text`
and `label`. Settings are chosen by cross-validation in the training file; the test file is only scored.
Writes the marked part of docs/benchmarks.md.

Usage: .venv-stock/bin/python -m benchmarks.public_sets FOLDER
"""

from __future__ import annotations

from bot.quiet import hush

hush()

import asyncio
import csv
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from benchmarks.reporting import table
from bot.nlu.encoder import encoder
from bot.nlu.features import Encode, Vectoriser
from bot.nlu.kernel import CellModel, Example
from bot.nlu.understanding import _ranking
from hypnic.yamlfile import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
MARKS = ("<!-- public sets -->", "<!-- /public sets -->")
COLUMNS = ("text", "label")
OFF_TOPIC = "NO_NODES_DETECTED"  # HINT3's label of messages that no intent answers
LET_THROUGH = (0.5, 0.3, 0.2)
GRID = [(weight, ridge) for weight in (0.6, 0.7, 0.8, 0.9) for ridge in (0.1, 0.3)]  # the first is the assistant's
FOLDS = 10
# Files of each set below the folder: training, test.
SETS = {
    "HINT3 SOFMattress v2": ("hint3_sofmattress/sofmattress_train.csv", "hint3_sofmattress/sofmattress_test.csv"),
    "BANKING77, 10-shot": ("banking77/train_10shot.csv", "banking77/test.csv"),
}
# What others have published or measured, and where it is from.
PUBLISHED = {
    "BANKING77, 10-shot": (
        "Published, accuracy %: USE + ConveRT 85.2, ConvBERT + observers 86.0, "
        "DNNC 86.7, CPFT 87.2, ICDA 89.8. "
        "Taken from the notes that come with the sets, not run again here."
    ),
    "HINT3 SOFMattress v2": (
        "Published for Rasa of 2020 (ConveRT + DIET) on version 1 of the labels, in-scope accuracy % / "
        "off-topic recall %: 68.4 / 10.2 at threshold 0.3, 57.6 / 66.3 at 0.7. "
        "Taken from the notes that come with the sets, not run again here."
    ),
}

Data = tuple[list[str], list[str]]
Guess = tuple[str, float]  # label, confidence
Classifier = Callable[[Sequence[str]], list[Guess]]
Learner = Callable[[Data], tuple[Classifier, str]]  # the text says how it was set


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1: right among in-scope messages; with off-topic ones also kept at each of LET_THROUGH, and AUROC."""

    right: float
    kept: tuple[float, ...] = ()
    area: float | None = None


def read(path: Path) -> Data:
    """Texts and labels of a CSV file. Raises ValueError: it is missing, empty, or lacks a column."""
    if not path.is_file():
        raise ValueError(f"{path} is missing")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if lacking := [column for column in COLUMNS if column not in (rows.fieldnames or ())]:
            raise ValueError(f"{path} lacks the column {' and '.join(lacking)}")
        pairs = [(" ".join(row["text"].split()), row["label"]) for row in rows]
    if not pairs:
        raise ValueError(f"{path} holds no rows")
    return [text for text, _ in pairs], [label for _, label in pairs]


def score(guesses: Sequence[Guess], labels: Sequence[str]) -> Score:
    """Scores guesses. Kept at x: right and above the lowest threshold that lets at most x of the off-topic ones through."""
    inside = np.array([label != OFF_TOPIC for label in labels])
    right = np.array([guess == label for (guess, _), label in zip(guesses, labels)])
    sure = np.array([confidence for _, confidence in guesses])
    accuracy = float(right[inside].mean())
    if inside.all():
        return Score(accuracy)
    off = np.sort(sure[~inside])[::-1]
    thresholds = [off[min(int(share * len(off)), len(off) - 1)] for share in LET_THROUGH]
    kept = tuple(float((right & (sure > threshold))[inside].mean()) for threshold in thresholds)
    return Score(accuracy, kept, float(roc_auc_score(inside, sure)))


def own(encode: Encode) -> Learner:
    """The assistant's features, model and confidence; the set's labels are intents without a topic."""

    def fit(data: Data, weight: float, ridge: float) -> Classifier:
        texts, labels = data
        vectoriser = Vectoriser(encode)
        features = vectoriser.fit(texts)
        return _classifier(vectoriser, CellModel(weight, ridge).fit(features, features, [Example(label) for label in labels]))

    def learn(data: Data) -> tuple[Classifier, str]:
        texts, labels = np.array(data[0], dtype=object), np.array(data[1], dtype=object)
        folds = min(FOLDS, int(np.unique(labels, return_counts=True)[1].min()))
        splits = list(StratifiedKFold(folds, shuffle=True, random_state=0).split(texts, labels))

        def right(setting: tuple[float, float]) -> float:
            hits = []
            for known, asked in splits:
                classify = fit((list(texts[known]), list(labels[known])), *setting)
                hits += [guess == label for (guess, _), label in zip(classify(list(texts[asked])), labels[asked])]
            return float(np.mean(hits))

        shares = {setting: right(setting) for setting in GRID}
        best = max(shares, key=lambda setting: shares[setting])  # of equal ones the first
        remark = f"dense weight {best[0]}, ridge {best[1]}; {100 * shares[best]:.1f} % in cross-validation"
        return fit(data, *best), remark + f" ({100 * shares[GRID[0]]:.1f} % with the assistant's settings)"

    return learn


def assistant_settings(encode: Encode) -> Learner:
    """The same with the assistant's settings as they are."""

    def learn(data: Data) -> tuple[Classifier, str]:
        vectoriser = Vectoriser(encode)
        features = vectoriser.fit(data[0])
        model = CellModel().fit(features, features, [Example(label) for label in data[1]])
        return _classifier(vectoriser, model), "nothing chosen"

    return learn


def _classifier(vectoriser: Vectoriser, model: CellModel) -> Classifier:
    def classify(asked: Sequence[str]) -> list[Guess]:
        found = []
        rows = vectoriser.transform(asked)
        for row in range(len(asked)):
            one = rows[row : row + 1]
            judged = model.judge(one, one)
            best = _ranking(judged.intents(), judged.cells[0][0], judged.nearness)[0]
            found.append((str(best["name"]), float(best["confidence"])))
        return found

    return classify


def baseline(data: Data) -> tuple[Classifier, str]:
    """TF-IDF of words, pairs and pieces into logistic regression, which knows no off-topic text but by its probability."""
    counters = [
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b"),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    ]
    model = LogisticRegression(C=20, max_iter=1000)
    model.fit(sparse.hstack([counter.fit_transform(data[0]) for counter in counters]), data[1])

    def classify(asked: Sequence[str]) -> list[Guess]:
        chances = model.predict_proba(sparse.hstack([counter.transform(asked) for counter in counters]))
        return [(str(model.classes_[row.argmax()]), float(row.max())) for row in chances]

    return classify, "C = 20"


def diet(data: Data) -> tuple[Classifier, str]:
    """Stock Rasa, trained by Rasa in a temporary folder with its default pipeline."""
    from rasa.core.agent import Agent
    from rasa.engine.training import fingerprinting
    from rasa.model_training import train_nlu
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from bot import logs

    logs.configure(logging.ERROR)
    # Rasa's components name the distribution "tensorflow"; the CPU build is called tensorflow-cpu.
    fingerprinting.import_name_to_package_map["tensorflow"] = "tensorflow-cpu"
    with tempfile.TemporaryDirectory() as folder:
        nlu = Path(folder) / "nlu.yml"
        TrainingData([Message.build(text, label) for text, label in zip(*data)]).persist_nlu(str(nlu))
        model = train_nlu(str(ROOT / "benchmarks" / "configs" / "stock.yml"), str(nlu), folder)
        agent = Agent.load(str(model))
    loop = asyncio.new_event_loop()

    def classify(asked: Sequence[str]) -> list[Guess]:
        found = []
        for text in asked:
            ranking = loop.run_until_complete(agent.parse_message(text))["intent_ranking"]
            best = next(entry for entry in ranking if entry["name"] != "nlu_fallback")
            found.append((str(best["name"]), float(best["confidence"])))
        return found

    return classify, "100 epochs"


def measure(learners: dict[str, Learner], folder: Path) -> Iterator[list[str]]:
    """The report as lines of Markdown, anew after each classifier and set, so that a run that is cut short leaves what it has.

    Raises ValueError where a file is wrong.
    """
    sets = {name: (read(folder / train), read(folder / test)) for name, (train, test) in SETS.items()}
    rows: dict[str, list[list[str]]] = {name: [] for name in sets}
    for title, learner in learners.items():
        for name, (train, test) in sets.items():
            begun = time.monotonic()
            classify, remark = learner(train)
            seconds = time.monotonic() - begun
            got = score(classify(test[0]), test[1])
            kept = [f"{100 * share:.1f}" for share in got.kept] or ["-"] * len(LET_THROUGH)
            area = "-" if got.area is None else f"{got.area:.3f}"
            rows[name].append([title, f"{100 * got.right:.1f}", *kept, area, f"{seconds:.0f}", remark])
            print(name, *rows[name][-1], sep=" | ", flush=True)
            yield _report(sets, rows)


def _report(sets: dict[str, tuple[Data, Data]], rows: dict[str, list[list[str]]]) -> list[str]:
    found = ["## Public intent sets", ""]
    found += ["Written by `make bench-nlu` in one run, a row as soon as it is measured. No setting was chosen on a test file."]
    found += ["Kept: in-scope messages that are right and above the threshold that lets this share of off-topic ones through."]
    found += ["The three thresholds are read off the test file, for all classifiers alike.", ""]
    for name, (train, test) in sets.items():
        count = sum(label != OFF_TOPIC for label in test[1])
        sizes = f"{len(train[0])} training rows, {len(set(train[1]))} intents"
        found += [f"### {name}", "", f"{sizes}; {count} in-scope test messages, {len(test[1]) - count} off-topic ones.", ""]
        head = ["classifier", "in-scope accuracy %", *(f"kept at {100 * share:.0f} %, %" for share in LET_THROUGH)]
        found += table([*head, "AUROC", "training s", "settings"], rows[name])
        found += [PUBLISHED[name], ""]
    return found


def write(found: Sequence[str], page: Path = PAGE) -> None:
    """Put the lines between the marks of the page, at its end where it has none."""
    text = page.read_text(encoding="utf-8")
    if MARKS[0] not in text:
        text = f"{text.rstrip()}\n\n{MARKS[0]}\n{MARKS[1]}\n"
    before, rest = text.split(MARKS[0], 1)
    body = "\n".join(found).strip()
    page.write_text(f"{before}{MARKS[0]}\n{body}\n{MARKS[1]}{rest.split(MARKS[1], 1)[1]}", encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Command line."""
    if len(arguments) != 1 or not arguments[0]:
        print("name the folder of the sets: make bench-nlu DATA=folder", file=sys.stderr)
        return 2
    os.nice(10)
    encode = encoder().encode
    learners: dict[str, Learner] = {
        "own model, settings of the assistant": assistant_settings(encode),
        "own model, settings chosen in the training file": own(encode),
        "TF-IDF and logistic regression": baseline,
        "stock Rasa 3.6.21 (DIET)": diet,
    }
    try:
        for found in measure(learners, Path(arguments[0])):
            write(found)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
