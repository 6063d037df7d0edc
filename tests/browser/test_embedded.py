"""The real servers in a real browser: whole journeys, and the widget on a page of another origin."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import ARTEFACTS, BASE, ask, settled, shoot
from .test_states import violations

if TYPE_CHECKING:
    from tests.conftest import Server

PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True, "color_scheme": "dark"}
DESKTOP = {"viewport": {"width": 1100, "height": 800}}
Open = Callable[..., Any]


class Quiet(SimpleHTTPRequestHandler):
    """Plain files, as any static host serves them."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def site(origin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The other origin: a folder of static files on a port of its own."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "favicon.ico").touch()
    server = ThreadingHTTPServer(("127.0.0.1", int(origin.rpartition(":")[2])), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield origin, folder
    server.shutdown()
    server.server_close()


@pytest.fixture
def browse(browser: Any) -> Iterator[Open]:
    """browse(address, **options of a browser context): a page that may show no error and break no policy."""
    contexts, wrong = [], []

    def open_page(address: str, context: Any = None, **options: Any) -> Any:
        if context is None:
            context = browser.new_context(**options)
            context.set_default_timeout(20_000)
            contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.add_init_script(
            "window.violations = []; addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective))"
        )
        page.goto(address)
        return page

    yield open_page
    broken = [page.evaluate("window.violations") for context in contexts for page in context.pages]
    for context in contexts:
        context.close()
    assert [] == [found for found in broken if found]
    assert [] == wrong


def page_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}{BASE}/"


def choose(page: Any, title: str) -> None:
    page.get_by_role("button", name=title, exact=True).last.click()
    settled(page)


@pytest.mark.parametrize(("name", "options"), [("phone", PHONE), ("desktop", DESKTOP)])
def test_whole_journey(server: Server, browse: Open, name: str, options: dict[str, Any]) -> None:
    """A question, a vote, the whole check with a step back and a reload in its midst, the page for the doctor, deletion."""
    page = browse(page_of(server), **options)
    ask(page, "why do i jerk when falling asleep")
    page.get_by_text("checked Nov").wait_for()
    page.get_by_role("button", name="Yes, this helped").click()
    page.get_by_text("Thank you.").wait_for()

    ask(page, "how soon do i need help")
    page.get_by_role("button", name="Yes, ask me").click()
    page.get_by_text("Question 1 of about").wait_for()
    choose(page, "None of these")
    page.get_by_text("Question 2 of about").wait_for()
    assert [] == violations(page)
    page.reload()
    choose(page, "Go back")
    page.locator(".card:not(.closed)", has_text="Question 1 of about").wait_for()
    choose(page, "Why do you ask?")
    page.locator(".card:not(.closed)", has_text="Question 1 of about").wait_for()
    for _ in range(9):
        if page.locator(".result, .alarm").count():
            break
        page.locator(".card:not(.closed) .choices .choice").first.click()
        settled(page)
    card = page.locator(".result.self_care")
    assert "Care at home" == card.locator(".level").inner_text()
    assert card.get_by_role("heading", level=3).all_inner_texts()[1:3] == ["What to do:", "What to tell the doctor:"]
    assert "Sources: " not in card.inner_text()
    shoot(page, f"journey-{name}-result")
    assert [] == violations(page)

    choose(page, "Page for the doctor")
    sheet = page.locator(".page")
    assert ["Print the page", "Save as PDF", "Save as text"] == sheet.locator(".files a").all_inner_texts()
    sheet.locator("summary").click()
    assert "To bring along" in sheet.inner_text()
    with page.expect_popup() as popup:
        sheet.get_by_role("link", name="Print the page").click()
    assert "Notes for the doctor" in popup.value.inner_text("h1")
    popup.value.close()
    for title, start in (("Save as PDF", b"%PDF"), ("Save as text", b"Notes for the doctor")):
        file = page.context.request.get(sheet.get_by_role("link", name=title).get_attribute("href"))
        assert file.headers["content-disposition"].startswith("attachment") and file.body().startswith(start)
    shoot(page, f"journey-{name}-summary")
    assert [] == violations(page)

    ask(page, "delete my data")
    page.locator(".notice").get_by_text("is deleted").wait_for()
    assert 0 == page.evaluate("sessionStorage.length + localStorage.length")
    assert 0 == page.locator(".card").count()


def test_danger_can_be_called(server: Server, browse: Open) -> None:
    """An emergency in the middle of a talk: level, number to tap, numbered steps, and nothing else first."""
    page = browse(page_of(server), **PHONE)
    ask(page, "my husband is having a fit right now and does not wake up")
    card = page.locator(".alarm.emergency")
    card.wait_for()
    assert "tel:112" == card.locator(".call").get_attribute("href")
    assert "Call 112" == card.locator(".call").inner_text()
    assert card.locator("ol li").count() >= 3
    assert card.locator(".call").bounding_box()["height"] >= 44
    shoot(page, "journey-phone-danger")
    assert [] == violations(page)


