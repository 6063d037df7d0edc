"""When no answer comes, and what is remembered, started again and deleted."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from .conftest import ANSWER, DANGER, EMERGENCY_LINE, FAILURE, SITE, Channel, Visit, ask, settled, shoot, until

# ---- failures ----


@pytest.mark.parametrize(
    "body, status",
    [
        ([], 200),
        ("<html>oops</html>", 200),
        ("", 200),
        ({"not": "a list"}, 200),
        ([{}], 200),
        ([None, 7], 200),
        ("boom", 500),
        ({}, 503),
        ({}, 504),
        (None, 200),
    ],
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


# ---- memory ----


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
    page = visit(before=f"sessionStorage.setItem('hypnic-chat-2', {kept!r});")
    assert 4 == page.locator(".choices button").count()


def test_typed_deletion_empties_the_browser_too(visit: Visit, channel: Channel) -> None:
    """When the server says that it has deleted, nothing is left here."""
    page = visit()
    ask(page, "a private thing")
    settled(page)
    channel.says({"text": "Done.", "custom": {"kind": "chat", "act": "delete"}})
    ask(page, "delete my data")
    page.locator(".notice").get_by_text("is deleted, here and on the server").wait_for()
    assert 0 == page.evaluate("sessionStorage.length + localStorage.length")
    assert "private" not in page.locator("hypnic-chat").inner_text()
    assert [] == channel.deleted


def test_what_waits_is_sent_when_the_network_is_back(visit: Visit, channel: Channel) -> None:
    """Offline a line says so; the message is kept and goes out once by itself."""
    page = visit()
    page.context.set_offline(True)
    page.locator(".offline").get_by_text("You are offline").wait_for()
    ask(page, "hello")
    page.get_by_role("alert").wait_for()
    assert [] == channel.turns
    page.context.set_offline(False)
    page.get_by_text("You asked: hello").wait_for()
    assert 1 == len(channel.turns)
    assert 0 == page.get_by_role("alert").count()
    assert not page.locator(".offline").is_visible()


def second_tab(first: Any, channel: Channel) -> Any:
    page = first.context.new_page()
    page.goto(channel.url + SITE)
    page.locator(".log").wait_for()
    return page


def test_two_tabs_that_wait_at_once_keep_both_answers(visit: Visit, channel: Channel) -> None:
    """Neither tab writes over what the other got meanwhile, and both show it in the same order."""
    channel.attributes = "remember mode=page"
    one = visit(SITE)
    ask(one, "first")
    settled(one)
    two = second_tab(one, channel)
    channel.fails([{"text": "Slow."}], seconds=0.6)
    channel.fails([{"text": "Slower."}], seconds=1.0)
    ask(one, "from one")
    ask(two, "from two")
    for page in (one, two):
        page.get_by_text("Slow.").wait_for()
        page.get_by_text("Slower.").wait_for()
        settled(page)
    assert one.locator(".log").inner_text() == two.locator(".log").inner_text()
    assert 3 == len(channel.turns) and 1 == len({turn["sender"] for turn in channel.turns})


def test_deletion_in_one_tab_is_final(visit: Visit, channel: Channel) -> None:
    """A tab that waits for an answer does not write the deleted talk back."""
    channel.attributes = "remember mode=page"
    one = visit(SITE)
    ask(one, "a private thing")
    settled(one)
    two = second_tab(one, channel)
    channel.fails([{"text": "late"}], seconds=1.0)
    ask(two, "another private thing")
    until(lambda: len(channel.turns) == 2)
    one.get_by_label("Options").click()
    one.get_by_role("button", name="Delete my data").click()
    one.locator(".notice").get_by_text("here and on the server").wait_for()
    two.wait_for_timeout(1200)
    assert "private" not in two.locator("hypnic-chat").inner_text()
    assert 0 == two.evaluate("localStorage.length")
