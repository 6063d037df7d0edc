"""Asking and answering: what the widget sends and what it makes of the reply."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from .conftest import ANSWER, DANGER, XSS, Channel, Visit, ask, bot, settled, shoot

# ---- asking and answering ----


def test_typed_question_gets_its_answer(visit: Visit, channel: Channel) -> None:
    """Text goes out as message with a sender and an id, and the answer keeps paragraphs, breaks and lists."""
    page = visit()
    channel.says(ANSWER)
    ask(page, "  what is a hypnic jerk  ")
    bot(page).get_by_text("A sleep start").wait_for()
    (turn,) = channel.turns
    assert {"sender", "message", "id"} == set(turn)
    assert "what is a hypnic jerk" == turn["message"]
    assert 4 == uuid.UUID(turn["sender"].removeprefix("web-")).version
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", turn["id"])
    assert ["P", "P", "UL", "OL", "DIV"] == bot(page).evaluate("e => [...e.children].slice(1).map(c => c.tagName)")
    assert 1 == bot(page).locator("p br").count()
    assert ["First this", "Then that"] == bot(page).locator("ol li").all_inner_texts()
    shoot(page, "desktop")


def test_greeting_is_local_and_its_chips_send_plain_text(visit: Visit, channel: Channel) -> None:
    """The widget greets without asking the server; a suggestion is sent as typed text."""
    page = visit()
    assert "I am an automated helper, not a doctor." in bot(page).inner_text()
    assert 4 == page.locator(".choices button").count()
    assert [] == channel.turns
    page.get_by_role("button", name="My baby twitches in sleep").click()
    page.get_by_text("You asked: My baby twitches in sleep").wait_for()
    assert "My baby twitches in sleep" == channel.turns[0]["message"]


def test_sources_are_one_tap_away(visit: Visit, channel: Channel) -> None:
    """Sources and the date of review wait behind a disclosure; a link leaves no referrer."""
    page = visit()
    channel.says(ANSWER)
    ask(page, "what is it")
    summary = bot(page).locator("summary")
    summary.wait_for()
    assert not bot(page).get_by_text("A Sleep Society").is_visible()
    summary.click()
    assert (
        "Sleep starts explained (opens in a new tab) , A Sleep Society, 2023"
        == bot(page).locator("details li").text_content().replace("  ", " ").strip()
    )
    assert "Sources (1) · checked Nov 23, 2026" == summary.inner_text()
    assert "noopener noreferrer" == bot(page).get_by_role("link").get_attribute("rel")


@pytest.mark.parametrize("kind", ["compare", "myth"])
def test_other_kinds_show_sources_too(visit: Visit, channel: Channel, kind: str) -> None:
    """Comparisons and myths carry sources without a date."""
    page = visit()
    channel.says(
        {"text": "So it is.", "custom": {"kind": kind, "sources": [{"title": "A study", "publisher": "X", "year": 2020}]}}
    )
    ask(page, "is it true")
    bot(page).locator("summary").click()
    assert "A study, X, 2020" == bot(page).locator("details li").inner_text()
    assert "Sources (1)" == bot(page).locator("summary").inner_text()
    assert 0 == bot(page).locator(".vote").count()


@pytest.mark.parametrize(
    "custom", [{"kind": "never_heard_of"}, {"kind": "chat"}, {}, None, "odd", {"kind": "answer", "sources": "odd"}]
)
def test_unknown_kinds_are_shown_as_text(visit: Visit, channel: Channel, custom: Any) -> None:
    """Whatever stands in custom, the text is shown plainly."""
    page = visit()
    channel.says({"text": "Here it is.", "custom": custom})
    ask(page, "hm")
    page.get_by_text("Here it is.").wait_for()
    assert "message bot" == bot(page).get_attribute("class")


# ---- danger ----


def test_danger_is_a_named_banner_with_numbers_to_call(visit: Visit, channel: Channel) -> None:
    """Danger shows icon and word, and each telephone number is a link; durations are not."""
    page = visit(viewport={"width": 390, "height": 780}, has_touch=True)
    channel.says(DANGER, ANSWER)
    ask(page, "he is shaking and does not answer")
    banner = page.locator(".alarm.emergency")
    banner.wait_for()
    assert "Emergency" == banner.locator(".level").inner_text()
    assert banner.locator(".level svg").is_visible()
    links = banner.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert ["tel:112", "tel:116123", "tel:131114", "tel:988", "tel:88002000122"] == links
    assert banner.bounding_box()["y"] > 0 and banner.locator(".level").bounding_box()["y"] < 400
    shoot(page, "danger")


def test_danger_is_in_view_after_a_very_long_message(visit: Visit, channel: Channel) -> None:
    """On a small phone a message of a thousand characters does not push the banner out of sight."""
    page = visit(viewport={"width": 320, "height": 568})
    channel.says(DANGER, ANSWER)
    ask(page, "he is shaking and I do not know what to do " * 23)
    page.locator(".alarm").wait_for()
    view, level, first = (page.locator(place).bounding_box() for place in (".scroller", ".alarm .level", ".alarm .level + p"))
    assert view["y"] <= level["y"]
    assert first["y"] + first["height"] <= view["y"] + view["height"]


def test_urgent_says_urgent(visit: Visit, channel: Channel) -> None:
    """The lower level has its own word."""
    page = visit()
    channel.says({"text": "See a doctor today.", "custom": {"kind": "danger", "level": "urgent", "flags": []}})
    ask(page, "my leg is weak")
    page.locator(".alarm.urgent").wait_for()
    assert "Urgent" == page.locator(".alarm .level").inner_text()


@pytest.mark.parametrize("level, alarm", [("emergency", 1), ("urgent", 1), ("routine", 0), ("self_care", 0)])
def test_triage_results_look_as_urgent_as_they_are(visit: Visit, channel: Channel, level: str, alarm: int) -> None:
    """A result of the check has the banner for the two upper levels only."""
    page = visit()
    channel.says({"text": "This is the result.", "custom": {"kind": "triage", "level": level}})
    ask(page, "check")
    page.get_by_text("This is the result.").wait_for()
    assert alarm == page.locator(".alarm").count()


# ---- buttons ----


def test_pressed_button_sends_its_payload_and_all_are_disabled(visit: Visit, channel: Channel) -> None:
    """After a choice the buttons stay to be seen, the chosen one pressed, the bot's payload sent."""
    page = visit()
    channel.says(ANSWER)
    ask(page, "what is it")
    page.get_by_role("button", name="Why?").click()
    settled(page)
    assert '/ask_why{"at":"sleep_start"}' == channel.turns[1]["payload"]
    assert "message" not in channel.turns[1]
    choices = page.locator(".choices button")
    assert 6 == choices.count() == page.locator(".choices button:disabled").count()
    assert ["Why?"] == page.locator(".choices [aria-pressed=true]").all_text_contents()
    assert "Why?" == page.locator(".you p").last.inner_text()


