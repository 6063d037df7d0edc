"""The check, results, the page for the doctor and votes: what they show and what they send."""

from __future__ import annotations

from .conftest import ANSWER, DANGER, QUESTION, RESULT, SOURCE, SUMMARY, Channel, Visit, ask, settled

# ---- the check ----


def test_question_shows_progress_and_steps_back(visit: Visit, channel: Channel) -> None:
    """A card with progress in words, answers first, the rest quietly below; going back is said in the bot's words."""
    channel.attributes = """mode=page strings='{"back": "Einen Schritt zurück"}'"""
    page = visit("/site")
    channel.says(QUESTION)
    ask(page, "check")
    card = page.locator(".card")
    card.wait_for()
    assert "Question 2 of about 6" == card.locator(".progress").inner_text()
    assert (2, 6) == tuple(card.locator("progress").evaluate("e => [e.value, e.max]"))
    assert 3 == card.get_by_role("group", name="When does it happen most?").get_by_role("button").count()
    quiet = ["I don't know", "Why do you ask?", "Einen Schritt zurück", "Stop"]
    assert quiet == card.locator(".aside button").all_inner_texts()
    card.get_by_role("button", name="Einen Schritt zurück").click()
    settled(page)
    assert "go back" == channel.turns[1]["message"]
    assert "Einen Schritt zurück" == page.locator(".you p").last.inner_text()


def test_answered_question_keeps_only_what_was_chosen(visit: Visit, channel: Channel) -> None:
    """After a choice the card is short, also after a reload; a quiet choice is marked as well."""
    page = visit()
    channel.says(QUESTION)
    ask(page, "check")
    channel.says({**QUESTION, "custom": {**QUESTION["custom"], "step": 3}})
    page.get_by_role("button", name="Why do you ask?").click()
    settled(page)
    for _ in range(2):
        old = page.locator(".card").first
        assert ["Why do you ask?"] == old.locator("button:visible").all_inner_texts()
        assert "true" == old.locator("button:visible").get_attribute("aria-pressed")
        assert 7 == page.locator(".card").last.locator("button:enabled").count()
        page.reload()
    assert '/answer_check{"at":"when.why"}' == channel.turns[1]["payload"]


def test_consent_has_no_progress(visit: Visit, channel: Channel) -> None:
    """The question before the first one counts as none and offers no way back."""
    page = visit()
    buttons = [{"title": "Yes, ask me", "payload": '/answer_check{"at":"consent.yes"}'}]
    channel.says({"text": "May I ask?", "buttons": buttons, "custom": {"kind": "question", "id": "consent", "step": 0, "of": 8}})
    ask(page, "check")
    page.locator(".card").wait_for()
    assert 0 == page.locator("progress").count()
    assert ["Yes, ask me"] == page.locator(".card button").all_inner_texts()


# ---- results and danger ----


LEVELS = [
    ("emergency", "now", "Emergency"),
    ("urgent", "same_day", "Urgent: today"),
    ("urgent", "within_days", "Urgent: in the next few days"),
    ("routine", "weeks", "Routine visit: in the next week or two"),
    ("self_care", "none", "Care at home"),
]


def test_every_level_has_a_word_and_a_sign(visit: Visit, channel: Channel) -> None:
    """The level never stands in colour alone."""
    page = visit()
    channel.says(
        *(
            {"text": "Do this.", "custom": {"kind": "triage", "level": level, "timeframe": timeframe, "flags": []}}
            for level, timeframe, _ in LEVELS
        )
    )
    ask(page, "check")
    settled(page)
    assert [words for *_, words in LEVELS] == page.locator(".level").all_inner_texts()
    drawn = {sign.get_attribute("d") for sign in page.locator(".level svg path").all()}
    assert 4 == len(drawn), "each level has a sign of its own"


def test_result_has_headings_lists_and_folded_sources(visit: Visit, channel: Channel) -> None:
    """The parts of the text become headings and lists; its line of sources is folded."""
    page = visit()
    channel.says(RESULT)
    ask(page, "check")
    card = page.locator(".result")
    card.wait_for()
    assert ["Why:", "What to do:", "Watch for:"] == card.get_by_role("heading", level=3).all_inner_texts()
    assert 3 == card.locator("ul:visible").count()
    assert not card.get_by_text("RefHelp").is_visible()
    card.locator("summary").click()
    assert ["Hypnic jerks, RefHelp (NHS Lothian, 2025)", "Sleep movements (Chest, 2007)"] == card.locator("details li").all_inner_texts()


def test_what_to_do_is_numbered_when_it_is_urgent(visit: Visit, channel: Channel) -> None:
    """Of an urgent result only the steps are numbered, all of them."""
    page = visit()
    channel.says({**RESULT, "custom": {"kind": "triage", "level": "urgent", "timeframe": "same_day"}})
    ask(page, "check")
    page.locator(".alarm").wait_for()
    tags = page.locator(".alarm").evaluate("e => [...e.querySelectorAll('h3, ul, ol')].map(x => x.localName + x.children.length)")
    assert ["h30", "ul2", "h30", "ol2", "h30", "ul2", "ul2"] == tags


def test_first_aid_is_numbered_and_can_be_called(visit: Visit, channel: Channel) -> None:
    """Steps are an ordered list, what else is important is not; the button dials the number that the server gives."""
    page = visit()
    text = "Call 999 now.\n- Note the time.\n- Stay with them.\nAlso important:\n- Nothing to eat.\nIs it still going on?"
    channel.says({"text": text, "custom": {"kind": "danger", "level": "emergency", "flags": [], "call": "999"}})
    ask(page, "help")
    card = page.locator(".alarm")
    card.wait_for()
    assert ["Note the time.", "Stay with them."] == card.locator("ol li").all_inner_texts()
    assert ["Nothing to eat."] == card.locator("ul li").all_inner_texts()
    assert ("tel:999", "Call 999") == (card.locator(".call").get_attribute("href"), card.locator(".call").inner_text())


