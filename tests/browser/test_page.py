"""The page and the widget, in a real browser, against a scripted channel."""

from __future__ import annotations

import gzip
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import BASE, WEB, Channel, shoot, until

Visit = Callable[..., Any]
SITE = "/site"
LIMIT = 12_000
XSS = "<img src=x onerror=alert(1)><script>alert(2)</script>"
SOURCE = {"title": "Sleep starts explained", "publisher": "A Sleep Society", "year": 2023, "url": "https://example.org/sleep"}
ANSWER = {
    "text": "A sleep start is one sudden jump as you drift off.\nIt is common.\n\nWhat helps:\n- less coffee\n- a steady bedtime\n\n"
    "1. First this\n2. Then that",
    "buttons": [{"title": "Why?", "payload": '/ask_why{"at":"sleep_start"}'}, {"title": "Is it dangerous?", "payload": "/ask_danger"}],
    "custom": {"kind": "answer", "answer_id": "sleep_start.what_is_it.general", "sources": [SOURCE], "reviewed": "2026-11-23"},
}
DANGER = {
    "text": "Call 112 (or your local emergency number) now.\n\n1. Time the fit for 5 minutes.\n2. Roll them on their side after 10-15 minutes.\n\n"
    "Samaritans 116 123, Lifeline 13 11 14, 9-8-8, 8-800-2000-122.",
    "custom": {"kind": "danger", "level": "emergency", "flags": ["seizure_now"]},
}
FAILURE = {"text": "Something went wrong on my side. If someone is in danger, call 112.", "custom": {"kind": "failure"}}
EMERGENCY_LINE = "In an emergency call your local emergency number."


def ask(page: Any, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")


def settled(page: Any) -> None:
    """Wait until no answer is under way."""
    page.locator(".send:enabled").wait_for()


def bot(page: Any) -> Any:
    return page.locator(".bot").last


# ---- asking and answering ------------------------------------------------------------------------------------------


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
    assert ["P", "P", "UL", "OL", "DETAILS"] == bot(page).evaluate("e => [...e.children].slice(1).map(c => c.tagName)")
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
    assert "Sleep starts explained (opens in a new tab) , A Sleep Society, 2023" == bot(page).locator("details li").text_content().replace("  ", " ").strip()
    assert "Checked November 23, 2026" == bot(page).locator("details p").inner_text()
    assert "noopener noreferrer" == bot(page).get_by_role("link").get_attribute("rel")


@pytest.mark.parametrize("kind", ["compare", "myth"])
def test_other_kinds_show_sources_too(visit: Visit, channel: Channel, kind: str) -> None:
    """Comparisons and myths carry sources without a date."""
    page = visit()
    channel.says({"text": "So it is.", "custom": {"kind": kind, "sources": [{"title": "A study", "publisher": "X", "year": 2020}]}})
    ask(page, "is it true")
    bot(page).locator("summary").click()
    assert "A study, X, 2020" == bot(page).locator("details li").inner_text()
    assert 0 == bot(page).locator("details p").count()


@pytest.mark.parametrize("custom", [{"kind": "never_heard_of"}, {"kind": "chat"}, {}, None, "odd", {"kind": "answer", "sources": "odd"}])
def test_unknown_kinds_are_shown_as_text(visit: Visit, channel: Channel, custom: Any) -> None:
    """Whatever stands in custom, the text is shown plainly."""
    page = visit()
    channel.says({"text": "Here it is.", "custom": custom})
    ask(page, "hm")
    page.get_by_text("Here it is.").wait_for()
    assert "message bot" == bot(page).get_attribute("class")


# ---- danger ----------------------------------------------------------------------------------------------------------


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


# ---- buttons -----------------------------------------------------------------------------------------------------------


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


# ---- hostile text --------------------------------------------------------------------------------------------------------


def test_markup_from_anybody_is_shown_as_text(visit: Visit, channel: Channel) -> None:
    """Person, bot, button titles and sources: nothing becomes an element, a handler or a script link."""
    page = visit()
    evil = {"title": XSS, "publisher": XSS, "year": XSS, "url": "javascript:alert(1)"}
    channel.says(
        {"text": XSS + "\n- " + XSS, "buttons": [{"title": XSS, "payload": "/x"}], "custom": {"kind": "answer", "sources": [evil], "reviewed": XSS}},
        {"text": "Call 112 " + XSS, "custom": {"kind": "danger", "level": XSS}},
    )
    ask(page, XSS)
    page.locator(".alarm").wait_for()
    page.locator("details summary").last.click()
    root = page.locator("hypnic-chat")
    assert 0 == root.evaluate("e => e.shadowRoot.querySelectorAll('img, script, iframe, [onerror], a[href^=javascript]').length")
    for place in (".you p", ".bot ul li", ".choices >> nth=-1", "details:not(.menu) p", ".alarm p >> nth=-1"):
        assert XSS in page.locator(place).first.inner_text(), place
    page.reload()
    assert 0 == root.evaluate("e => e.shadowRoot.querySelectorAll('img, script').length")


# ---- failures --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, status",
    [([], 200), ("<html>oops</html>", 200), ("", 200), ({"not": "a list"}, 200), ([{}], 200), ([None, 7], 200), ("boom", 500), ({}, 503), ({}, 504), (None, 200)],
)
def test_silence_and_faults_are_errors_with_retry(visit: Visit, channel: Channel, body: Any, status: int) -> None:
    """No answer in any form: an alert with the emergency line; Retry sends the same turn with the same id."""
    page = visit()
    channel.fails(body, status)
    ask(page, "hello")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert EMERGENCY_LINE in alert.inner_text()
    if body == []:
        shoot(page, "error")
    channel.says(ANSWER)
    page.get_by_role("button", name="Retry").click()
    page.get_by_text("A sleep start").wait_for()
    assert 2 == len(channel.turns)
    assert channel.turns[0] == channel.turns[1]
    assert 0 == page.get_by_role("alert").count()
    assert 1 == page.locator(".you").count()


