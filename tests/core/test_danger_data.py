"""What an editor is told when flags.yml, context.yml, outcomes.yml or regions.yml is wrong."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # so that this file also runs alone, without an installed package

from hypnic.danger import DangerScreen
from hypnic.emergency import Outcomes
from hypnic.errors import DataError
from hypnic.region import Region
from hypnic.wordmatch import PatternError, Patterns

TRIAGE = ROOT / "data" / "triage"
GOOD = "{level: emergency, timeframe: now, ask: a, why: b, source: c, patterns: [red]}"


@pytest.mark.parametrize(("flags", "field"), [
    ("flags: {}", "flags"),
    ("flags: {x: 3}", "flags.x"),
    ("flags: {x: " + GOOD.replace("emergency", "dreadful") + "}", "flags.x.level"),
    ("flags: {x: " + GOOD.replace("now", "soon") + "}", "flags.x.timeframe"),
    ("flags: {x: " + GOOD.replace("why: b, ", "") + "}", "flags.x.why"),
    ("flags: {x: " + GOOD.replace("[red]", "[]") + "}", "flags.x.patterns"),
    ("flags: {x: " + GOOD.replace("[red]", "red") + "}", "flags.x.patterns"),
    ("flags: {x: " + GOOD.replace("[red]", "['(red']") + "}", "flags.x.patterns.0"),
    ("flags: {x: " + GOOD.replace("[red]", "['red)']") + "}", "flags.x.patterns.0"),
    ("flags: {x: " + GOOD.replace("[red]", "['{nobody}']") + "}", "flags.x.patterns.0"),
    ("flags: {x: " + GOOD.replace("[red]", "['red?']") + "}", "flags.x.patterns.0"),
    ("flags: {x: " + GOOD.replace("[red]", "['']") + "}", "flags.x.patterns.0"),
    ("flags: {x: " + GOOD.replace("[red]", "['a [0-99] b']") + "}", "flags.x.patterns.0"),
    ("flags: {x: " + GOOD.replace("patterns: [red]", "all_of: [[red]]") + "}", "flags.x.all_of.0"),
    ("flags: {x: " + GOOD.replace("patterns", "pattern") + "}", "flags.x.pattern"),
    ("flags: [", ""),
])
def test_bad_flags_name_file_and_field(tmp_path: Path, flags: str, field: str) -> None:
    (tmp_path / "flags.yml").write_text(flags, encoding="utf-8")
    (tmp_path / "context.yml").write_bytes((TRIAGE / "context.yml").read_bytes())
    with pytest.raises(DataError) as error:
        DangerScreen.load(tmp_path)
    assert (error.value.file, error.value.field) == ("flags.yml", field)


def test_missing_file_and_bad_context_are_data_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        DangerScreen.load(tmp_path)
    (tmp_path / "flags.yml").write_text("flags: {x: " + GOOD + "}", encoding="utf-8")
    (tmp_path / "context.yml").write_text("triggers: [{state: maybe, direction: before, words: [no]}]", "utf-8")
    with pytest.raises(DataError) as error:
        DangerScreen.load(tmp_path)
    assert error.value.file == "context.yml"


@pytest.mark.parametrize(("file", "old", "new"), [
    ("outcomes.yml", "{urgent_line} now: a fever", "{phone} now: a fever"),
    ("outcomes.yml", "failure:", "failed:"),
    ("regions.yml", "international:", "internat:"),
])
def test_bad_texts_are_data_errors(tmp_path: Path, file: str, old: str, new: str) -> None:
    text = (TRIAGE / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError) as error:
        (Outcomes.load if file == "outcomes.yml" else Region.load)(tmp_path)
    assert error.value.file == file


@pytest.fixture
def triage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of data/triage inside a project of its own."""
    monkeypatch.setattr("hypnic.yamlfile.ROOT", tmp_path)
    return Path(shutil.copytree(TRIAGE, tmp_path / "data" / "triage"))


def load(folder: Path) -> None:
    DangerScreen.load(folder)
    Outcomes.load(folder)
    for code in ("international", "uk"):
        Region.load(folder, code)


