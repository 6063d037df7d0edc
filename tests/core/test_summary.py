"""The page for the doctor: what stands on it, in which form, and that nothing a person typed can do harm there."""

from __future__ import annotations

import datetime
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.summary import recorder
from bot.channels.pdf import pdf
from hypnic.errors import DataError
from hypnic.interview import Answer, State
from hypnic.summary import DATA, ORDER, TYPED, WIDTH, Record, Summary
from hypnic.triage import Triage
from hypnic.yamlfile import ROOT

SUMMARY = Summary.load()
RULES = Triage.load(ROOT / "data" / "triage")
LISTS = frozenset("yes no unknown medicines tell ask bring sources".split())
TODAY = datetime.date(2026, 11, 24)


def full(mark: str = "") -> Record:
    """A record with something in every field, each with the mark in it."""
    values = {f.name: (f"{f.name} one{mark}", f"{f.name} two{mark}") if f.name in LISTS else f"{f.name}{mark}" for f in fields(Record)}
    return Record(**values)  # type: ignore[arg-type]


def empty() -> Record:
    """A record with nothing in it."""
    return Record(**{f.name: () if f.name in LISTS else "" for f in fields(Record)})  # type: ignore[arg-type]


class Elements(HTMLParser):
    """Collects the names of all elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]


def test_every_field_is_shown_under_its_heading() -> None:
    """In the text and on the page alike, in the fixed order."""
    text, page = SUMMARY.text(full()), SUMMARY.html(full())
    wanted = [line for name in ORDER for line in ((f"{name} one", f"{name} two") if name in LISTS else (name,))]
    for shown in (text, page):
        places = [re.search(rf"(?m)^\W*(?:<li[^>]*>|<p[^>]*>)?{re.escape(line)}(?:</li>|</p>)?$", shown) for line in wanted]
        assert None not in places
        starts = [place.start() for place in places if place]
        assert starts == sorted(starts)
    assert len(page.encode()) < 60_000


def test_what_is_empty_leaves_no_heading() -> None:
    """A page of nothing has only its frame."""
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    for heading in data["headings"].values():
        assert heading + ":" not in SUMMARY.text(empty())
        assert f"<h2>{heading}" not in SUMMARY.html(empty())


NASTY = st.text(max_size=60) | st.sampled_from(
    ["<script>alert(1)</script>", "{{ 7 * 7 }}", "{date}", "</p><img src=x onerror=y>", "\u202eabc", "&lt;", "' onload='", "\x00\x1b[2J"]
)


@settings(max_examples=150, deadline=None)
@given(NASTY)
def test_nothing_typed_becomes_markup(text: str) -> None:
    """The page with hostile text in every field has the same elements and attributes as one with plain words."""
    plain, hostile = Elements(SUMMARY.html(full())), Elements(SUMMARY.html(full(" " + text)))
    assert (plain.names, plain.attributes) == (hostile.names, hostile.attributes)


@settings(max_examples=100, deadline=None)
@given(NASTY)
def test_the_text_keeps_its_form(text: str) -> None:
    """No line is too long, no invisible character survives, and nothing typed stands at the margin where headings are."""
    told = SUMMARY.text(replace(empty(), reason=text + " reason", yes=(text + " yes",)))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", told)
    assert all(len(line) <= WIDTH or " " not in line.strip() for line in told.splitlines())


@pytest.mark.parametrize("name", TYPED)
def test_typed_texts_are_cut(name: str) -> None:
    """What a person typed cannot fill the page."""
    long = "long " * 1000
    record = replace(empty(), **{name: (long,) if name in LISTS else long})
    assert len(SUMMARY.text(record)) < TYPED[name] + 1500


def test_chat_form_has_whole_lines() -> None:
    """Without a width every item is one line."""
    lines = SUMMARY.text(full(" and more words" * 20), width=None).splitlines()
    assert any(len(line) > WIDTH for line in lines)
    assert not any(line.startswith(" ") for line in lines)


def test_pdf_holds_the_page_in_any_script() -> None:
    """A PDF of one or more A4 pages, also when the text needs characters that its font lacks."""
    for record in (full(), empty(), full(" заснати żółć 眠り 😴"), full(" word" * 200)):
        made = pdf(SUMMARY, record)
        assert made.startswith(b"%PDF-")
        assert made.rstrip().endswith(b"%%EOF")
        assert len(made) < 400_000


def test_every_pattern_has_questions_and_things_to_bring() -> None:
    """The names in summary.yml are patterns of the rules; others get the default."""
    assert set(RULES.base) >= SUMMARY.patterns
    assert SUMMARY.ask_for("unheard of") == SUMMARY.ask_for("default")
    for pattern in RULES.base:
        assert 3 <= len(SUMMARY.ask_for(pattern)) <= 6
        assert 3 <= len(SUMMARY.bring_for(pattern)) <= 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: Notes for the doctor", "title: ''", r"summary\.yml.*title"),
        ("{date}", "{day}", r"summary\.yml.*made.*\{day\}"),
        ("  bring: To bring along\n", "", r"summary\.yml.*headings.*bring"),
        ("headings:\n", "headings:\n  shoes: Size of shoes\n", r"summary\.yml.*shoes"),
        ("ask:\n  default:\n", "ask:\n  fault:\n", r"summary\.yml.*ask.*default"),
    ],
)
def test_an_editors_slip_is_told_by_file_and_field(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Broken texts are refused at the start, not on a page."""
    text = DATA.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "summary.yml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        Summary.load(path)