def test_late_answer_is_an_error(visit: Visit, channel: Channel) -> None:
    """After its patience (20 s, shortened here) the widget says so and offers Retry."""
    before = "const timeout = AbortSignal.timeout; AbortSignal.timeout = ms => timeout.call(AbortSignal, ms / 100);"
    page = visit(before=before)
    channel.fails([], seconds=3)
    ask(page, "hello")
    page.get_by_role("alert").wait_for()
    assert "took too long" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("button", name="Retry").is_visible()


def test_too_many_messages_shows_the_servers_words(visit: Visit, channel: Channel) -> None:
    """429 passes, so it can be retried."""
    page = visit()
    channel.fails({"error": "slow_down", "message": "Too many messages at once."}, 429)
    ask(page, "hello")
    page.get_by_role("alert").wait_for()
    assert "Too many messages at once." in page.get_by_role("alert").inner_text()
    assert page.get_by_role("button", name="Retry").is_visible()


def test_refused_message_goes_back_to_be_changed(visit: Visit, channel: Channel) -> None:
    """Another 4xx would be refused again, so there is no Retry and the text returns to the field."""
    page = visit()
    channel.fails({"error": "bad_message", "message": "That cannot be read."}, 400)
    ask(page, "odd thing")
    page.get_by_role("alert").wait_for()
    assert "That cannot be read." in page.get_by_role("alert").inner_text()
    assert 0 == page.get_by_role("button", name="Retry").count()
    assert "odd thing" == page.get_by_role("textbox").input_value()


def test_failure_message_keeps_what_else_was_said(visit: Visit, channel: Channel) -> None:
    """The channel's failure is an alert with its own words and numbers; danger in the same turn stays."""
    page = visit()
    channel.says(DANGER, FAILURE)
    ask(page, "hello")
    page.get_by_role("alert").wait_for()
    assert 1 == page.locator(".alarm").count()
    assert "Something went wrong on my side." in page.get_by_role("alert").inner_text()
    assert "tel:112" == page.get_by_role("alert").get_by_role("link").get_attribute("href")
    channel.says(ANSWER)
    page.get_by_role("button", name="Retry").click()
    page.get_by_text("A sleep start").wait_for()
    assert channel.turns[0] == channel.turns[1]


# ---- memory ----------------------------------------------------------------------------------------------------------------


def test_reload_keeps_the_conversation(visit: Visit, channel: Channel) -> None:
    """After a reload both sides, buttons and sender are as they were."""
    page = visit()
    channel.says(ANSWER)
    ask(page, "what is it")
    page.get_by_role("button", name="Why?").wait_for()
    before = page.locator(".log").inner_text()
    page.reload()
    assert before == page.locator(".log").inner_text()
    page.get_by_role("button", name="Why?").click()
    settled(page)
    assert channel.turns[0]["sender"] == channel.turns[1]["sender"]
    assert 0 == page.evaluate("localStorage.length")


