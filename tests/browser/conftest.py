"""A browser, and a tiny channel that serves web/ and answers what a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
ARTEFACTS = ROOT / "tests" / "artefacts"
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BASE = "/webhooks/web"
CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
# A site that embeds the widget; the attributes of its element are set by the test.
SITE = "/site"
SITE_HEAD = (
    '<!doctype html><html lang="en"><title>A site</title><meta name="viewport" content="width=device-width"><h1>A site</h1>'
)

XSS = "<img src=x onerror=alert(1)><script>alert(2)</script>"
SOURCE = {"title": "Sleep starts explained", "publisher": "A Sleep Society", "year": 2023, "url": "https://example.org/sleep"}
ANSWER = {
    "text": "A sleep start is one sudden jump as you drift off.\nIt is common.\n\nWhat helps:\n- less coffee\n- a steady bedtime\n\n"
    "1. First this\n2. Then that",
    "buttons": [
        {"title": "Why?", "payload": '/ask_why{"at":"sleep_start"}'},
        {"title": "Is it dangerous?", "payload": "/ask_danger"},
    ],
    "custom": {"kind": "answer", "answer_id": "sleep_start.what_is_it.general", "sources": [SOURCE], "reviewed": "2026-11-23"},
}
DANGER = {
    "text": "Call 112 (or your local emergency number) now.\n\n1. Time the fit for 5 minutes.\n2. Roll them on their side after 10-15 minutes.\n\n"
    "Samaritans 116 123, Lifeline 13 11 14, 9-8-8, 8-800-2000-122.",
    "custom": {"kind": "danger", "level": "emergency", "flags": ["seizure_now"]},
}
QUESTION = {
    "text": "When does it happen most?",
    "buttons": [
        {"title": "Drifting off to sleep", "payload": '/answer_check{"at":"when.drifting"}'},
        {"title": "Evening, sitting or lying still", "payload": '/answer_check{"at":"when.rest"}'},
        {"title": "In the first hours after waking", "payload": '/answer_check{"at":"when.waking"}'},
        {"title": "I don't know", "payload": '/answer_check{"at":"when.dont_know"}'},
        {"title": "Why do you ask?", "payload": '/answer_check{"at":"when.why"}'},
    ],
    "custom": {"kind": "question", "id": "when", "step": 2, "of": 6},
}
RESULT = {
    "text": "From what I have been told, this can be looked after at home. See a doctor if one of the signs below shows up.\n"
    "What you describe fits well with sleep starts (hypnic jerks), but only an examination by a doctor can tell.\n"
    "Why:\n- It comes while drifting off\n- Sudden jumps or jerks\n"
    "What to do:\n- Keep bedtime and getting-up time steady.\n- Wind down before bed with something calm and dim light.\n"
    "Watch for:\n- Jerks while wide awake: see a doctor within days\n- Shaking without any answer: call 112\n"
    "Sources: Hypnic jerks, RefHelp (NHS Lothian, 2025); Sleep movements (Chest, 2007)",
    "buttons": [{"title": "Page for the doctor", "payload": "/summary"}],
    "custom": {"kind": "triage", "level": "self_care", "timeframe": "none", "pattern": "hypnic_jerks", "flags": [], "rules_version": 1},
}
SUMMARY = {
    "text": "Notes for the doctor\n\nWho it is about:\nAn adult under 60\n",
    "custom": {
        "kind": "summary",
        "title": "Notes for the doctor",
        "rules_version": 1,
        "sections": [
            {"key": "about", "heading": "Who it is about", "lines": ["An adult under 60"]},
            {"key": "pattern", "heading": "What happens, and when", "lines": ["It comes while drifting off; sudden jumps or jerks"]},
            {"key": "no", "heading": "Answered with no", "lines": ["Chest pain or pressure", "A first fit in the last day"]},
            {"key": "bring", "heading": "To bring along", "lines": ["A short film of it", "A list of all medicines"]},
        ],
        "files": [["Print the page", "summary/x?as=html"], ["Save as PDF", "summary/x?as=pdf"], ["Save as text", "summary/x?as=txt"]],
    },
}
FAILURE = {"text": "Something went wrong on my side. If someone is in danger, call 112.", "custom": {"kind": "failure"}}
EMERGENCY_LINE = "In an emergency call your local emergency number."
Visit = Callable[..., Any]


@dataclass
class Reply:
    """What the channel answers to one request. A str body is sent as it is, None drops the connection."""

    body: Any
    status: int = 200
    seconds: float = 0.0


@dataclass
class Channel:
    """The scripted channel: `script` are the coming answers; when it is used up, messages are echoed."""

    url: str = ""
    attributes: str = ""
    script: list[Reply] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    votes: list[dict[str, Any]] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)

    def says(self, *messages: dict[str, Any], seconds: float = 0.0) -> None:
        """Answer the next turn with these messages."""
        self.script.append(Reply(list(messages), seconds=seconds))

    def fails(self, body: Any = "", status: int = 200, seconds: float = 0.0) -> None:
        """Answer the next request with something that is not an answer."""
        self.script.append(Reply(body, status, seconds))

    def next(self, echo: Any) -> Reply:
        return self.script.pop(0) if self.script else Reply(echo)


@pytest.fixture
def channel() -> Iterator[Channel]:
    """A running channel with the address space of the real one."""
    state = Channel()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(state))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    state.held.set()
    server.shutdown()
    server.server_close()


def handler(state: Channel) -> type[BaseHTTPRequestHandler]:
    """The request handler class over one channel."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            name = "chat.html" if path == f"{BASE}/" else path.removeprefix(f"{BASE}/")
            if path == SITE:
                site = f'{SITE_HEAD}<script type="module" src="{BASE}/hypnic.js"></script><hypnic-chat {state.attributes}></hypnic-chat>'
                self.answer(site.encode(), KINDS[".html"])
            elif path == "/favicon.ico":
                self.answer(b"", "image/x-icon")
            elif (WEB / name).is_file() and "/" not in name:
                self.answer((WEB / name).read_bytes(), KINDS[Path(name).suffix])
            else:
                self.answer(b"{}", status=404)

        def do_POST(self) -> None:
            turn = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["Content-Type"] == "application/json"
            if self.path == f"{BASE}/feedback":
                state.votes.append(turn)
                self.play(state.next({"status": "counted"}))
                return
            assert self.path == f"{BASE}/webhook"
            state.turns.append(turn)
            said = turn.get("message") or turn["payload"]
            self.play(state.next([{"text": f"You asked: {said}", "custom": {"kind": "chat"}}]))

        def do_DELETE(self) -> None:
            state.deleted.append(self.path.removeprefix(f"{BASE}/conversation/"))
            self.play(state.next({"status": "deleted"}))

        def play(self, reply: Reply) -> None:
            if reply.seconds:
                state.held.wait(reply.seconds)
            if reply.body is None:
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            self.answer(body.encode(), status=reply.status)

        def answer(self, body: bytes, kind: str = "application/json", status: int = 200) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", CSP)
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the page has gone

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for the whole run."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def visit(browser: Any, channel: Channel) -> Iterator[Callable[..., Any]]:
    """Open a page as a new visitor: visit(path="/webhooks/web/", **options of a browser context).

    At the end of the test no page may have shown an error, broken the policy or asked another origin for anything.
    """
    contexts, wrong = [], []

    def console(message: Any) -> None:
        # Chromium reports every failed request here; tests of failures cause them on purpose.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            wrong.append(message.text)

    def request(asked: Any) -> None:
        if not asked.url.startswith(channel.url):
            wrong.append(f"asked {asked.url}")

    def response(answer: Any) -> None:
        if answer.request.method == "GET" and answer.status >= 400:
            wrong.append(f"{answer.status} for {answer.url}")

    def open_page(path: str = f"{BASE}/", before: str = "", **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1100, "height": 800}, **options})
        context.set_default_timeout(5000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", console)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", request)
        page.on("response", response)
        page.add_init_script(
            "window.violations = []; addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective));"
            + before
        )
        page.goto(channel.url + path)
        return page

    yield open_page
    violations = [page.evaluate("window.violations") for context in contexts for page in context.pages]
    for context in contexts:
        context.close()
    assert [] == [found for found in violations if found]
    assert [] == wrong


def shoot(page: Any, name: str) -> Path:
    """Save a screenshot for people to look at."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    path = ARTEFACTS / f"{name}.png"
    page.screenshot(path=str(path))
    return path


def until(true: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait for something that happens outside the page."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def ask(page: Any, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")


def settled(page: Any) -> None:
    """Wait until no answer is under way."""
    page.locator(".send:enabled").wait_for()


def bot(page: Any) -> Any:
    return page.locator(".bot").last
