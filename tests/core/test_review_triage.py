"""The triage data on the review sheet: all of it once, in words, with room to sign, and nothing on it that runs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from talking import BASE

from hypnic.evidence import Evidence
from hypnic.region import Region
from hypnic.review import TRIAGE, render, triage
from hypnic.review_entry import Entry
from hypnic.yamlfile import YamlFile

UK = Region.load(TRIAGE, "uk")
SECTIONS = triage(BASE, UK)
ENTRIES: dict[str, Entry] = {entry.id: entry for section in SECTIONS for entry in section.entries}
DATA: dict[str, Any] = {path.stem: YamlFile(path).data for path in sorted(TRIAGE.glob("*.yml"))}
WORDS: dict[str, str] = DATA["patterns"]["facts"]
# What is not said and not decided by: how people's words are heard, notes to editors, ids.
QUIET = frozenset("about groups not_words numbers key_words ordinary_words stops shields lists inside version reviewed".split())


def shown(entry: Entry) -> str:
    """All words of an entry."""
    return "\n".join([entry.name, entry.text, entry.meta, *(line for title, lines in (*entry.lists, *entry.folded) for line in (title, *lines))])


ALL = "\n".join(map(shown, ENTRIES.values()))


def texts(data: object) -> Iterator[str]:
    """Every text inside parsed YAML that says more than one word."""
    if isinstance(data, str):
        if len(data.split()) > 2:
            yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            if key not in QUIET:
                yield from texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from texts(value)


def as_shown(text: str) -> str:
    """A text as the sheet shows it: numbers filled in, for somebody who asks for themselves."""
    spoken = UK.fill(text)
    for name, word in DATA["questions"]["people"]["self"].items():
        spoken = spoken.replace("{" + name + "}", word)
    return spoken.strip()


def test_every_file_is_on_the_sheet() -> None:
    """Each file of data/triage gives at least two entries that would change with it."""
    assert {"context", "facts", "flags", "outcomes", "patterns", "questions", "regions", "rules", "screening", "summary"} == set(DATA)
    assert len(ENTRIES) == sum(len(section.entries) for section in SECTIONS) > 450


@pytest.mark.parametrize("name", sorted(set(DATA) - {"rules"}))  # rules.yml has names only
def test_every_text_of_the_file_is_shown(name: str) -> None:
    """No sentence of the data is left out, whatever part of the file it stands in."""
    found = list(texts(DATA[name]))
    assert len(found) > 20
    missing = [text for text in found if as_shown(text) not in ALL and UK.fill(text).strip() not in ALL]
    assert [] == [text for text in missing if as_shown(text)[:1].upper() + as_shown(text)[1:] not in ALL]


def test_every_question_is_shown_with_its_answers() -> None:
    """Each question has what is asked, why, what it means, and what each answer tells and rules out."""
    for row in DATA["questions"]["questions"]:
        text = shown(ENTRIES[f"question.{row['id']}"])
        for option in row["options"]:
            (line,) = [line for line in text.splitlines() if line.startswith((f"{option['label']} (also typed", f"{option['label']}. "))]
            assert all(WORDS[name] in line for name in (*option.get("tells", []), *option.get("denies", [])))
        assert all(WORDS[name] in text for group in row.get("needs", []) for name in group)
        assert all(WORDS[name] in text for name in row.get("unknown", []))


def test_every_rule_is_shown_in_words() -> None:
    """Each row of the rules names its conditions, what it leads to and the level, without a name of the data."""
    rules = DATA["rules"]
    rows = [(f"rule.{row['id']}", row) for row in rules["patterns"]]
    rows += [(f"derive.{at}", row) for at, row in enumerate(rules["derive"], start=1)]
    for entry_id, row in rows:
        entry = ENTRIES[entry_id]
        names = [name for group in row.get("needs", []) for name in group] + row.get("none", []) + row.get("only", [])
        assert all(WORDS[name] in entry.text for name in names), entry_id
        assert re.search(r"\b(emergency|urgent|routine|self_care)\b", entry.meta)
        assert not re.search(r"\b(what|when|who|age)\.[a-z]", entry.text)
    assert DATA["rules"]["base"]["rls"] in ENTRIES["rule.P39"].meta


def test_every_sign_is_shown_with_how_it_is_heard() -> None:
    """Patterns, combinations and exceptions of each sign, and people's words for the urgent ones."""
    for name, flag in DATA["flags"]["flags"].items():
        folded = dict(ENTRIES[name].folded)
        assert len(folded.get("Patterns, one is enough", [])) == len(flag.get("patterns", []))
        assert len(folded.get("Combinations, all parts are needed", [])) == len(flag.get("all_of", []))
        if flag["level"] in ("emergency", "urgent"):
            assert {"People say", "Not taken for it"} <= set(dict(ENTRIES[name].lists)), name


def test_every_state_has_an_entry() -> None:
    """Each trigger of context.yml is shown with its state, its words and how far it reaches."""
    triggers = DATA["context"]["triggers"]
    for at, trigger in enumerate(triggers, start=1):
        assert trigger["state"] in ENTRIES[f"state.{at}"].text
        assert list(dict(ENTRIES[f"state.{at}"].lists)["When one of these is said"]) == trigger["words"]
    assert len(triggers) > 15


def test_sources_are_named_with_results() -> None:
    """Each result names the sources it rests on by their titles."""
    for name, entry in DATA["patterns"]["patterns"].items():
        assert all(BASE.sources[source].title in ENTRIES[f"result.{name}"].meta for source in entry["sources"])


def test_markup_in_triage_data_is_text(tmp_path: Path) -> None:
    """Markup in a question, a result, a pattern and a title of the page makes no tag."""
    folder = Path(shutil.copytree(TRIAGE, tmp_path / "triage"))
    evil = "<script>alert(1)</script>"
    for file, old in (("questions.yml", "When was the fit or blackout?"), ("patterns.yml", "name: restless legs"),
                      ("flags.yml", "      - 'thunderclap'"), ("summary.yml", "title: Notes for the doctor")):
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, f"{old.rstrip(chr(39))}{evil}{chr(39) if old.endswith(chr(39)) else ''}", 1), encoding="utf-8")
    page = render(BASE, Evidence.load(BASE), UK, triage(BASE, UK, folder))
    assert 4 <= page.count("&lt;script&gt;alert(1)&lt;/script&gt;")
    assert "<script" not in page


def test_every_section_is_signed() -> None:
    """A line for name and date stands below each section, and the sections are linked at the top."""
    page = render(BASE, Evidence.load(BASE), UK, SECTIONS)
    for section in SECTIONS:
        assert f'aria-label="Signature for {section.title}"' in page
        assert f'href="#{section.id}"' in page and f'<h2 id="{section.id}">' in page
