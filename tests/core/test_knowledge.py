"""The knowledge base: what a broken file says, and which answer is nearest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hypnic.errors import DataError
from hypnic.knowledge import Answer, Aspect, Knowledge, Population, Topic, Vocabulary

Edit = Callable[[str, str, str], int]


def problem(folder: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        Knowledge.load(folder)
    return caught.value


def test_the_tiny_base_loads(folder: Path) -> None:
    """The unbroken base loads, so that what the tests below see is their own edit."""
    assert set(Knowledge.load(folder).topics) == {"yawning", "sneezing"}


Y, CELL = "yawning.yml", "answers.what_is_it.general"
BROKEN = [
    # name, file, old, new, line, field, piece of the message
    ("syntax", Y, "title: Yawning", "title: [Yawning", 3, "", "not valid YAML"),
    ("duplicate key", Y, "short: yawning", "title: Again", 3, "", "'title' is given twice"),
    ("unknown field", Y, "also_called:", "colour: red\nalso_called:", 1, "", "unknown field"),
    ("unknown field in an answer", Y, "certainty:", "colour: red\n      certainty:", 9, CELL, "unknown field"),
    ("unknown aspect", Y, "  what_is_it:\n", "  reason:\n", 7, "answers", "reason"),
    ("unknown population", Y, "general:", "grown_up:", 8, "answers.what_is_it", "grown_up"),
    ("unknown source", Y, "[nhs, nice]", "[nhs, who]", 14, CELL + ".sources.1", "'who' is not in _sources.yml"),
    ("unknown source in a myth", Y, "sources: [nice]", "sources: [who]", 23, "myths.0.sources.0", "'who' is not in _sources.yml"),
    ("no source", Y, "[nhs, nice]", "[]", 14, CELL + ".sources", "too short"),
    ("missing text", Y, "text: >-\n        A yawn", "words: >-\n        A yawn", 9, CELL, "'text' is missing"),
    ("text too short", Y, "he yawns]\ntell_apart: A long, deep breath with", "he yawns]\ntell_apart: A #", 6, "tell_apart", "the limit is 60"),
    ("wrong type", Y, "wide mouth", "42", 5, "wordings.2", "not of type 'string'"),
    ("capitals in a wording", Y, "wide mouth", "Wide mouth", 5, "wordings.2", "does not match"),
    ("wrong certainty", Y, "certainty: strong", "certainty: sure", 13, CELL + ".certainty", "'sure' is not one of"),
    ("bare verdict", Y, 'verdict: "false"', "verdict: false", 20, "myths.0.verdict", "False is not one of"),
    ("bad date", Y, "2026-01-02", "26-01-02", 15, CELL + ".reviewed", "does not match"),
    ("next to no topic", Y, "sneezing.feels_like", "coughing.feels_like", 16, CELL + ".next.1", "coughing.feels_like"),
    ("next without answer", Y, "sneezing.feels_like", "sneezing.what_is_it", 16, CELL + ".next.1", "sneezing.what_is_it"),
    ("name of another topic", Y, "topic: yawning", "topic: sneezing", 1, "topic", "does not match the file name"),
    ("unknown topic", Y, "topic: yawning", "topic: coughing", 1, "topic", "not a topic"),
    ("braces without quotes", Y, "title: Yawning", "title: {emergency_number}", 2, "title", "not of type 'string'"),
    ("double braces", Y, "title: Yawning", "title: {{emergency_number}}", 2, "", "not valid YAML"),
    ("source of the wrong type", "_sources.yml", "year: 2020", "year: soon", 2, "sources.nhs.year", "integer"),
    ("address without https", "_sources.yml", "https:", "http:", 2, "sources.nhs.url", "does not match"),
    ("replacement aspect", "_vocabulary.yml", "[feels_like]", "[smell]", 3, "aspects.what_is_it.instead.0", "'smell' is not an aspect"),
    ("label too long", "_vocabulary.yml", "What is it?", "What is it " + "really " * 4, 3, "aspects.what_is_it.label", "limit is 26"),
]


@pytest.mark.parametrize(("name", "file", "old", "new", "line", "field", "piece"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_data_names_file_line_and_field(
    folder: Path, edit: Edit, name: str, file: str, old: str, new: str, line: int, field: str, piece: str
) -> None:
    """A broken knowledge file is refused with its name, the line and the field."""
    edit(file, old, new)
    error = problem(folder)
    assert (error.file, error.line, error.field) == (file, line, field)
    assert str(error).startswith(f"{file}:{line}  {field}")
    assert piece in str(error)


def test_missing_topic_file(folder: Path) -> None:
    """A topic of the vocabulary without a file is named."""
    (folder / Y).unlink()
    assert "yawning.yml is missing" in str(problem(folder))


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
    (folder / "coughing.yml").write_text((folder / Y).read_text(encoding="utf-8"), encoding="utf-8")
    assert problem(folder).file == "coughing.yml"


def test_topic_file_not_utf8(folder: Path) -> None:
    """A topic in another encoding is refused by name."""
    (folder / Y).write_bytes("topic: yawning # \xe9".encode("latin-1"))
    assert problem(folder).file == Y


def test_topic_file_too_large(folder: Path) -> None:
    """A topic over the size limit is refused by name."""
    (folder / Y).write_bytes(b"#" * 1_000_001)
    assert problem(folder).file == Y


def test_text_is_one_line(folder: Path) -> None:
    """An answer's text has no line breaks, however the file folds it."""
    answer = Knowledge.load(folder).find("yawning", "what_is_it")
    assert answer is not None
    assert "\n" not in answer.text


def test_next_within_and_across_topics(folder: Path) -> None:
    """A next step without a topic is of the same topic."""
    answer = Knowledge.load(folder).find("yawning", "what_is_it")
    assert answer is not None
    assert answer.next == (("yawning", "what_is_it"), ("sneezing", "feels_like"))


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
    ("see_doctor.general", "danger_outlook.general what_is_it.general", "what_is_it.general"),
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