def test_two_tabs_share_one_conversation(server: Server, browse: Open, site: tuple[str, Path]) -> None:
    """With `remember` two tabs show the same talk, both may go on with it, and deletion in one empties the other."""
    origin, folder = site
    (folder / "tabs.html").write_text(
        f'<!doctype html><html lang="en"><title>Tabs</title><script type="module" src="{page_of(server)}hypnic.js"></script>'
        '<hypnic-chat remember mode="page"></hypnic-chat>'
    )
    one = browse(f"{origin}/tabs.html", **DESKTOP)
    ask(one, "what is a hypnic jerk")
    one.locator(".vote").wait_for()
    two = browse(f"{origin}/tabs.html", context=one.context)
    two.locator(".vote").wait_for()
    ask(two, "is it dangerous")
    ask(one, "what helps against it")
    for page in (one, two):
        settled(page)
        page.locator(".you", has_text="is it dangerous").wait_for()
        page.locator(".you", has_text="what helps against it").wait_for()
        assert 3 == page.locator(".you").count()
        page.wait_for_function("document.querySelector('hypnic-chat').shadowRoot.querySelectorAll('.bot').length === 4")
    senders = {page.evaluate("JSON.parse(localStorage.getItem('hypnic-chat-2')).sender") for page in (one, two)}
    assert 1 == len(senders)
    one.get_by_label("Options").click()
    one.get_by_role("button", name="Delete my data").click()
    one.locator(".notice").get_by_text("is deleted").wait_for()
    two.wait_for_function("document.querySelector('hypnic-chat').shadowRoot.querySelectorAll('.you').length === 0")
    assert 0 == two.evaluate("localStorage.length")


SNIPPET = """<!doctype html>
<html lang="en">
<title>A small practice</title>
<meta name="viewport" content="width=device-width">
<main>
  <h1>A small practice</h1>
  <p>Open from nine to five.</p>
</main>
<script type="module" src="{server}hypnic.js"></script>
<hypnic-chat></hypnic-chat>
"""


def test_a_plain_page_on_another_port(server: Server, browse: Open, site: tuple[str, Path]) -> None:
    """Two lines in a static page of an allowed origin: the chat answers, votes and deletes across origins."""
    origin, folder = site
    (folder / "index.html").write_text(SNIPPET.format(server=page_of(server)))
    page = browse(f"{origin}/index.html", **PHONE)
    page.get_by_role("button", name="Ask about sleep twitches").click()
    ask(page, "are my leg twitches restless legs")
    page.locator(".bot").nth(1).wait_for()
    shoot(page, "embedded-phone")
    assert [] == violations(page)
    page.get_by_label("Options").click()
    page.get_by_role("button", name="Delete my data").click()
    page.locator(".notice").get_by_text("is deleted").wait_for()


def test_an_origin_that_is_not_allowed_gets_nothing(server: Server, browser: Any, site: tuple[str, Path]) -> None:
    """The same page under another name (localhost) cannot even load the widget, nor read the channel's answer."""
    origin, folder = site
    (folder / "stranger.html").write_text(SNIPPET.format(server=page_of(server)))
    page = browser.new_page()
    page.goto(f"{origin.replace('127.0.0.1', 'localhost')}/stranger.html")
    assert not page.evaluate("!!customElements.get('hypnic-chat')")
    read = page.evaluate(f"fetch('{page_of(server)}health').then(() => 'read', () => 'kept out')")
    page.close()
    assert "kept out" == read


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_demo_looks_like_a_clinic(server: Server, browse: Open, scheme: str) -> None:
    """The demonstration page, closed and open, with the clinic's colour in the widget."""
    page = browse(f"{page_of(server)}demo.html", **{**DESKTOP, "color_scheme": scheme})
    shoot(page, f"demo-{scheme}-closed")
    assert [] == violations(page)
    page.get_by_role("button", name="Ask about sleep twitches").click()
    ask(page, "why do i jerk when falling asleep")
    page.locator(".vote").wait_for()
    colour = page.locator(".send").evaluate("e => getComputedStyle(e).backgroundColor")
    assert {"light": "rgb(11, 93, 99)", "dark": "rgb(143, 211, 214)"}[scheme] == colour
    shoot(page, f"demo-{scheme}-open")
    assert [] == violations(page)


def test_first_answer_comes_soon(server: Server, browse: Open) -> None:
    """From opening the page to reading the first answer; the figure is in docs/embedding.md."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        page = browse(page_of(server), **DESKTOP)
        page.get_by_role("button", name="Why do I jerk when falling asleep?").click()
        page.locator(".vote").wait_for()
        times.append(time.perf_counter() - start)
        shoot(page, "page")
        page.context.close()
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    (ARTEFACTS / "first-answer.txt").write_text(f"seconds from page load to first answer: {sorted(times)}\n")
    assert min(times) < 5, os.getloadavg()
