"""Keyboard, screen readers, small screens, contrast, motion and weight."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import (
    ANSWER,
    BASE,
    DANGER,
    EMERGENCY_LINE,
    QUESTION,
    RESULT,
    SITE,
    WEB,
    Channel,
    Visit,
    ask,
    bot,
    settled,
    shoot,
    until,
)

LIMIT = 12_000


# ---- keyboard and screen readers ----


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
    tab_to(page, "Sources (1) · checked Nov 23, 2026")
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
    until(lambda: "polite" == log.get_attribute("aria-live"))
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
    channel.attributes = (
        f"""server="{BASE}/" strings='{{"title": "Nachthilfe", "open": "Fragen", "suggestions": ["Warum?"]}}'"""
    )
    page = visit(SITE)
    page.get_by_role("button", name="Fragen").click()
    page.get_by_role("button", name="Warum?").click()
    page.get_by_text("You asked: Warum?").wait_for()
    assert "Nachthilfe" == page.get_by_role("heading", level=2).inner_text()


def test_site_sets_the_colours_and_the_scheme(visit: Visit, channel: Channel) -> None:
    """The --hypnic-... properties and the attribute theme decide, not the system; the levels keep their colours."""
    channel.attributes = 'mode=page theme="light" id="it"'
    page = visit(SITE, color_scheme="dark")
    page.evaluate("document.querySelector('hypnic-chat').style.setProperty('--hypnic-accent', 'rgb(1, 2, 3)')")
    colours = "e => [getComputedStyle(e.querySelector('.send')), getComputedStyle(e.querySelector('.panel'))].map(s => s.backgroundColor)"
    root = page.evaluate_handle("document.querySelector('hypnic-chat').shadowRoot")
    assert ["rgb(1, 2, 3)", "rgb(251, 251, 254)"] == root.evaluate(colours)
    page.evaluate("document.querySelector('hypnic-chat').setAttribute('theme', 'dark')")
    assert "rgb(20, 23, 36)" == root.evaluate(colours)[1]


# ---- looks ----


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
    page = visit(
        path,
        viewport={"width": 320, "height": 568},
        before=f"addEventListener('DOMContentLoaded', () => document.documentElement.dir = '{direction}');",
    )
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


@pytest.mark.parametrize(("path", "height"), [(f"{BASE}/", 200), (SITE, 120)])
def test_400_percent_zoom_keeps_a_usable_conversation(visit: Visit, channel: Channel, path: str, height: int) -> None:
    """1280 x 1024 at 400 % is 320 x 256: the page scrolls, the panel fits, and the conversation keeps its height."""
    page = visit(path, viewport={"width": 320, "height": 256})
    if path == SITE:
        page.get_by_role("button", name="Ask about sleep twitches").click()
        box = page.get_by_role("textbox").bounding_box()
        assert box["y"] + box["height"] <= 256
    assert [] == overflowing(page)
    assert page.locator(".scroller").bounding_box()["height"] >= height


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
    small = [
        one.evaluate("e => e.outerHTML")
        for one in targets.all()
        if min(one.bounding_box()[side] for side in ("width", "height")) < 43.5
    ]
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


def contrast(shot: Any) -> float:
    """Contrast of the ground (commonest colour) to the text (the colour farthest from it) in a picture."""
    colours = shot.getcolors(1 << 24)
    ground = luminance(max(colours)[1])
    return max(
        (max(ground, other) + 0.05) / (min(ground, other) + 0.05) for _, colour in colours for other in [luminance(colour)]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_in_both_schemes(visit: Visit, channel: Channel, scheme: str) -> None:
    """Measured on screenshots: every piece of text has a contrast of 4.5 or more to its ground."""
    page = visit(color_scheme=scheme, reduced_motion="reduce", viewport={"width": 900, "height": 3600})
    channel.says(ANSWER)
    ask(page, "what is it")
    bot(page).locator("summary").click()
    channel.says(
        {**DANGER, "custom": {**DANGER["custom"], "call": "112"}},
        {"text": "See a doctor.", "custom": {"kind": "danger", "level": "urgent"}},
        {"text": "Book a visit.", "custom": {"kind": "triage", "level": "routine", "timeframe": "weeks"}},
        RESULT,
        QUESTION,
        {**ANSWER, "text": "More."},
    )
    ask(page, "he shakes")
    page.get_by_text("More.").wait_for()
    channel.fails([])
    page.locator(".choices button:enabled").first.click()
    page.get_by_role("alert").wait_for()
    page.get_by_role("textbox").fill("x" * 990)
    path = shoot(page, scheme)
    shot = pytest.importorskip("PIL.Image", reason="Pillow is not installed").open(path).convert("RGB")
    assert ("light", "dark")[luminance(shot.getpixel((5, 5))) < 0.1] == scheme
    places = [
        "h1",
        "main > p",
        "h2",
        ".you p",
        ".bot > p",
        ".alarm.emergency .level",
        ".alarm.emergency li",
        ".alarm.emergency a",
        ".alarm.urgent .level",
        ".alarm.urgent p",
        "details:not(.menu) summary",
        "details:not(.menu) li",
        ".vote span",
        ".call",
        ".card .progress",
        ".routine .level",
        ".self_care .level",
        ".self_care summary",
        ".choices :disabled",
        ".choices [aria-pressed]",
        ".problem p",
        ".problem button",
        "textarea",
        ".counter",
        ".send svg",
        ".menu summary svg",
    ]
    for place in places:
        box = page.locator(place).filter(visible=True).last.bounding_box()
        edges = [box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]]
        assert edges[1] > 0 and edges[3] <= 3600, "everything is in the picture"
        measured = contrast(shot.crop([round(edge) for edge in edges]))
        assert measured >= 4.5, f"{place}: {measured:.2f}"


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
    channel.says(QUESTION)
    ask(page, "check")
    page.locator("progress").wait_for()
    assert 1 <= page.locator("progress").evaluate("e => parseFloat(getComputedStyle(e).borderTopWidth)")
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


# ---- the files ----


def test_weight() -> None:
    """What a browser loads for the page, gzipped one by one as the channel does."""
    files = [WEB / name for name in ("hypnic.js", "chat.html", "chat.css")]
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) <= LIMIT


def hashed(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def test_the_small_file_is_made_from_the_sources() -> None:
    """Neither the sources nor the file made from them were changed alone: `make widget` writes both hashes."""
    head, _, code = (WEB / "hypnic.js").read_text(encoding="utf-8").partition("\n")
    sources = [path.read_text(encoding="utf-8") for path in sorted((WEB / "src").glob("*.js"))]
    assert len(sources) >= 6 and len(code) > 10_000
    assert f"sources {hashed(*sources)}, code {hashed(code)} " in head, "run `make widget`"


def test_the_small_file_can_be_made_again(tmp_path: Path) -> None:
    """The kept tool makes the very same file."""
    if not (WEB / "node_modules" / "esbuild").is_dir():
        pytest.skip("esbuild is not installed; `make widget` does it")
    made = tmp_path / "hypnic.js"
    subprocess.run(["node", WEB / "build.mjs", made], check=True, timeout=60)
    assert (WEB / "hypnic.js").read_bytes() == made.read_bytes()


FILES = sorted(path for path in (*WEB.iterdir(), *(WEB / "src").iterdir()) if path.suffix in {".js", ".css", ".html", ".svg"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_no_markup_from_strings_and_no_other_origin(path: Path) -> None:
    """No innerHTML and its kin, no eval, no address but the name of SVG."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|\bstyle=", text)
    assert {"http://www.w3.org"} >= set(re.findall(r"https?://[\w.]+", text))