def test_buttons_of_two_answers_are_marked_in_the_right_group(visit: Visit, channel: Channel) -> None:
    """Two questions get two answers with buttons each; the choice is marked where it was made."""
    page = visit()
    channel.says(
        {"text": "One.", "buttons": [{"title": "A1", "payload": "/a1"}], "custom": {"kind": "answer"}},
        {"text": "Two.", "buttons": [{"title": "B1", "payload": "/b1"}], "custom": {"kind": "answer"}},
    )
    ask(page, "two things")
    page.get_by_role("button", name="A1").click()
    settled(page)
    for _ in range(2):
        assert ["A1"] == page.locator("[aria-pressed=true]").all_text_contents()
        assert 6 == page.locator(".choices button:disabled").count()
        page.reload()


def test_free_text_is_never_blocked_by_buttons(visit: Visit, channel: Channel) -> None:
    """Buttons may be ignored; they close with the next message."""
    page = visit()
    channel.says(ANSWER)
    ask(page, "what is it")
    page.get_by_role("button", name="Why?").wait_for()
    ask(page, "something else")
    page.get_by_text("You asked: something else").wait_for()
    assert 0 == page.locator(".choices button:enabled").count()
    assert 0 == page.locator("[aria-pressed]").count()


# ---- hostile text ----


