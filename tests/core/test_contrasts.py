"""What is easily mixed up: comparisons of topics, and words with several meanings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hypnic.contrasts import Ambiguity
from hypnic.errors import DataError
from hypnic.knowledge import Knowledge

Edit = Callable[[str, str, str], int]

# -- loading --------------------------------------------------------------------------------------------------------


def problem(folder: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        Knowledge.load(folder)
    return caught.value


def test_a_comparison_loads(folder: Path) -> None:
    """A comparison has its topics in the order of the file, its text on one line, and its sources in full."""
    (known,) = Knowledge.load(folder).comparisons
    assert ("yawning", "sneezing") == known.topics
    assert known.text.startswith("Yawning and sneezing are told apart by how fast they are. A yawn is")
    assert "\n" not in known.text
    assert "  " not in known.text
    assert ("strong", "2026-01-02") == (known.certainty, known.reviewed)
    assert ["About sneezing"] == [source.title for source in known.sources]


def test_an_ambiguity_loads(folder: Path) -> None:
    """Ambiguous words have their question, the choices in order, and the words that make them clear."""
    (word,) = Knowledge.load(folder).ambiguities
    wanted = Ambiguity(
        "blow",
        ("blow", "blows"),
        "Do you mean the slow one or the fast one of the two?",
        (("Slow", "yawning"), ("Fast", "sneezing")),
        ("nose",),
    )
    assert wanted == word
    assert "" == word.plain


def test_a_plain_sense_loads(folder: Path, edit: Edit) -> None:
    """The topic that the words name in their strict sense is kept."""
    edit("_ambiguous.yml", "clear: [nose]", "clear: []\n    plain: sneezing")
    (word,) = Knowledge.load(folder).ambiguities
    assert ((), "sneezing") == (word.clear, word.plain)


C, A = "_comparisons.yml", "_ambiguous.yml"
AGAIN = f"""\
topics: [sneezing, yawning]
    text: {"x" * 200}
    certainty: weak
    sources: [nhs]
    reviewed: 2026-01-02