def test_the_copy_is_good(triage: Path) -> None:
    load(triage)


@pytest.mark.parametrize(("file", "old", "new", "field"), [
    ("flags.yml", "      - 'thunderclap'", "      - 'thunder(clap'", "flags.thunderclap_headache.patterns."),
    ("flags.yml", "      - 'mild headache'", "      - 'mild? headache?'", "flags.preeclampsia_signs.unless.1"),
    ("flags.yml", "  opioid: '(codeine|", "  opioid: '(codeine||", "groups.opioid"),
    ("flags.yml", "not_words: [not, \"no\",", "not_words: [not, no,", "not_words.1"),
    ("context.yml", "  denial: [but,", "  denial: ['(but',", "stops.denial.0"),
    ("context.yml", "numbers: {one: 1", "numbers: {one: first", "numbers.one"),
    ("context.yml", "beats: [other]", "beats: [others]", "triggers."),
    ("context.yml", "inside: [\"no\", not", "inside: [\"no\", 'a b c ('", "inside.1"),
    ("outcomes.yml", "failure:", "failed:", "failure"),
    ("regions.yml", "international:", "internat:", "regions"),
])
def test_the_error_names_the_file_as_an_editor_knows_it_and_the_line(
    triage: Path, file: str, old: str, new: str, field: str
) -> None:
    text = (triage / file).read_text(encoding="utf-8")
    assert text.count(old) >= 1
    (triage / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as error:
        load(triage)
    assert error.value.file == f"data/triage/{file}" and error.value.field.startswith(field)
    if file in ("flags.yml", "context.yml"):
        wanted = text[:text.index(old)].count("\n") + 1
        assert error.value.line == wanted and str(error.value).startswith(f"data/triage/{file}:{wanted}  ")
    else:
        assert str(error.value).startswith(f"data/triage/{file}")


def test_a_name_given_twice_and_broken_yaml_have_a_line(triage: Path) -> None:
    text = (triage / "flags.yml").read_text(encoding="utf-8")
    for more in ("  chest_pain: {}\n", "  x: [\n"):
        (triage / "flags.yml").write_text(text.rstrip("\n") + "\n" + more, encoding="utf-8")
        with pytest.raises(DataError) as error:
            DangerScreen.load(triage)
        assert error.value.file == "data/triage/flags.yml" and (error.value.line or 0) > text.count("\n") - 1


@pytest.mark.parametrize("file", ["flags.yml", "context.yml", "outcomes.yml", "regions.yml"])
@pytest.mark.parametrize("content", [None, b"", b"- a\n", b"3", b"\xff\xfe", b"a: [", b"a: 1\na: 2\n"])
def test_an_unusable_file_is_a_data_error(triage: Path, file: str, content: bytes | None) -> None:
    (triage / file).unlink()
    if content is not None:
        (triage / file).write_bytes(content)
    with pytest.raises(DataError) as error:
        load(triage)
    assert error.value.file == f"data/triage/{file}"


@pytest.mark.parametrize("text", ["", " ", None, 3, "(", ")", "a|", "?", "a?", "[0-3]", "[3-1] a", "<1.2.3-4>", "a-b", "{x}"])
def test_what_is_no_pattern(text: object) -> None:
    with pytest.raises(PatternError):
        Patterns().step(text)


@pytest.mark.parametrize("row", ["first: 3", "do: [a, 4]", "do: [a, b, c, d, e, f]", "ask: '{nobody}'", "for: [x, x]", "for: x"])
def test_a_bad_text_is_told_by_field(tmp_path: Path, row: str) -> None:
    fields = {"for": "for: [x]", "first": "first: a", "do": "do: [a]", "ask": "ask: a"}
    name = row.split(":")[0]
    fields[name] = row
    text = "replies:\n  - " + "\n    ".join(fields.values()) + "\nfailure: a\nalso: a\ncrisis: a\ncall: a\nnoted: a\n"
    (tmp_path / "outcomes.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as error:
        Outcomes.load(tmp_path)
    assert error.value.field.startswith(f"replies.0.{name}") and error.value.line == 2 + list(fields).index(name)
