"""The benchmark on public intent sets, with a tiny made-up set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks import public_sets as sets
from bot.nlu.features import Array

TRAIN = {
    "OPEN": ["when does the shop open", "what are the opening hours", "is the shop open today", "when do you open"],
    "PARK": ["where can i park my car", "is there a car park", "is parking free", "where do i leave the car"],
}
TEST = [("when is the shop open", "OPEN"), ("where to park a car", "PARK"), ("zebras hum quietly", sets.OFF_TOPIC)]


def letters(texts: Sequence[str]) -> Array:
    """Unit vectors by letter counts, in place of the encoder."""
    counted = np.array([[1 + text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts], dtype=np.float32)
    return counted / np.linalg.norm(counted, axis=1, keepdims=True)


def rows(pairs: Sequence[tuple[str, str]], head: str = "text,label") -> str:
    return "\n".join([head, *(f"{text},{label}" for text, label in pairs)])


@pytest.fixture()
def folder(tmp_path: Path) -> Path:
    """Both sets, made of the same few lines."""
    known = [(text, label) for label, texts in TRAIN.items() for text in texts]
    for train, test in sets.SETS.values():
        (tmp_path / train).parent.mkdir(exist_ok=True)
        (tmp_path / train).write_text(rows(known))
        (tmp_path / test).write_text(rows(TEST))
    return tmp_path


def test_the_report_says_what_was_right(folder: Path, tmp_path: Path) -> None:
    """Both own rows and the baseline get the two questions right; a classifier that knows one label gets half; only the part
    between the marks is written, again and again."""
    learners: dict[str, sets.Learner] = {
        "own": sets.own(letters),
        "as it is": sets.assistant_settings(letters),
        "baseline": sets.baseline,
        "one label": lambda data: (lambda asked: [("OPEN", 0.5)] * len(asked), "-"),
    }
    page = tmp_path / "page.md"
    page.write_text("# Before\n")
    for found in sets.measure(learners, folder):
        sets.write(found, page)
    once = page.read_text()
    sets.write(found, page)
    assert once == page.read_text()
    assert once.startswith("# Before\n")
    assert once.count("| own | 100.0 | 100.0 | 100.0 | 100.0 | 1.000 |") == once.count("| baseline | 100.0 |") == 2
    assert once.count("| as it is | 100.0 |") == 2
    assert once.count("| one label | 50.0 | 0.0 | 0.0 | 0.0 | 0.500 |") == 2


def test_the_curve() -> None:
    """The threshold lets through at most the share named; what is right and above it is kept."""
    guesses = [("A", 0.9), ("A", 0.35), ("B", 0.99), *(("A", level / 10) for level in range(10))]
    got = sets.score(guesses, ["A", "A", "A", *[sets.OFF_TOPIC] * 10])
    assert got.right == pytest.approx(2 / 3)
    assert got.kept == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert got.area == pytest.approx((9.5 + 4 + 10) / 30)
    assert sets.score([("A", 1.0)], ["A"]) == sets.Score(1.0)


@pytest.mark.parametrize(("content", "complaint"), [(None, "is missing"), ("text,intent\na,b", "lacks the column label"), ("text,label", "no rows")])
def test_a_wrong_file_is_named(folder: Path, content: str | None, complaint: str) -> None:
    """The error says which file and what it lacks."""
    name = sets.SETS["BANKING77, 10-shot"][0]
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(ValueError, match=f"{name}.*{complaint}"):
        list(sets.measure({}, folder))


def test_the_folder_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Without DATA there is one line that says so."""
    assert sets.main([""]) == 2
    assert "make bench-nlu DATA=folder" in capsys.readouterr().err
