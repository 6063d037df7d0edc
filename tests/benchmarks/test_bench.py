"""The harness of the benchmarks: what it counts, what it writes, and that broken bots and stores show in it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from benchmarks import load
from benchmarks.compare_report import Figures, Floor, Plan, Trained, report
from benchmarks.figures import Times, number, ratio, write_section
from benchmarks.load import Level, best, search
from benchmarks.scaled import grown, scaled
from benchmarks.stores import ours, quiet_folder, saved, stock
from benchmarks.talk import WEB, messages, texts
from benchmarks.training import with_epochs
from hypnic.knowledge import Knowledge
from tests.conftest import ROOT, free_port

Handler = Callable[[web.Request], Awaitable[web.Response]]
GOOD: list[dict[str, Any]] = [{"text": "Yes.", "custom": {"kind": "answer"}}]
FAILURE = [{"text": "Sorry.", "custom": {"kind": "failure"}}]


def times(*values: float) -> Times:
    return Times(tuple(values))


def flat(people: int, p95: float, rate: int = 10, failed: int = 0) -> Level:
    return Level(people, 1.0, Times((p95,) * rate), 0, {"status 500": failed} if failed else {})


def test_quantiles() -> None:
    """Interpolated, whatever the order; without values there is nothing to tell."""
    assert (50.5, 95.05, 99.01) == pytest.approx(Times(tuple(float(n) for n in range(100, 0, -1))).quantiles)
    assert "-" == number(Times(()).quantile(0.5), 1)
    assert ("0.50", "-") == (ratio(1, 2), ratio(1, 0))
    assert times(1, 2, 3) == times(1) + times(2, 3)


def test_messages() -> None:
    """The same for the same seed, others for another, and none twice: the encoder would answer it from memory."""
    first = list(islice(messages("a"), 2000))
    assert first == list(islice(messages("a"), 2000))
    assert first != list(islice(messages("b"), 2000))
    assert 2000 == len(set(first))
    assert len(texts()) > 800


def test_a_section_is_replaced(tmp_path: Path) -> None:
    """What stands around it stays; a page without the marks is an error, not a page without figures."""
    page = tmp_path / "page.md"
    page.write_text("# A\n<!-- one -->\nold\n<!-- /one -->\n\n<!-- two -->\nkept\n<!-- /two -->\n")
    write_section("one", ["new", "", "lines", ""], page)
    assert page.read_text() == "# A\n<!-- one -->\nnew\n\nlines\n<!-- /one -->\n\n<!-- two -->\nkept\n<!-- /two -->\n"
    with pytest.raises(ValueError, match="no section"):
        write_section("three", ["new"], page)


@pytest.mark.parametrize("name", ["compare", "stores", "growth", "knowledge"])
def test_the_page_has_the_sections(name: str) -> None:
    """Every program finds its own."""
    text = (ROOT / "docs" / "benchmarks.md").read_text()
    assert 1 == text.count(f"<!-- {name} -->") == text.count(f"<!-- /{name} -->")
    assert text.index(f"<!-- {name} -->") < text.index(f"<!-- /{name} -->")


def test_sustained() -> None:
    """Fast and without a failure; of those the highest rate, which is not always that of the most people."""
    assert [True, False, False] == [one.sustained for one in (flat(1, 499), flat(1, 501), flat(1, 5, failed=1))]
    assert not Level(1, 1.0, Times(())).sustained
    assert flat(4, 300, 20) == best([flat(1, 50, 8), flat(4, 300, 20), flat(6, 450, 19), flat(10, 900, 25)])
    assert best([flat(1, 600)]) is None


def test_the_search_halves() -> None:
    """Until it is known closely how many people are served in time."""
    asked: list[int] = []

    def measure(people: int) -> Level:
        asked.append(people)
        return flat(people, 60.0 * people)

    found = search([flat(1, 60), flat(10, 600), flat(50, 3000)], measure)
    assert [5, 7, 8] == asked == [one.people for one in found]
    assert [] == search([flat(1, 900), flat(10, 9000)], measure)
    assert [] == search([flat(1, 60), flat(10, 90)], measure)


class Toy:
    """A web server whose answers a test decides; it remembers the conversations and addresses it heard from."""

    def __init__(self, answer: Callable[[int], tuple[int, Any, float]]) -> None:
        self.port, self.answer = free_port(), answer
        self.heard: list[dict[str, Any]] = []
        self.at_once = self.most_at_once = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    async def _handle(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.heard.append({**await request.json(), "address": request.headers["X-Forwarded-For"]})
        status, replies, seconds = self.answer(len(self.heard))
        await asyncio.sleep(seconds)
        self.at_once -= 1
        return web.json_response(replies, status=status)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_post(WEB, self._handle)
        runner = web.AppRunner(app)
        self._loop.run_until_complete(runner.setup())
        self._loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", self.port).start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())

    def __enter__(self) -> Toy:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def level(self, people: int, seconds: float = 2.0) -> Level:
        return load.level(f"http://127.0.0.1:{self.port}{WEB}", people, "toy", 0.5, seconds)


@pytest.fixture
def toy() -> Iterator[Callable[[Callable[[int], tuple[int, Any, float]]], Toy]]:
    """Makes servers and ends them."""
    made: list[Toy] = []

    def make(answer: Callable[[int], tuple[int, Any, float]]) -> Toy:
        made.append(Toy(answer).__enter__())
        return made[-1]

    yield make
    for one in made:
        one.__exit__()


@pytest.mark.slow
def test_a_level(toy: Callable[..., Toy]) -> None:
    """Ten people and answers that take 100 ms are a hundred messages a second; nobody writes before the answer; each holds
    conversations of five messages, at an address of their own."""
    server = toy(lambda _: (200, GOOD, 0.1))
    found = server.level(10)
    assert 40 <= found.rate <= 100  # fewer when the machine has other work
    assert 100 <= found.times.quantile(0.5) < 250
    assert (0, {}) == (found.empty, found.failed)
    assert 10 == server.most_at_once
    assert 10 == len({one["address"] for one in server.heard})
    spoken = [one["sender"] for one in server.heard]
    assert 5 == max(map(spoken.count, spoken))
    assert len(server.heard) == len({one["id"] for one in server.heard})


@pytest.mark.slow
def test_what_goes_wrong_is_counted(toy: Callable[..., Toy]) -> None:
    """Refusals, failures and empty replies do not pass for answers."""
    kinds = [(200, GOOD, 0.01), (200, [], 0.01), (429, {"error": "slow_down"}, 0.01), (200, FAILURE, 0.01)]
    server = toy(lambda number: kinds[number % 4])
    found = server.level(2)
    assert {"status 429", "failure"} == set(found.failed)
    assert not found.sustained
    assert found.empty == pytest.approx(len(found.times.values) / 2, abs=2)
    assert found.failed["failure"] == pytest.approx(found.empty, abs=2)


@pytest.mark.slow
def test_nobody_there() -> None:
    """A server that is down answers nobody."""
    found = load.level(f"http://127.0.0.1:{free_port()}{WEB}", 2, "toy", 0.5, 1.0)
    assert () == found.times.values
    assert sum(found.failed.values()) > 0


def figures(factor: float) -> Figures:
    levels = (flat(1, 20 * factor), flat(10, 200 * factor))
    some = times(*(factor * n for n in range(1, 101)))
    return Figures(10 * factor, 800 * factor, 900 * factor, some, 3, some, levels, (flat(12, 480 * factor, 25),))


def test_the_report() -> None:
    """Both orders, ratios, every level of each side, and a run with few epochs says so."""
    plan, low = Plan(100, (1, 10), 1.0, 0.5), Floor(times(1), (flat(1, 1), flat(10, 2)), times(5))
    trained = Trained(50, 500, 2)
    lines = report([figures(1), figures(1.02)], [figures(2), figures(2.04)], low, trained, (20, 80), plan, 3, (0.1, 0.1, 0.1))
    assert "| training from scratch, s | 50 | 500 | 0.10 |" in lines
    assert "| full turn p50, ms | 51.0 | 102.0 | 0.50 |" in lines
    assert "| full turn p50, ms | 50.5 | 101.0 | 103.0 | 51.5 |" in lines
    assert "| sustained messages/s, p95 under 500 ms | 25.0 | 10.0 | 2.50 |" in lines
    assert "| 10 | stock Rasa | 10.0 (10.0 / 10.0) | 404 | 408 | 408 | 0 | 0 |" in lines
    assert "| encoder | 5.0 | 5.0 | 5.0 | 0.8 |" in lines
    assert any("2 epochs only" in line for line in lines)
    assert not any("epochs only" in line for line in report(
        [figures(1)] * 2, [figures(2)] * 2, low, Trained(50, 500), (20, 80), plan, 3, (0.1, 0.1, 0.1)))


def turn(text: str) -> list[Any]:
    return [UserUttered(text, {"name": "greet", "confidence": 1.0}), ActionExecuted("action_listen")]


@pytest.mark.parametrize("make", [stock, ours])
def test_saved_turns(make: Any, tmp_path: Path) -> None:
    """Of stores that keep everything they are counted."""
    found, seconds = asyncio.run(saved(make(Domain.empty(), tmp_path), [turn("a"), turn("b")], 3, 0.5))
    assert 0.5 == seconds
    assert len(found.values) > 5


def test_a_store_that_loses_turns() -> None:
    """Is found out."""

    class Forgetful(InMemoryTrackerStore):
        async def save(self, tracker: Any) -> None:
            kept = [event for event in tracker.events if not isinstance(event, UserUttered)]
            tracker.events.clear()
            tracker.events.extend(kept)
            await super().save(tracker)

    with pytest.raises(AssertionError):
        asyncio.run(saved(Forgetful(Domain.empty()), [turn("a"), turn("b")], 1, 0.2))


def test_scaled_examples() -> None:
    """Of every kind as many as asked for, at least one; more are new wordings."""
    given = [Message({TEXT: f"{kind} {number}", INTENT: kind}) for kind in ("a", "b") for number in range(8)]
    given.append(Message({TEXT: "c", INTENT: "c"}))
    counts = {factor: [[m.get(INTENT) for m in scaled(given, factor)].count(kind) for kind in "abc"] for factor in (0.25, 1, 2)}
    assert {0.25: [2, 2, 1], 1: [8, 8, 1], 2: [16, 16, 2]} == counts
    assert 34 == len({m.get(TEXT) for m in scaled(given, 2)})


@pytest.mark.slow
def test_a_grown_knowledge_base() -> None:
    """It passes the checks, with twice the topics and answers."""
    with quiet_folder() as folder:
        small, large = Knowledge.load(), Knowledge.load(grown(folder / "knowledge", 2))
    assert 2 * len(small.topics) == len(large.topics)
    assert 2 * len(list(small.answers())) == len(list(large.answers()))


def test_other_epochs(tmp_path: Path) -> None:
    """All of them, and nothing else."""
    stock_config = ROOT / "benchmarks" / "configs" / "stock.yml"
    changed = with_epochs(stock_config, tmp_path, 2).read_text()
    assert stock_config.read_text().count("epochs: 100") == changed.count("epochs: 2") == 4
    assert "epochs: 100" not in changed