def test_reload_keeps_an_error(visit: Visit, channel: Channel) -> None:
    """A turn that failed can still be retried after a reload."""
    page = visit()
    channel.fails([])
    ask(page, "hello")
    page.get_by_role("alert").wait_for()
    page.reload()
    page.get_by_role("button", name="Retry").click()
    page.get_by_text("You asked: hello").wait_for()
    assert channel.turns[0] == channel.turns[1]


def test_reload_while_waiting_asks_again_with_the_same_id(visit: Visit, channel: Channel) -> None:
    """An answer under way is not lost."""
    page = visit()
    channel.fails([], seconds=3)
    ask(page, "hello")
    until(lambda: channel.turns)
    page.reload()
    page.get_by_text("You asked: hello").wait_for()
    assert channel.turns[0] == channel.turns[1]


def test_start_again_begins_a_new_conversation(visit: Visit, channel: Channel) -> None:
    """New sender, empty log; an answer still under way for the old one does not appear."""
    page = visit()
    channel.fails([{"text": "An old answer."}], seconds=0.4)
    ask(page, "hello")
    page.get_by_label("Options").click()
    page.get_by_role("button", name="Start again").click()
    assert 0 == page.locator(".you").count()
    page.wait_for_timeout(600)
    assert 0 == page.get_by_text("An old answer.").count()
    ask(page, "hello again")
    page.get_by_text("You asked: hello again").wait_for()
    assert channel.turns[0]["sender"] != channel.turns[1]["sender"]
    assert [] == channel.deleted


def test_delete_removes_server_and_browser_data(visit: Visit, channel: Channel) -> None:
    """Delete my data calls DELETE for the sender, empties the storage and says so."""
    page = visit()
    ask(page, "a private thing")
    page.get_by_text("You asked: a private thing").wait_for()
    page.get_by_role("textbox").fill("a draft")
    page.get_by_label("Options").click()
    page.get_by_role("button", name="Delete my data").click()
    page.locator(".notice").get_by_text("is deleted, here and on the server").wait_for()
    assert [channel.turns[0]["sender"]] == channel.deleted
    assert 0 == page.evaluate("sessionStorage.length + localStorage.length")
    assert "private" not in page.locator("hypnic-chat").inner_text()
    assert "" == page.get_by_role("textbox").input_value()
    ask(page, "hello")
    settled(page)
    assert channel.turns[0]["sender"] != channel.turns[1]["sender"]


def test_delete_waits_for_the_answer_under_way(visit: Visit, channel: Channel) -> None:
    """A turn that is still being worked out would be stored after the deletion."""
    page = visit()
    channel.fails([{"text": "late"}], seconds=0.5)
    ask(page, "hello")
    until(lambda: channel.turns)
    page.get_by_label("Options").click()
    page.get_by_role("button", name="Delete my data").click()
    page.wait_for_timeout(200)
    assert [] == channel.deleted
    page.locator(".notice").get_by_text("here and on the server").wait_for()
    assert 1 == len(channel.deleted)


def test_failed_delete_says_so_and_can_be_tried_again(visit: Visit, channel: Channel) -> None:
    """The browser forgets at once; the server's part is not claimed before it is done."""
    page = visit()
    ask(page, "hello")
    settled(page)
    channel.fails({"error": "down"}, 503)
    page.get_by_label("Options").click()
    page.get_by_role("button", name="Delete my data").click()
    page.get_by_role("alert").wait_for()
    assert "a copy may still be there" in page.get_by_role("alert").inner_text()
    assert 0 == page.evaluate("sessionStorage.length")
    page.get_by_role("button", name="Retry").click()
    page.locator(".notice").get_by_text("here and on the server").wait_for()
    assert [channel.turns[0]["sender"]] * 2 == channel.deleted


def test_remember_outlives_the_tab(visit: Visit, channel: Channel) -> None:
    """With the attribute remember the conversation is in localStorage."""
    channel.attributes = "remember mode=page"
    page = visit(SITE)
    ask(page, "hello")
    settled(page)
    assert [1, 0] == page.evaluate("[localStorage.length, sessionStorage.length]")


def test_blocked_storage_and_missing_random_uuid_do_not_matter(visit: Visit, channel: Channel) -> None:
    """No storage, and no crypto.randomUUID (plain http): the chat works."""
    before = """
        delete Crypto.prototype.randomUUID;
        for (const name of ["sessionStorage", "localStorage"])
            Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
    """
    page = visit(before=before)
    ask(page, "hello")
    page.get_by_text("You asked: hello").wait_for()
    assert 4 == uuid.UUID(channel.turns[0]["sender"].removeprefix("web-")).version


