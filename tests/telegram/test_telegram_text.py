"""Text for Telegram: nothing is lost, nothing is too long, everything is escaped; and what each custom kind looks like."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from double import Markup, units
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.quiet import hush

hush()

from bot.channels import telegram_text as tt
from bot.channels.telegram_messages import Telegrams, bare
from bot.channels.telegram_text import Run, choose, keyboard, shown, split, to_html
from hypnic.checks import TRIAGE
from hypnic.emergency import Outcomes, danger_reply
from hypnic.knowledge import knowledge
from hypnic.region import Region
from hypnic.reply import KINDS, answer_custom

REGION = Region.load(TRIAGE, "uk")
TELEGRAMS = Telegrams.load(REGION)
STYLES = st.sampled_from(["", "bold", "italic", 'https://x.org/?a=1&b="2"'])
RUNS = st.lists(st.builds(Run, st.text(st.characters(blacklist_categories=["Cs"])) | st.text(" \n.!?\"')]ab😴"), STYLES), max_size=8)
CHAT = 7


def squeezed(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=150, deadline=None)
@given(RUNS, st.integers(2, 60))
def test_splitting_loses_nothing_but_blanks(runs: list[Run], limit: int) -> None:
    """Every part fits, none is empty, and all words come through in order."""
    parts = split(runs, limit)
    assert all(0 < units(shown(part)) <= limit for part in parts)
    assert squeezed(shown(runs)) == "".join(squeezed(shown(part)) for part in parts)


@settings(max_examples=150, deadline=None)
@given(RUNS)
def test_everything_is_escaped(runs: list[Run]) -> None:
    """Telegram's reader finds exactly the text, whatever it holds."""
    assert shown(runs).replace("\r", "") == Markup().read(to_html(runs))[0].replace("\r", "")


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("One is here. Two is there. Three.", 28, ["One is here. Two is there.", "Three."]),
        ("a line\nanother line that goes on", 17, ["a line", "another line that", "goes on"]),
        ("first part\n\nsecond. part\nthird", 25, ["first part", "second. part\nthird"]),
        ("xxxxxxxxxx", 4, ["xxxx", "xxxx", "xx"]),
        ("😴😴😴", 5, ["😴😴", "😴"]),
        ('He said "stop." Then he slept.', 17, ['He said "stop."', "Then he slept."]),
        ("   ", 5, []),
        ("", 5, []),
    ],
)
def test_where_a_text_is_cut(text: str, limit: int, parts: list[str]) -> None:
    """Between paragraphs, lines, sentences, words; only as a last resort inside a word, and never inside a character."""
    assert parts == [shown(part) for part in split([Run(text)], limit)]


def test_marks_go_on_in_the_next_part() -> None:
    """A bold run that is cut is bold in both parts."""
    assert ["<b>one two</b>", "<b>three</b>"] == [to_html(part) for part in split([Run("one two three", "bold")], 8)]


def test_rows_of_buttons() -> None:
    """Two short ones beside each other, long ones alone, very long ones cut."""
    titles = ["Yes", "No", "Why?", "A title that is rather long", "Maybe", "x" * 80]
    rows = keyboard([{"title": title, "payload": "/x"} for title in titles])
    assert [["Yes", "No"], ["Why?"], [titles[3]], ["Maybe"], ["x" * 59 + "…"]] == [[c["text"] for c in row] for row in rows]


def test_the_chosen_button() -> None:
    """It is marked once; the other marks go or stay; a foreign keyboard is left alone."""
    rows = keyboard([{"title": title, "payload": f"/{title}"} for title in ("a", "b")])
    first = choose(rows, "/a", only_one=True)
    assert first and ["✓ a", "b"] == [cell["text"] for row in first for cell in row]
    both, moved = choose(first, "/b", only_one=False), choose(first, "/b", only_one=True)
    assert both and ["✓ a", "✓ b"] == [cell["text"] for row in both for cell in row]
    assert moved and ["a", "✓ b"] == [cell["text"] for row in moved for cell in row]
    assert choose(first, "/a", only_one=True) is None is choose(rows, "/c", only_one=True)
    assert choose([[{"text": "x", "url": "https://x.org"}]], "/a", only_one=True) is None
    assert choose("nonsense", "/a", only_one=True) is None is choose([["x"]], "/a", only_one=True)


