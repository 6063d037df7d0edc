"""Two thousand messages of a hundred chats, twice delivered and out of order: none lost, none answered twice."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from double import Double
from rig import CHAT, Rig, wait_until

from tests.conftest import free_port

CHATS, EACH = 100, 20
SECONDS = 60.0
RATE = 60  # messages a second that it has to keep up with


class QuickRasa:
    """Answers at once and remembers what it was asked."""

    store = None

    def __init__(self) -> None:
        self.heard: dict[str, list[str]] = {}

    async def handle(self, message: Any) -> None:
        self.heard.setdefault(message.sender_id, []).append(str(message.text))
        await message.output_channel.send_response(message.sender_id, {"text": f"echo: {message.text}", "custom": CHAT})


def traffic(chats: int, each: int, repeats: float, shuffled: int, seed: int = 1) -> list[dict[str, Any]]:
    """Updates in the order of their delivery.

    Args:
        repeats: share of the updates that come again.
        shuffled: how far an update may be from its place.
    """
    chance = random.Random(seed)
    turns = [chat for chat in range(1, chats + 1) for _ in range(each)]
    chance.shuffle(turns)
    count: dict[int, int] = {}
    updates = []
    for number, chat in enumerate(turns):
        count[chat] = count.get(chat, 0) + 1
        about = {"id": 10_000 + chat, "type": "private"}
        body = {"message_id": count[chat], "date": int(time.time()), "chat": about, "from": {"id": 10_000 + chat}, "text": f"m{count[chat]}"}
        updates.append({"update_id": 1_000_000 + number, "message": body})
    delivered = updates + chance.sample(updates, int(len(updates) * repeats))
    places = {id(u): u["update_id"] + chance.uniform(0, shuffled) for u in updates}
    return sorted(delivered, key=lambda u: places[id(u)] + (chance.uniform(0, shuffled * 3) if shuffled else chance.uniform(0, 300)))


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_soak(mode: str, telegram: Double, tmp_path: Path, record_property: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Every message is handled once and in order, and every answer arrives once; prints messages a second and p95."""
    rasa = QuickRasa()
    rig = Rig(telegram, tmp_path, rasa=rasa, port=free_port() if mode == "webhook" else 0).start().working()
    # Telegram hands out polled updates in order; deliveries overtake each other.
    updates = traffic(CHATS, EACH, repeats=0.3, shuffled=8 if mode == "webhook" else 0)
    if mode == "polling":
        updates = sorted({u["update_id"]: u for u in updates}.values(), key=lambda u: u["update_id"]) + updates[: len(updates) // 4]
    begun = time.monotonic()
    telegram.updates(updates)
    wait_until(lambda: len(telegram.called("sendMessage")) >= CHATS * EACH, SECONDS, "messages are missing")
    seconds = time.monotonic() - begun
    rig.quiet(20)
    expected = [f"m{n}" for n in range(1, EACH + 1)]
    assert {f"telegram-{10_000 + chat}": expected for chat in range(1, CHATS + 1)} == rasa.heard
    for chat in range(1, CHATS + 1):
        assert [f"echo: {text}" for text in expected] == telegram.texts(10_000 + chat)
    assert [] == telegram.refused()
    rig.stop()
    rate = CHATS * EACH / seconds
    figures = f"soak over {mode}: {CHATS * EACH} messages and {len(updates) - CHATS * EACH} repeats, {rate:.0f} messages/s, lost 0, doubled 0"
    with capsys.disabled():
        print(f"\n{figures}")
    record_property("messages_per_second", round(rate))
    assert rate > RATE


def test_time_to_the_answer(telegram: Double, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At a steady 50 messages a second, the way through the channel takes little of a person's time."""
    rig = Rig(telegram, tmp_path, rasa=QuickRasa(), port=free_port()).start().working()
    begun: dict[str, float] = {}
    for number in range(200):
        begun[f"echo: t{number}"] = time.monotonic()
        telegram.say(20_000 + number % 40, f"t{number}")
        time.sleep(0.02)
    rig.quiet()
    ended = {str(call.data["text"]): call.ended for call in telegram.called("sendMessage")}
    took = [ended[text] - begun[text] for text in begun]
    rig.stop()
    p50, p95 = statistics.median(took), statistics.quantiles(took, n=20)[18]
    with capsys.disabled():
        print(f"\nway through the channel at 50 messages/s: p50 {1000 * p50:.0f} ms, p95 {1000 * p95:.0f} ms")
    assert p95 < 0.5