@pytest.mark.parametrize("kept", ["nonsense", "null", "7", '{"sender":"me","log":[1]}'])
def test_foreign_storage_is_ignored(visit: Visit, channel: Channel, kept: str) -> None:
    """What is not a conversation of ours does not break the page."""
    page = visit(before=f"sessionStorage.setItem('hypnic-chat-1', {kept!r});")
    assert 4 == page.locator(".choices button").count()


# ---- typing ----------------------------------------------------------------------------------------------------------------


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
    box.evaluate("e => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))")
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


# ---- keyboard and screen readers ---------------------------------------------------------------------------------------------


def focused(page: Any) -> str:
    return page.evaluate(
        "() => { const e = document.querySelector('hypnic-chat').shadowRoot.activeElement;"
        " return e ? e.getAttribute('aria-label') || e.textContent.trim() : ''; }"
    )


def tab_to(page: Any, name: str, key: str = "Tab") -> None:
    for _ in range(25):
        page.keyboard.press(key)
        if focused(page) == name:
            return
    raise AssertionError(f"{name} cannot be reached by {key}")


def test_everything_works_by_keyboard(visit: Visit, channel: Channel) -> None:
    """Open, choose, read the sources, choose again, write, use the menu and close without a mouse."""
    page = visit(SITE)
    channel.says(ANSWER)
    tab_to(page, "Ask about sleep twitches")
    page.keyboard.press("Enter")
    assert "Type your question" == focused(page)
    tab_to(page, "Why do I jerk when falling asleep?", "Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Why?", exact=True).wait_for()
    tab_to(page, "Sources")
    page.keyboard.press("Enter")
    assert page.get_by_text("A Sleep Society").is_visible()
    tab_to(page, "Why?")
    page.keyboard.press("Space")
    settled(page)
    assert "payload" in channel.turns[1]
    tab_to(page, "Type your question")
    page.keyboard.type("thank you")
    page.keyboard.press("Enter")
    page.get_by_text("You asked: thank you").wait_for()
    tab_to(page, "Options", "Shift+Tab")
    page.keyboard.press("Enter")
    tab_to(page, "Delete my data")
    page.keyboard.press("Escape")
    assert "Options" == focused(page)
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".panel").is_visible()
    assert "Ask about sleep twitches" == focused(page)


def test_retry_by_keyboard_keeps_the_place(visit: Visit, channel: Channel) -> None:
    """The Retry button goes away; focus does not fall out of the conversation."""
    page = visit()
    channel.fails([])
    ask(page, "hello")
    page.get_by_role("button", name="Retry").focus()
    page.keyboard.press("Enter")
    settled(page)
    assert page.evaluate("document.querySelector('hypnic-chat').shadowRoot.activeElement.matches('.scroller')")


def test_screen_readers_hear_who_speaks(visit: Visit, channel: Channel) -> None:
    """A polite log with hidden prefixes; errors stand outside it and are alerts."""
    page = visit()
    channel.fails([])
    ask(page, "hello")
    page.get_by_role("alert").wait_for()
    log = page.get_by_role("log")
    assert "polite" == log.get_attribute("aria-live")
    assert "Hypnic said:" in log.locator(".bot").first.inner_text()
    assert "You said:" in log.locator(".you").inner_text()
    assert 0 == log.get_by_role("alert").count()


def test_panel_stays_open_over_a_reload(visit: Visit, channel: Channel) -> None:
    """On a site the panel is as it was left, without taking the focus."""
    page = visit(SITE)
    page.get_by_role("button", name="Ask about sleep twitches").click()
    page.reload()
    assert page.get_by_role("dialog").is_visible()
    assert "" == focused(page)
    page.get_by_role("button", name="Close").click()
    page.reload()
    assert not page.locator(".panel").is_visible()


def test_site_may_change_texts_and_server(visit: Visit, channel: Channel) -> None:
    """Texts come from the attribute strings, the address from server, relative to the site."""
    channel.attributes = f"""server="{BASE}/" strings='{{"title": "Nachthilfe", "open": "Fragen", "suggestions": ["Warum?"]}}'"""
    page = visit(SITE)
    page.get_by_role("button", name="Fragen").click()
    page.get_by_role("button", name="Warum?").click()
    page.get_by_text("You asked: Warum?").wait_for()
    assert "Nachthilfe" == page.get_by_role("heading", level=2).inner_text()


