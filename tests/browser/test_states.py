"""The states a person meets, on phone and desktop, light and dark: checked by axe-core and shot for people to look at."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

from .conftest import ANSWER, BASE, DANGER, FAILURE, QUESTION, RESULT, SUMMARY, Channel, Visit, ask, settled, shoot

PHONE, DESKTOP = {"width": 390, "height": 780}, {"width": 1100, "height": 800}
LOOKS = [("phone", "light"), ("phone", "dark"), ("desktop", "light"), ("desktop", "dark")]
# WCAG 2.2 level A and AA, and what axe itself calls best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


def violations(page: Any) -> list[str]:
    """What axe-core finds in the page, also inside the widget: rule and place."""
    # By the debugger, because the page's policy lets nobody add a script.
    page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    # No iframes; the widget's part under the fold counts too.
    found = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(RULES)}, resultTypes: ['violations']}})")
    assert found["testEngine"]["name"] == "axe-core"
    return [f"{one['id']}: {node['target']} {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]


def empty(page: Any, channel: Channel) -> None:
    page.locator(".choices button").first.wait_for()


def answer(page: Any, channel: Channel) -> None:
    channel.says({**ANSWER, "text": LONG_ANSWER})
    ask(page, "why do i jerk when falling asleep")
    page.locator(".vote").wait_for()


def sources(page: Any, channel: Channel) -> None:
    page.locator(".foot summary").last.click()
    page.get_by_role("button", name="Yes, this helped").last.click()
    page.get_by_text("Thank you.").wait_for()


def question(page: Any, channel: Channel) -> None:
    channel.says(QUESTION)
    ask(page, "how soon do I need help")
    page.locator(".card progress").wait_for()


def answered(page: Any, channel: Channel) -> None:
    channel.says({**QUESTION, "text": "What happens while drifting off?", "custom": {**QUESTION["custom"], "step": 3}})
    page.get_by_role("button", name="Drifting off to sleep").last.click()
    page.get_by_text("What happens while drifting off?").wait_for()


def result(page: Any, channel: Channel) -> None:
    channel.says(RESULT)
    page.get_by_role("button", name="Drifting off to sleep").last.click()
    page.locator(".result").wait_for()


def summary(page: Any, channel: Channel) -> None:
    channel.says(SUMMARY)
    page.get_by_role("button", name="Page for the doctor").last.click()
    page.locator(".page").wait_for()


def danger(page: Any, channel: Channel) -> None:
    channel.says({**DANGER, "text": DANGER_TEXT, "custom": {**DANGER["custom"], "call": "999"}})
    ask(page, "he is shaking and does not answer")
    page.locator(".call").wait_for()


def error(page: Any, channel: Channel) -> None:
    channel.says(FAILURE)
    ask(page, "hello?")
    page.get_by_role("button", name="Retry").wait_for()


def offline(page: Any, channel: Channel) -> None:
    page.context.set_offline(True)
    page.locator(".offline", has_text="You are offline").wait_for()


def menu(page: Any, channel: Channel) -> None:
    page.context.set_offline(False)
    page.get_by_label("Options").click()
    page.get_by_role("button", name="Delete my data").wait_for()


def delete(page: Any, channel: Channel) -> None:
    page.get_by_role("button", name="Delete my data").click()
    page.locator(".notice").get_by_text("is deleted").wait_for()


STATES = [empty, answer, sources, question, answered, result, summary, danger, error, offline, menu, delete]
LONG_ANSWER = (
    "Nobody knows for sure why sleep starts happen. The favoured idea is that, as sleep takes over, a healthy brain fires one "
    "more waking burst and many muscles jump at once. Stress, short sleep, caffeine and hard exercise late in the day can bring "
    "more or stronger jerks."
)
DANGER_TEXT = (
    "Call 999 (or 112) now.\n- Note the time. Move hard things away and put something soft under the head.\n"
    "- Do not hold them down and put nothing in the mouth.\n- When the shaking stops, roll them on their side and check that "
    "they breathe.\n- Stay until they are fully awake or help has come.\nIs it still going on?"
)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_state_has_no_axe_violation(visit: Visit, channel: Channel, size: str, scheme: str) -> None:
    """One talk through all states; axe-core finds nothing in any of them."""
    page = visit(f"{BASE}/", viewport=PHONE if size == "phone" else DESKTOP, color_scheme=scheme, reduced_motion="reduce")
    found = {}
    for state in STATES:
        state(page, channel)
        settled(page)
        shoot(page, f"state-{size}-{scheme}-{state.__name__}")
        found[state.__name__] = violations(page)
    assert {state.__name__: [] for state in STATES} == found


def test_axe_looks_into_the_widget(visit: Visit, channel: Channel) -> None:
    """A fault put into the widget is found, so that finding none means something."""
    page = visit()
    page.evaluate("document.querySelector('hypnic-chat').shadowRoot.querySelector('.send').removeAttribute('aria-label')")
    page.evaluate("document.querySelector('hypnic-chat').shadowRoot.querySelector('.send').removeAttribute('title')")
    assert "button-name" in " ".join(violations(page))