def shown_as(message: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Text and marks of a message as Telegram reads them."""
    (call,) = TELEGRAMS.calls(CHAT, [message])
    assert {"is_disabled": True} == call["link_preview_options"]
    return Markup().read(call["text"])


def marked(text: str, entities: list[dict[str, Any]], kind: str) -> list[str]:
    wide = text.encode("utf-16-le")
    return [wide[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le") for e in entities if e["type"] == kind]


def test_every_answer_fits_and_names_its_sources() -> None:
    """All answers of the knowledge base become one message each, with a line of sources behind the text."""
    base = knowledge()
    answers = [*base.answers(), *base.details()]
    assert len(answers) > 300
    for answer in answers:
        text, entities = shown_as({"text": answer.text, "custom": answer_custom(answer)})
        body, _, sources = text.rpartition("\n\nSources: ")
        assert squeezed(answer.text).replace("-", "•")[:40] == squeezed(body).replace("-", "•")[:40]
        assert all(f"{source.title} ({source.publisher}, {source.year})" in sources for source in answer.sources)
        assert text.endswith(f"Checked on {answer.reviewed}.")
        assert [s.url for s in answer.sources if s.url] == [e["url"] for e in entities if e["type"] == "text_link"]


def test_a_question_shows_how_far_it_is() -> None:
    """The progress stands above; consent has none; a remark before it is in the same message."""
    question = {"text": "How old?", "custom": {"kind": "question", "id": "age", "step": 2, "of": 8}}
    assert "Question 2 of at most 8\nHow old?" == shown_as(question)[0]
    assert "May I?" == shown_as({"text": "May I?", "custom": {"kind": "question", "id": "consent", "step": 0, "of": 8}})[0]
    remarks = [{"text": t, "custom": {"kind": "chat"}} for t in ("So far so good.", "Now back.")]
    calls = TELEGRAMS.calls(CHAT, [*remarks, question])
    assert ["So far so good.\n\nNow back.\n\nQuestion 2 of at most 8\nHow old?"][-1:] == [Markup().read(calls[-1]["text"])[0]] or 2 == len(calls)


def test_a_result_has_its_level_first() -> None:
    """The level is the first line and bold, headings are bold, lists have bullets."""
    text = "See a doctor today.\nIt fits.\nWhat to do:\n- Rest\n- Call\nSources: x"
    seen, entities = shown_as({"text": text, "custom": {"kind": "triage", "level": "urgent"}})
    assert "See a doctor today.\nIt fits.\n\nWhat to do:\n• Rest\n• Call\nSources: x" == seen
    assert ["See a doctor today.", "What to do:"] == marked(seen, entities, "bold")


def test_every_danger_text_has_a_number_in_its_first_line() -> None:
    """Whatever the sign: in an emergency the first line, which is bold, has the number to call."""
    outcomes = Outcomes.load(TRIAGE)
    from bot.channels import parts

    found = 0
    for flag, (level, *_) in parts.recorder("uk")._check.interview.rules.flags.items():
        if level != "emergency" or flag not in outcomes.advice:
            continue
        found += 1
        text = REGION.fill(outcomes.advice[flag].first)
        seen, entities = shown_as({"text": text, "custom": {"kind": "danger", "level": level, "flags": [flag]}})
        first = seen.split("\n")[0]
        assert re.search(r"\d{3}", first), flag
        assert marked(seen, entities, "bold")
    assert found > 15
    assert danger_reply([], outcomes, REGION) == ""


def test_a_danger_text_without_a_number_gets_one() -> None:
    """The number stands above; for a crisis it is the one of a person to talk to."""
    calm = {"text": "This cannot wait.", "custom": {"kind": "danger", "level": "emergency", "flags": []}}
    assert shown_as(calm)[0].startswith("☎ Emergency number: 999")
    crisis = {"text": "I am glad you told me.", "custom": {"kind": "danger", "level": "emergency", "flags": ["suicide_plan"]}}
    assert "116 123" in shown_as(crisis)[0].split("\n")[0]


def test_a_summary_is_a_document() -> None:
    """The page goes as a file, with the text behind it for when the file fails."""
    (call,) = TELEGRAMS.calls(CHAT, [{"text": "the page", "custom": {"kind": "summary", "title": "x"}}])
    assert ("sendDocument", "summary", "the page") == (call["method"], call["file"], call["text"])


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_becomes_something(kind: str) -> None:
    """No kind is silence, none lets markup through."""
    custom = {"kind": kind, "sources": [{"title": "<T>", "publisher": "&P", "year": 2020, "url": "javascript:alert(1)"}]}
    calls = TELEGRAMS.calls(CHAT, [{"text": "a <b>& c", "custom": custom, "buttons": [{"title": "<x>", "payload": "/x"}]}])
    assert 1 == len(calls) and calls[0]["reply_markup"]
    if calls[0]["method"] == "sendMessage":
        assert "a <b>& c" in Markup().read(calls[0]["text"])[0]


def test_a_bare_message_has_the_same_words() -> None:
    """Without marks, buttons and reference."""
    (call,) = TELEGRAMS.calls(CHAT, [{"text": "a <b> & 1 < 2", "custom": {"kind": "danger", "level": "urgent"}, "buttons": []}])
    assert {"method": "sendMessage", "chat_id": CHAT, "text": "a <b> & 1 < 2"} == bare(call)
    assert html.escape("<") in call["text"]


def test_the_limits_are_telegrams() -> None:
    """Named here once more, so that nobody changes them by accident."""
    assert (4096, 1024) == (tt.LIMIT, tt.CAPTION)