# ---- looks -----------------------------------------------------------------------------------------------------------------


def overflowing(page: Any) -> list[str]:
    """Everything that sticks out of the page or its own box sideways."""
    return page.evaluate(
        """() => {
            const root = document.querySelector('hypnic-chat').shadowRoot;
            const out = document.documentElement.scrollWidth > innerWidth ? ['page'] : [];
            for (const e of root.querySelectorAll('*')) {
                if (e.closest('.unseen, svg') || !e.getClientRects().length) continue;
                const box = e.getBoundingClientRect();
                if (box.right > innerWidth + 1 || box.left < -1 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth) out.push(e.className || e.tagName);
            }
            return out;
        }"""
    )


@pytest.mark.parametrize("path", [f"{BASE}/", SITE])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_320_pixels_without_sideways_scrolling(visit: Visit, channel: Channel, path: str, direction: str) -> None:
    """Long words, long titles, the banner, an error and the menu fit 320 px, in both directions."""
    page = visit(path, viewport={"width": 320, "height": 568}, before=f"addEventListener('DOMContentLoaded', () => document.documentElement.dir = '{direction}');")
    if path == SITE:
        page.get_by_role("button", name="Ask about sleep twitches").click()
    wide = "Encephalomyeloneuropathically" * 4
    channel.says(DANGER, {**ANSWER, "text": wide, "buttons": [{"title": wide, "payload": "/w"}]})
    ask(page, wide)
    bot(page).locator("summary").click()
    assert [] == overflowing(page)
    channel.fails({"message": wide}, 429)
    ask(page, "again")
    page.get_by_role("alert").wait_for()
    page.get_by_label("Options").click()
    assert [] == overflowing(page)
    shoot(page, f"phone-320-{'page' if path != SITE else 'panel'}-{direction}")


def test_400_percent_zoom_keeps_a_usable_conversation(visit: Visit, channel: Channel) -> None:
    """1280 x 1024 at 400 % is 320 x 256: the page scrolls and the conversation keeps its height."""
    page = visit(viewport={"width": 320, "height": 256})
    assert [] == overflowing(page)
    assert page.locator(".scroller").bounding_box()["height"] >= 200


@pytest.mark.parametrize("path", [f"{BASE}/", SITE])
def test_targets_are_44_pixels(visit: Visit, channel: Channel, path: str) -> None:
    """Everything that can be pressed is high enough; text is 16 px or more."""
    page = visit(path, viewport={"width": 390, "height": 780})
    if path == SITE:
        assert page.get_by_role("button").bounding_box()["height"] >= 44
        page.get_by_role("button").click()
    channel.says(ANSWER)
    ask(page, "what is it")
    page.get_by_role("button", name="Why?").wait_for()
    channel.fails([])
    ask(page, "again")
    page.get_by_role("button", name="Retry").wait_for()
    page.get_by_label("Options").click()
    targets = page.locator("button:visible, summary:visible, textarea")
    small = [one.evaluate("e => e.outerHTML") for one in targets.all() if min(one.bounding_box()[side] for side in ("width", "height")) < 43.5]
    assert targets.count() > 8
    assert [] == small
    sizes = page.locator("hypnic-chat").evaluate(
        "e => [...e.shadowRoot.querySelectorAll('p, li, button, textarea, summary, h2')].map(x => parseFloat(getComputedStyle(x).fontSize))"
    )
    assert min(sizes) >= 16