"""
BROKEN = [
    # name, file, old, new, line, field, piece of the message
    ("unknown topic", C, "[yawning, sneezing]", "[yawning, coughing]", 2, "comparisons.0.topics", "'coughing' is not a topic"),
    ("compared twice", C, "  - topics", f"  - {AGAIN}  - topics", 7, "comparisons.1.topics", "compared twice"),
    ("unknown source", C, "[nice]", "[who]", 7, "comparisons.0.sources.0", "'who' is not in _sources.yml"),
    ("second source unknown", C, "[nice]", "[nice, who]", 7, "comparisons.0.sources.1", "'who' is not in _sources.yml"),
    ("no source", C, "[nice]", "[]", 7, "comparisons.0.sources", "too short"),
    ("one topic", C, "[yawning, sneezing]", "[yawning]", 2, "comparisons.0.topics", "too short"),
    ("a topic with itself", C, "[yawning, sneezing]", "[yawning, yawning]", 2, "comparisons.0.topics", "non-unique"),
    ("a myth's certainty", C, "certainty: strong", "certainty: myth", 6, "comparisons.0.certainty", "'myth' is not one of"),
    ("no date", C, "reviewed: 2026-01-02", "reviewed: soon", 8, "comparisons.0.reviewed", "does not match"),
    ("text missing", C, "    text:", "    words:", 2, "comparisons.0", "'text' is missing"),
    ("unknown sense", A, "topic: sneezing", "topic: coughing", 5, "ambiguous.0.options", "'coughing' is not a topic"),
    ("unknown plain sense", A, "clear: [nose]", "clear: []\n    plain: coughing", 9, "ambiguous.0.plain",
     "'coughing' is not a topic"),
    ("one choice", A, "      - {title: Fast, topic: sneezing}\n", "", 5, "ambiguous.0.options", "too short"),
    ("no words", A, "words: [blow, blows]", "words: []", 3, "ambiguous.0.words", "too short"),
    ("capitals in a word", A, "[blow, blows]", "[blow, Blows]", 3, "ambiguous.0.words.1", "does not match"),
    ("title too long", A, "title: Slow", "title: Slow" + "ly" * 20, 6, "ambiguous.0.options.0.title", "the limit is 40"),
    ("unknown field", A, "clear: [nose]", "clear: []\n    colour: red", 2, "ambiguous.0", "unknown field"),
]


@pytest.mark.parametrize(("name", "file", "old", "new", "line", "field", "piece"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_contrasts_name_file_line_and_field(
    folder: Path, edit: Edit, name: str, file: str, old: str, new: str, line: int, field: str, piece: str
) -> None:
    """A broken comparison or ambiguous word is refused with the file, the line and the field."""
    edit(file, old, new)
    error = problem(folder)
    assert (file, line, field) == (error.file, error.line, error.field)
    assert str(error).startswith(f"{file}:{line}  {field}: ")
    assert piece in str(error)


@pytest.mark.parametrize("name", [C, A])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    """Both files have to be there."""
    (folder / name).unlink()
    assert name == problem(folder).file


# -- which words are unclear ----------------------------------------------------------------------------------------

WORD = Ambiguity("fit", ("fit", "my fit", "it's a fit", "don't fit"), "?", (), ("can't move", "hypnic", "sleep starts"))

UNCLEAR = [
    ("fit", True),
    ("FIT", True),
    ("a fit!", True),
    ("why (fit)?", True),
    ("fit\nfor days", True),
    ("a-fit-b", True),
    ("fit, fit, fit", True),
    ("it's a fit", True),
    ("it’s a fit", True),
    ("dont fit", True),
    # not as a word of its own
    ("", False),
    ("benefit", False),
    ("fits", False),
    ("outfit and fitness", False),
    ("fi t", False),
    ("fit2", False),
    # a word that tells the meaning
    ("fit hypnic", False),
    ("hypnic, then a fit", False),
    ("HYPNIC fit", False),
    ("a fit, i can't move", False),
    ("a fit, i can’t move", False),
    ("a fit, i cant move", False),
    ("a fit or sleep starts", False),
    # only a part of what would tell it
    ("a fit, i can move", True),
    ("a fit, sleep, it starts", True),
    ("a fit when sleep started", True),
    ("a fit, hypnics", True),
]


@pytest.mark.parametrize(("text", "wanted"), UNCLEAR)
def test_unclear(text: str, wanted: bool) -> None:
    """Only a whole word or phrase counts, apostrophes and capitals do not matter, and one clear word settles it."""
    assert wanted is WORD.unclear(text)


@pytest.mark.parametrize("words", [("its a fit",), ("it's a fit",)])
@pytest.mark.parametrize("text", ["its a fit", "it's a fit", "it’s a fit", "It's a FIT."])
def test_apostrophes_do_not_matter(words: tuple[str, ...], text: str) -> None:
    """With or without an apostrophe, straight or curly, in the data or in the message, it is the same word."""
    assert Ambiguity("x", words, "?", (), ()).unclear(text)
    assert not Ambiguity("x", ("fit",), "?", (), words).unclear(text)


# -- the project's own data -----------------------------------------------------------------------------------------


def test_the_project_has_contrasts(base: Knowledge) -> None:
    """The collections that the tests below go through are not empty."""
    assert len(base.comparisons) > 50
    assert len(base.ambiguities) >= 8


def test_every_word_alone_is_unclear(base: Knowledge) -> None:
    """No ambiguous word holds, by itself, a word that makes it clear."""
    assert [] == [(entry.id, word) for entry in base.ambiguities for word in entry.words if not entry.unclear(word)]


def test_every_clear_word_makes_it_clear(base: Knowledge) -> None:
    """Each clear word settles each ambiguous word it stands beside."""
    rows = [(entry, word, clear) for entry in base.ambiguities for word in entry.words for clear in entry.clear]
    assert len(rows) > 1000
    assert [] == [(entry.id, word, clear) for entry, word, clear in rows if entry.unclear(f"{word} {clear}")]


def test_ids_of_ambiguities_are_unique(base: Knowledge) -> None:
    """No two groups of words share an id."""
    ids = [entry.id for entry in base.ambiguities]
    assert len(ids) == len(set(ids))


def test_the_plain_sense_is_one_of_the_choices(base: Knowledge) -> None:
    """The strict sense of a word can also be chosen."""
    plain = [(entry.plain, [topic for _, topic in entry.options]) for entry in base.ambiguities if entry.plain]
    assert plain
    assert [] == [topic for topic, senses in plain if topic not in senses]


def test_choices_are_different(base: Knowledge) -> None:
    """No topic and no title is offered twice in one question."""
    for entry in base.ambiguities:
        titles, topics = zip(*entry.options)
        assert len(titles) == len(set(titles)) == len(set(topics)), entry.id


def test_a_comparison_can_be_sent(base: Knowledge) -> None:
    """A comparison holds no placeholder but those of the telephone numbers."""
    numbers = {"{emergency_number}", "{urgent_line}", "{crisis_line}"}
    for known in base.comparisons:
        rest = known.text
        for number in numbers:
            rest = rest.replace(number, "")
        assert not set("{}") & set(rest), known.topics