# ---- from a conversation to the page ----


def said(*texts: str) -> list[dict[str, str]]:
    """Events of a conversation in which these messages were typed."""
    return [{"event": "session_started"}, *({"event": "user", "text": text} for text in texts)]


def test_a_story_becomes_a_page() -> None:
    """Who, what, when and medicines come from the person's own words."""
    record = recorder().record(said("my husband, 62, kicks every 30 seconds all night and takes citalopram"), {}, TODAY)
    assert record
    assert record.date == "2026-11-24"
    assert "husband" in record.reason
    assert record.about and record.pattern
    assert any("citalopram" in medicine for medicine in record.medicines)
    assert record.level_line and "{" not in record.level_line
    assert record.ask == SUMMARY.ask_for("drug_induced")  # the medicine is looked at first


def test_answers_of_the_check_stand_under_yes_no_and_not_known() -> None:
    """The finished check counts also after it is over, and more than how a message was read."""
    answers = (
        Answer("danger", no=("chest_pain", "stroke_signs")),
        Answer("who", yes=("who.self", "age.adult")),
        Answer("danger_more", unknown=True),
    )
    state = State(yes=("what.jolt", "when.falling_asleep"), answers=answers)
    record = recorder().record(said("i jolt as i drop off"), {"checked": state.to_json()}, TODAY)
    assert record
    words = recorder().record(said("i jolt as i drop off"), {}, TODAY)
    assert words and not words.no
    assert len(record.no) == 2
    assert record.about


def test_danger_flags_count() -> None:
    """A danger told during the talk raises the advice on the page."""
    record = recorder().record(said("i jolt as i drop off"), {"danger_flags": ["chest_pain"]}, TODAY)
    assert record and record.level_line.startswith("Call ")


@pytest.mark.parametrize("texts", [(), ("hello",), ("what is a hypnic jerk",)])
def test_nothing_told_gives_no_page(texts: tuple[str, ...]) -> None:
    """An empty page would only look as if nothing was wrong."""
    assert recorder().page(said(*texts), {}, TODAY) is None


def test_starting_again_empties_the_page() -> None:
    """What was told before belongs to another story."""
    events = [*said("my leg kicks all night"), {"event": "reset_slots"}]
    assert recorder().page(events, {}, TODAY) is None


def test_the_message_has_the_page_in_text_and_parts() -> None:
    """Every channel can show it; the parts serve those that can do more."""
    page = recorder().page(said("my leg kicks all night, i am 40"), {}, TODAY)
    assert page and page.custom["kind"] == "summary"
    assert page.text.startswith(SUMMARY.title)
    assert {"key", "heading", "lines"} == set(page.custom["sections"][0])
