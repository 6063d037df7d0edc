"""YAML files: what is refused, and that the error says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from hypnic.errors import DataError
from hypnic.yamlfile import MAX_BYTES, ROOT, SCHEMAS, YamlFile, shown

SOURCES = 'sources:\n  one: {title: A title, publisher: NHS, year: 2020}\n'


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "some.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problem(path: Path, schema: str | None = "sources") -> DataError:
    with pytest.raises(DataError) as caught:
        YamlFile(path, schema)
    return caught.value


BROKEN = [
    # name, text, line, field, piece of the message
    ("syntax: bracket", "sources:\n  one: {title: A title\n", 3, "", "not valid YAML"),
    ("syntax: indent", "sources:\n  one: 1\n   two: 2\n", 3, "", "not valid YAML"),
    ("syntax: tab", "sources:\n\tone: 1\n", 2, "", "not valid YAML"),
    ("duplicate key", SOURCES + "  one: {title: Other, publisher: NHS, year: 2020}\n", 3, "", "'one' is given twice"),
    ("duplicate key deep", "sources:\n  one: {title: A title, title: B}\n", 2, "", "'title' is given twice"),
    ("python object", "sources: !!python/object/apply:os.getcwd []\n", 1, "", "not valid YAML"),
    ("unknown field", SOURCES.replace("year", "colour: 1, year"), 2, "sources.one", "unknown field"),
    ("missing text", SOURCES.replace("title: A title, ", ""), 2, "sources.one", "'title' is missing"),
    ("missing top", "{}\n", 1, "", "'sources' is missing"),
    ("wrong type", SOURCES.replace("2020", "last year"), 2, "sources.one.year", "not of type 'integer'"),
    ("list for map", "sources: [1]\n", 1, "sources", "not of type 'object'"),
    ("too short", SOURCES.replace("A title", "A"), 2, "sources.one.title", "the limit is 3"),
]


@pytest.mark.parametrize(("name", "text", "line", "field", "piece"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_file_names_file_line_and_field(tmp_path: Path, name: str, text: str, line: int, field: str, piece: str) -> None:
    """A broken file is refused with its name, the line and the field."""
    error = problem(written(tmp_path, text))
    assert (error.file, error.line, error.field) == ("some.yml", line, field)
    assert str(error).startswith(f"some.yml:{line}  {field}")
    assert piece in str(error)


def test_missing_file(tmp_path: Path) -> None:
    """A missing file is a DataError that names it."""
    assert str(problem(tmp_path / "gone.yml")).startswith("gone.yml  ")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder in place of a file is a DataError that names it."""
    assert problem(tmp_path).file == tmp_path.name


def test_not_utf8(tmp_path: Path) -> None:
    """A file in another encoding is refused with its name."""
    error = problem(written(tmp_path, "sources: {}\n# caf\xe9".encode("latin-1")))
    assert (error.file, "UTF-8" in error.message) == ("some.yml", True)


def test_too_large(tmp_path: Path) -> None:
    """A file over the limit is refused before it is read."""
    error = problem(written(tmp_path, b"#" * (MAX_BYTES + 1)))
    assert (error.file, f"{MAX_BYTES:,}" in error.message) == ("some.yml", True)


def test_largest_allowed(tmp_path: Path) -> None:
    """A file of exactly the limit is read."""
    assert YamlFile(written(tmp_path, b"#" * MAX_BYTES)).data is None


def test_empty_file(tmp_path: Path) -> None:
    """An empty file does not fit a schema and says so."""
    assert problem(written(tmp_path, "")).file == "some.yml"


def test_control_characters(tmp_path: Path) -> None:
    """Characters that YAML forbids are a DataError."""
    assert "not valid YAML" in problem(written(tmp_path, "a: \x00\n")).message


def test_key_that_is_a_list(tmp_path: Path) -> None:
    """A key that cannot be a key is a DataError, not a crash."""
    assert problem(written(tmp_path, "[a, b]: 1\n"), None).file == "some.yml"


def test_alias_to_itself(tmp_path: Path) -> None:
    """A value that holds itself is a DataError, not a crash."""
    assert problem(written(tmp_path, "sources: &a\n  one: *a\n")).file == "some.yml"


def test_dates_stay_text(tmp_path: Path) -> None:
    """A date is not turned into something else."""
    assert YamlFile(written(tmp_path, "reviewed: 2026-01-02\n")).data == {"reviewed": "2026-01-02"}


LINES = [
    ((), 1),
    (("a",), 1),
    (("a", "b"), 2),
    (("a", "b", 1), 4),
    (("a", "b", 9), 2),
    (("a", "nowhere"), 1),
    (("a", "b", 0, "deeper"), 3),
]


@pytest.mark.parametrize(("place", "line"), LINES)
def test_line_of_a_field(tmp_path: Path, place: tuple[str | int, ...], line: int) -> None:
    """line() gives the line of a field or of its nearest parent."""
    assert YamlFile(written(tmp_path, "a:\n  b:\n    - x\n    - y\n")).line(place) == line


def test_line_in_an_empty_file(tmp_path: Path) -> None:
    """An empty file has no lines to name."""
    assert YamlFile(written(tmp_path, "# nothing\n")).line(("a",)) is None


def test_shown_inside_the_project() -> None:
    """A path inside the project is shown as the editor knows it."""
    assert shown(ROOT / "data" / "talk.yml") == "data/talk.yml"


def test_shown_outside_the_project(tmp_path: Path) -> None:
    """A path elsewhere is shown by its name alone."""
    assert shown(tmp_path / "x.yml") == "x.yml"


def test_there_are_schemas() -> None:
    """The schemas the loaders name exist."""
    assert {path.stem for path in SCHEMAS.glob("*.yml")} >= {"sources", "talk", "topic", "vocabulary"}