def luminance(colour: tuple[int, ...]) -> float:
    parts = [value / 255 for value in colour[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(path: Path, box: dict[str, float]) -> float:
    """Contrast of the ground (commonest colour) to the text (the colour farthest from it) inside a box of a screenshot."""
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    edges = (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
    colours = image.open(path).convert("RGB").crop([round(edge) for edge in edges]).getcolors(1 << 24)
    ground = luminance(max(colours)[1])
    return max(
        (max(ground, other) + 0.05) / (min(ground, other) + 0.05) for _, colour in colours for other in [luminance(colour)]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_in_both_schemes(visit: Visit, channel: Channel, scheme: str) -> None:
    """Measured on screenshots: every piece of text has a contrast of 4.5 or more to its ground."""
    page = visit(color_scheme=scheme, reduced_motion="reduce", viewport={"width": 900, "height": 1500})
    channel.says(ANSWER)
    ask(page, "what is it")
    bot(page).locator("summary").click()
    channel.says(DANGER, {"text": "See a doctor.", "custom": {"kind": "danger", "level": "urgent"}}, {**ANSWER, "text": "More."})
    ask(page, "he shakes")
    page.get_by_text("More.").wait_for()
    channel.fails([])
    page.locator(".choices button:enabled").first.click()
    page.get_by_role("alert").wait_for()
    page.get_by_role("textbox").fill("x" * 990)
    path = shoot(page, scheme)
    assert ("light", "dark")[luminance(tuple(pixel(path, 5, 5))) < 0.1] == scheme
    places = [
        "h1", "main > p", "h2", ".you p", ".bot > p", ".alarm.emergency .level", ".alarm.emergency li", ".alarm.emergency a", ".alarm.urgent .level",
        ".alarm.urgent p", "details:not(.menu) summary", "details:not(.menu) li", "details:not(.menu) > p", ".choices :disabled", ".choices [aria-pressed]",
        ".problem p", ".problem button", "textarea", ".counter", ".send svg", ".menu summary svg",
    ]
    for place in places:
        element = page.locator(place).last
        element.scroll_into_view_if_needed()
        measured = contrast(shoot(page, f"contrast-{scheme}"), element.bounding_box())
        assert measured >= 4.5, f"{place}: {measured:.2f}"


def pixel(path: Path, x: int, y: int) -> tuple[int, ...]:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    return image.open(path).convert("RGB").getpixel((x, y))


@pytest.mark.parametrize("motion, moving", [("reduce", False), ("no-preference", True)])
def test_nothing_moves_when_motion_is_unwanted(visit: Visit, channel: Channel, motion: str, moving: bool) -> None:
    """The dots breathe only for those who do not mind."""
    page = visit(reduced_motion=motion)
    channel.fails([], seconds=3)
    ask(page, "hello")
    page.locator(".typing").wait_for()
    running = page.locator("hypnic-chat").evaluate("e => e.shadowRoot.getAnimations().length")
    assert moving == bool(running)


def test_forced_colours_keep_the_shapes(visit: Visit, channel: Channel) -> None:
    """With the system's high contrast colours bubbles, buttons and the banner still have borders."""
    page = visit(forced_colors="active")
    channel.says(DANGER)
    ask(page, "he shakes")
    page.locator(".alarm").wait_for()
    for place in (".you", ".bot", ".alarm", ".choices button", "textarea", ".send"):
        width = page.locator(place).first.evaluate("e => parseFloat(getComputedStyle(e).borderTopWidth)")
        assert width >= 1, place
    shoot(page, "forced-colours")
    channel.fails([], seconds=3)
    ask(page, "hello")
    dot, ground = page.locator(".typing").evaluate(
        "e => [e.firstChild, e].map(part => getComputedStyle(part).backgroundColor)"
    )
    assert dot != ground


def test_long_answer_is_read_from_its_first_line(visit: Visit, channel: Channel) -> None:
    """The question goes to the top of the view instead of the answer's end to the bottom."""
    page = visit(viewport={"width": 390, "height": 600})
    channel.says({"text": "\n\n".join(f"Paragraph {n} of a long answer." for n in range(30)), "custom": {"kind": "answer"}})
    ask(page, "tell me all")
    page.get_by_text("Paragraph 29").wait_for()
    view, question = page.locator(".scroller").bounding_box(), page.locator(".you").bounding_box()
    assert 0 <= question["y"] - view["y"] <= 40


def test_page_says_so_without_javascript(browser: Any, channel: Channel) -> None:
    """Without JavaScript there is a sentence and the emergency line instead of nothing."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{channel.url}{BASE}/")
    text = page.locator("main").inner_text()
    context.close()
    assert "needs JavaScript" in text and EMERGENCY_LINE[3:] in text
    assert "could not start" not in text


# ---- the files ---------------------------------------------------------------------------------------------------------------


def test_weight() -> None:
    """All files of the page together, gzipped one by one as a server would."""
    files = sorted(path for path in WEB.iterdir() if path.suffix in {".js", ".css", ".html"})
    assert len(files) >= 5
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) <= LIMIT


@pytest.mark.parametrize("path", sorted(WEB.iterdir()), ids=lambda path: path.name)
def test_no_markup_from_strings_and_no_other_origin(path: Path) -> None:
    """No innerHTML and its kin, no eval, no address but the name of SVG."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|\bstyle=", text)
    assert {"http://www.w3.org"} >= set(re.findall(r"https?://[\w.]+", text))