def test_markup_from_anybody_is_shown_as_text(visit: Visit, channel: Channel) -> None:
    """Person, bot, button titles and sources: nothing becomes an element, a handler or a script link."""
    page = visit()
    evil = {"title": XSS, "publisher": XSS, "year": XSS, "url": "javascript:alert(1)"}
    channel.says(
        {
            "text": XSS + "\n- " + XSS,
            "buttons": [{"title": XSS, "payload": "/x"}],
            "custom": {"kind": "answer", "sources": [evil], "reviewed": XSS},
        },
        {"text": "Call 112 " + XSS, "custom": {"kind": "danger", "level": XSS, "flags": [XSS], "call": XSS}},
        {"text": f"{XSS}\n{XSS}:\n- {XSS}\nSources: {XSS}", "custom": {"kind": "triage", "level": "routine", "timeframe": XSS}},
        {
            "text": XSS,
            "buttons": [{"title": XSS, "payload": f'/x{{"at":"x.why"}}{XSS}'}],
            "custom": {"kind": "question", "id": XSS, "step": 1, "of": XSS},
        },
        {
            "text": XSS,
            "custom": {
                "kind": "summary",
                "title": XSS,
                "sections": [{"heading": XSS, "lines": [XSS, XSS]}],
                "files": [[XSS, XSS], [XSS, "javascript:alert(1)"]],
            },
        },
    )
    ask(page, XSS)
    page.locator(".page").wait_for()
    for folded in page.locator(".bot summary").all():
        folded.click()
    root = page.locator("hypnic-chat")
    assert 0 == root.evaluate(
        "e => e.shadowRoot.querySelectorAll('img, script, iframe, [onerror], a[href^=javascript]').length"
    )
    places = (
        ".you p",
        ".bot ul li",
        ".choices button >> nth=-1",
        ".aside button",
        ".progress",
        "details:not(.menu) li",
        ".foot summary",
        ".alarm p >> nth=-1",
        ".routine h3",
        ".page h3",
        ".page li",
        ".files a",
    )
    for place in places:
        assert XSS in page.locator(place).first.inner_text(), place
    page.reload()
    assert 0 == root.evaluate("e => e.shadowRoot.querySelectorAll('img, script').length")


# ---- typing ----


def test_waiting_shows_typing_and_only_blocks_sending(visit: Visit, channel: Channel) -> None:
    """Dots for the eye, words for screen readers; the person may go on writing."""
    page = visit()
    channel.fails([{"text": "Done."}], seconds=3)
    ask(page, "first")
    assert page.locator(".typing").is_visible()
    assert "true" == page.locator(".typing").get_attribute("aria-hidden")
    assert "Hypnic is typing" == page.get_by_role("status").inner_text()
    assert page.get_by_role("button", name="Send").is_disabled()
    ask(page, "second")
    assert "second" == page.get_by_role("textbox").input_value()
    channel.held.set()
    page.get_by_text("Done.").wait_for()
    assert "" == page.get_by_role("status").inner_text()
    assert not page.locator(".typing").is_visible()
    assert "second" == page.get_by_role("textbox").input_value()
    assert 1 == len(channel.turns)


def test_enter_sends_shift_enter_breaks_and_composing_is_respected(visit: Visit, channel: Channel) -> None:
    """Enter that confirms a composed character (Japanese, Chinese) does not send."""
    page = visit()
    box = page.get_by_role("textbox")
    box.fill("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    box.evaluate(
        "e => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    assert "one\ntwo" == box.input_value()
    box.press("Enter")
    settled(page)
    assert "one\ntwo" == channel.turns[0]["message"]
    ask(page, "   ")
    assert 1 == len(channel.turns)


def test_counter_appears_near_the_limit(visit: Visit, channel: Channel) -> None:
    """Characters, not code units, are counted; too long a text is kept and explained, not cut."""
    page = visit()
    box, counter = page.get_by_role("textbox"), page.locator(".counter")
    box.fill("x" * 800)
    assert "" == counter.inner_text()
    box.fill("😴" * 990)
    assert "10 characters left" == counter.inner_text()
    ask(page, "x" * 1012)
    assert "Please shorten your message by 12 characters." == page.get_by_role("alert").inner_text()
    assert 1012 == len(box.input_value())
    assert [] == channel.turns
