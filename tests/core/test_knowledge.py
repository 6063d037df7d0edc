"""The knowledge base: what a broken file says, and which answer is nearest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hypnic.errors import DataError
from hypnic.knowledge import Answer, Aspect, Knowledge, Population, Topic, Vocabulary

Edit = Callable[[str, str, str], int]
WHY = "  why:\n    general:\n      text: >-\n"  # in exercise.yml, the topic that the tests break


def problem(folder: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        Knowledge.load(folder)
    return caught.value


def test_the_copy_loads(folder: Path) -> None:
    """The unbroken copy loads, so that what the tests below see is their own edit."""
    assert len(Knowledge.load(folder).topics) == 34


BROKEN = [
    # name, file, old, new, lines below the edit, field, piece of the message
    ("syntax", "exercise.yml", "title: Exercise", "title: [Exercise", None, "", "not valid YAML"),
    ("duplicate key", "exercise.yml", "short: exercise", "short: sport\nshort: exercise", 1, "", "'short' is given twice"),
    ("unknown field", "exercise.yml", "short: ", "colour: red\nshort: ", None, "", "unknown field"),
    ("unknown aspect", "exercise.yml", "  why:\n", "  reason:\n", -1, "answers", "reason"),
    ("unknown population", "exercise.yml", WHY, WHY.replace("general", "grown_up"), 0, "answers.why", "grown_up"),
    ("unknown source", "exercise.yml", "nhs_sleep_tips, ", "nhs_nothing, ", 0, "answers.self_help.general.sources.0", "nhs_nothing"),
    ("unknown source in a myth", "exercise.yml", "    sources: [nhs_twitching]", "    sources: [x]", 0, "myths.0.sources.0", "'x'"),
    ("missing text", "exercise.yml", WHY, WHY.replace("text", "txt"), 1, "answers.why.general", ""),
    ("text too short", "exercise.yml", WHY, WHY.replace(">-", "None. #") + "        #", 2, "answers.why.general.text", "limit"),
    ("wrong type", "exercise.yml", "  - marathon\n", "  - 42\n", 0, "wordings.9", "not of type 'string'"),
    ("wrong certainty", "exercise.yml", "certainty: moderate", "certainty: sure", 0, "answers.why.general.certainty", "'sure' is not one of"),
    ("bare verdict", "exercise.yml", 'verdict: "false"', "verdict: false", 0, "myths.0.verdict", "False is not one of"),
    ("bad date", "exercise.yml", "reviewed: 2026-", "reviewed: 26-", 0, "answers.why.general.reviewed", "does not match"),
    ("next to nowhere", "exercise.yml", "muscle_twitching_awake.why", "nowhere.why", 0, "answers.why.general.next.2", "nowhere.why"),
    ("next without answer", "exercise.yml", "muscle_twitching_awake.why", "exercise.tests", 0, "answers.why.general.next.2", "exercise.tests"),
    ("other topic", "exercise.yml", "topic: exercise", "topic: alcohol", 0, "topic", "does not match the file name"),
    ("unknown topic", "exercise.yml", "topic: exercise", "topic: dancing", 0, "topic", "not a topic"),
    ("source of the wrong type", "_sources.yml", "year: 2023,", "year: soon,", 0, "sources.aasm_icsd3tr.year", "integer"),
    ("replacement aspect", "_vocabulary.yml", "instead: [feels_like]", "instead: [smells_like]", 0, "aspects.what_is_it.instead.0", "smells_like"),
]


@pytest.mark.parametrize(("name", "file", "old", "new", "below", "field", "piece"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_data_names_file_line_and_field(
    folder: Path, edit: Edit, name: str, file: str, old: str, new: str, below: int | None, field: str, piece: str
) -> None:
    """A broken knowledge file is refused with its name, the line and the field."""
    line = edit(file, old, new)
    error = problem(folder)
    assert (error.file, error.field) == (file, field)
    assert piece in str(error)
    assert error.line is not None
    if below is not None:
        assert error.line == line + below


def test_missing_topic_file(folder: Path) -> None:
    """A topic of the vocabulary without a file is named."""
    (folder / "exercise.yml").unlink()
    assert "exercise.yml is missing" in str(problem(folder))


@pytest.mark.parametrize("name", ["_sources.yml", "_vocabulary.yml"])
def test_missing_shared_file(folder: Path, name: str) -> None:
    """A missing shared file is named."""
    (folder / name).unlink()
    assert problem(folder).file == name


def test_missing_folder(tmp_path: Path) -> None:
    """A missing folder is a DataError."""
    assert problem(tmp_path / "nowhere").file == "_vocabulary.yml"


def test_file_of_no_topic(folder: Path) -> None:
    """A file too many is refused by name."""
    (folder / "dancing.yml").write_text((folder / "exercise.yml").read_text(encoding="utf-8"), encoding="utf-8")
    assert problem(folder).file == "dancing.yml"


def test_topic_file_not_utf8(folder: Path) -> None:
    """A topic in another encoding is refused by name."""
    (folder / "exercise.yml").write_bytes("topic: exercise # \xe9".encode("latin-1"))
    assert problem(folder).file == "exercise.yml"


def test_topic_file_too_large(folder: Path) -> None:
    """A topic over the size limit is refused by name."""
    (folder / "exercise.yml").write_bytes(b"#" * 1_000_001)
    assert problem(folder).file == "exercise.yml"


# -- nearest: one topic whose cells each test chooses -------------------------------------------------------------

ASPECTS = {
    "what_is_it": ("feels_like",),
    "feels_like": ("what_is_it",),
    "danger_outlook": ("see_doctor", "what_is_it"),
    "see_doctor": (),
}


def small(*cells: str) -> Knowledge:
    answers = {
        (cell.split(".")[0], cell.split(".")[1]): Answer("t", *cell.split("."), cell, "strong", (), "2026-01-01", ())
        for cell in cells
    }
    vocabulary = Vocabulary(
        ("t",),
        {name: Aspect(name, name, name, instead) for name, instead in ASPECTS.items()},
        {name: Population(name, name, ()) for name in ("general", "child")},
    )
    return Knowledge(vocabulary, {"t": Topic("t", "T", "t", (), (), "", answers, ())}, {})


NEAREST = [
    # asked, the cells that there are, the cell that is given
    ("danger_outlook.child", "danger_outlook.child what_is_it.child danger_outlook.general", "danger_outlook.child"),
    ("danger_outlook.child", "what_is_it.child danger_outlook.general", "what_is_it.child"),
    ("danger_outlook.child", "danger_outlook.general see_doctor.child", "danger_outlook.general"),
    ("danger_outlook.child", "see_doctor.child see_doctor.general what_is_it.general", "see_doctor.child"),
    ("danger_outlook.child", "see_doctor.general what_is_it.general", "see_doctor.general"),
    ("danger_outlook.child", "what_is_it.general", "what_is_it.general"),
    ("danger_outlook.general", "danger_outlook.general see_doctor.general", "danger_outlook.general"),
    ("danger_outlook.general", "what_is_it.general see_doctor.general", "see_doctor.general"),
    ("danger_outlook.general", "danger_outlook.child what_is_it.general", "what_is_it.general"),
    ("see_doctor.general", "danger_outlook.general what_is_it.general", None),
    ("feels_like.general", "what_is_it.general", "what_is_it.general"),
    ("what_is_it.general", "", None),
]


@pytest.mark.parametrize(("asked", "cells", "given"), NEAREST)
def test_nearest(asked: str, cells: str, given: str | None) -> None:
    """The exact cell, then the population as a whole, then the aspect, then its replacements in their order."""
    answer = small(*cells.split()).nearest("t", *asked.split("."))
    assert given == (answer.text if answer else None)


def test_find_is_exact() -> None:
    """find() gives no replacement."""
    assert small("what_is_it.general").find("t", "what_is_it", "child") is None


def test_has_counts_any_population() -> None:
    """An aspect is there when any population has it."""
    assert small("what_is_it.child").has("t", "what_is_it")


def test_answers_come_in_the_order_of_the_vocabulary(base: Knowledge) -> None:
    """answers() follows the order of the topics."""
    order = list(dict.fromkeys(answer.topic for answer in base.answers()))
    assert order == list(base.vocabulary.topics)


def test_ids_are_unique(base: Knowledge) -> None:
    """No two answers share an id."""
    ids = [answer.id for answer in base.answers()]
    assert len(ids) == len(set(ids)) > 200


def test_every_question_gets_an_answer_or_none(base: Knowledge) -> None:
    """nearest() answers every cell of the vocabulary without an error, always with the topic that was asked."""
    cells = [(t, a, p) for t in base.vocabulary.topics for a in base.vocabulary.aspects for p in base.vocabulary.populations]
    assert len(cells) == 34 * 10 * 5
    found = [(topic, base.nearest(topic, aspect, population)) for topic, aspect, population in cells]
    assert {topic == answer.topic for topic, answer in found if answer} == {True}