def test_only_a_number_can_be_called(visit: Visit, channel: Channel) -> None:
    """Whatever else stands there makes no button."""
    page = visit()
    odd = ["javascript:alert(1)", "", None, 7, ["1"], "9" * 40]
    channel.says(*({**DANGER, "custom": {**DANGER["custom"], "call": call}} for call in odd))
    ask(page, "help")
    settled(page)
    assert len(odd) == page.locator(".alarm").count()
    assert 0 == page.locator(".call").count()


def test_a_crisis_is_met_gently(visit: Visit, channel: Channel) -> None:
    """Thoughts of suicide are not greeted with the word emergency."""
    page = visit()
    channel.says({"text": "I am glad you told me.", "custom": {"kind": "danger", "level": "emergency", "flags": ["suicide_plan"]}})
    ask(page, "help")
    assert "You are not alone" == page.locator(".alarm .level").inner_text()


# ---- the page for the doctor ----


def test_summary_can_be_printed_saved_and_read(visit: Visit, channel: Channel) -> None:
    """Links to the files of this server, and what is on the page behind a line."""
    page = visit()
    channel.says(SUMMARY)
    ask(page, "summary")
    card = page.locator(".page")
    card.wait_for()
    assert "Notes for the doctor" == card.get_by_role("heading", level=3).inner_text()
    base = f"{channel.url}/webhooks/web/summary/x?as="
    assert [base + form for form in ("html", "pdf", "txt")] == card.get_by_role("link").evaluate_all("all => all.map(a => a.href)")
    card.locator("summary").click()
    assert ["Who it is about", "What happens, and when", "Answered with no", "To bring along"] == card.locator("h4").all_inner_texts()
    assert card.get_by_text("Chest pain or pressure").is_visible()


ODD = [
    {"kind": "summary", "sections": "odd", "files": "odd"},
    {"kind": "summary", "sections": []},
    {"kind": "summary", "sections": [None]},
    {"kind": "answer", "sources": [SOURCE], "files": [None]},
    {"kind": "question"},
    {"kind": "question", "step": "x", "of": {}},
    {"kind": "triage", "level": {"a": 1}, "flags": "x"},
    {"kind": "danger", "flags": 7, "timeframe": []},
    {"kind": "toString"},
    {"kind": "__proto__"},
    {"kind": ["answer"]},
    {"kind": "answer", "answer_id": {"x": 1}, "sources": [None, 3], "reviewed": 5},
]


def test_odd_shapes_still_show_their_text(visit: Visit, channel: Channel) -> None:
    """No shape of `custom` hides what the bot said or breaks the page, also after a reload."""
    page = visit()
    channel.says(*({"text": f"Here is number {at}.", "custom": custom} for at, custom in enumerate(ODD)))
    ask(page, "hm")
    settled(page)
    for _ in range(2):
        assert [] == [at for at in range(len(ODD)) if not page.get_by_text(f"Here is number {at}.").first.is_visible()]
        page.reload()


# ---- votes ----


def test_vote_sends_the_answer_s_id_and_nothing_else(visit: Visit, channel: Channel) -> None:
    """Once an answer, without the conversation; it stays marked after a reload."""
    page = visit()
    channel.says(ANSWER)
    ask(page, "what is it")
    page.get_by_role("button", name="No, this did not help").click()
    page.get_by_text("Thank you.").wait_for()
    assert [{"answer_id": "sleep_start.what_is_it.general", "helpful": False}] == channel.votes
    page.reload()
    assert ["No, this did not help"] == page.locator(".vote button:visible").evaluate_all("all => all.map(e => e.title)")
    assert page.locator(".vote button:visible").is_disabled()


def test_failed_vote_can_be_given_again(visit: Visit, channel: Channel) -> None:
    """No thanks before it is counted."""
    page = visit()
    channel.says(ANSWER)
    ask(page, "what is it")
    channel.fails({"error": "not_counted"}, 503)
    page.get_by_role("button", name="Yes, this helped").click()
    page.get_by_role("status").get_by_text("No answer came back").wait_for(state="attached")
    assert 0 == page.get_by_text("Thank you.").count()
    page.get_by_role("button", name="Yes, this helped").click()
    page.get_by_text("Thank you.").wait_for()


# ---- read aloud once ----

WATCH = """
    window.heard = [];
    const log = document.querySelector('hypnic-chat').shadowRoot.querySelector('.log');
    new MutationObserver(all => { for (const one of all) for (const node of one.addedNodes)
        if (log.getAttribute('aria-live') === 'polite') window.heard.push(node.textContent); }
    ).observe(log, {childList: true, subtree: true, characterData: true});
"""


def test_each_reply_is_added_once(visit: Visit, channel: Channel) -> None:
    """What a screen reader hears: every reply once, nothing anew when choices close, nothing of before after a reload."""
    page = visit()
    page.wait_for_timeout(600)
    page.evaluate(WATCH)
    channel.says(ANSWER)
    ask(page, "one")
    settled(page)
    page.get_by_role("button", name="Why?").click()
    settled(page)
    heard = page.evaluate("window.heard")
    assert 1 == sum("A sleep start is one sudden jump" in text for text in heard)
    assert 1 == sum("You asked: /ask_why" in text for text in heard)
    assert 5 == len(heard)  # two questions, the answer, its choices, the second answer
    page.reload()
    page.evaluate(WATCH)
    page.wait_for_timeout(600)
    assert [] == page.evaluate("window.heard")
