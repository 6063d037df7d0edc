"""One turn: in order, once, in time, never silent."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from bot.quiet import hush

hush()

from rasa.core.channels.channel import UserMessage

from bot.channels.guard import Incoming, Refused
from bot.channels.turns import Turns
from bot.database import Overtaken, StoreFailed
from hypnic.checks import TRIAGE
from hypnic.danger import DangerScreen
from hypnic.emergency import Outcomes
from hypnic.region import Region
from hypnic.reply import talk

SCREEN, OUTCOMES, REGION = DangerScreen.load(TRIAGE), Outcomes.load(TRIAGE), Region.load(TRIAGE)
SHAKING = "my husband is shaking all over and does not answer me"


def turns(seconds: float = 0.5) -> Turns:
    return Turns("web", seconds, SCREEN, OUTCOMES, REGION)


def incoming(text: str = "hello", sender: str = "a", message_id: str | None = None, payload: str | None = None) -> Incoming:
    return Incoming(sender, None if payload else text, payload, message_id)


async def offered(_: str, payload: str) -> bool:
    return payload == "/good"


async def echo(message: UserMessage) -> None:
    await message.output_channel.send_response(message.sender_id, {"text": message.text, "custom": {"kind": "chat"}})


def take(handle: Any, *said: Incoming, seconds: float = 0.5) -> list[Any]:
    """The replies to several messages sent at once; exceptions are returned."""

    async def all_of_them() -> list[Any]:
        one = turns(seconds)
        return await asyncio.gather(*(one.take(message, handle, offered) for message in said), return_exceptions=True)

    return asyncio.run(all_of_them())


def kinds(replies: list[dict[str, Any]]) -> list[str]:
    return [reply["custom"]["kind"] for reply in replies]


def test_a_reply_is_passed_on() -> None:
    """Text and custom arrive as they were sent."""
    assert [[{"text": "hello", "custom": {"kind": "chat"}}]] == take(echo, incoming())


def test_silence_becomes_an_apology() -> None:
    """An empty turn gives the failure text with the emergency number."""

    async def nothing(_: UserMessage) -> None:
        return None

    (replies,) = take(nothing, incoming())
    assert ["failure"] == kinds(replies)
    assert REGION.emergency_number in replies[0]["text"]


def test_an_exception_becomes_an_apology() -> None:
    """Whatever is raised behind the channel stays there."""

    async def broken(_: UserMessage) -> None:
        raise RuntimeError("the words of a person")

    (replies,) = take(broken, incoming())
    assert ["failure"] == kinds(replies)
    assert "words of a person" not in replies[0]["text"]


def test_a_late_turn_becomes_an_apology() -> None:
    """After the deadline nobody waits any longer."""

    async def slow(_: UserMessage) -> None:
        await asyncio.sleep(5)

    (replies,) = take(slow, incoming(), seconds=0.05)
    assert ["failure"] == kinds(replies)


@pytest.mark.parametrize("fails", [True, False])
def test_danger_words_come_first_whatever_rasa_does(fails: bool) -> None:
    """The channel adds the emergency words when the reply has none."""

    async def calm(message: UserMessage) -> None:
        if fails:
            raise RuntimeError
        await echo(message)

    (replies,) = take(calm, incoming(SHAKING))
    assert (["danger"] if fails else ["danger", "chat"]) == kinds(replies)


def test_messages_of_one_sender_keep_their_order() -> None:
    """The second waits for the first."""
    order: list[str] = []

    async def first_is_slow(message: UserMessage) -> None:
        if message.text == "one":
            await asyncio.sleep(0.1)
        order.append(str(message.text))
        await echo(message)

    take(first_is_slow, incoming("one"), incoming("two"), incoming("three"))
    assert ["one", "two", "three"] == order


def test_a_fourth_waiting_message_is_refused() -> None:
    """Three of one conversation may be under way; others are not touched."""

    async def slow(message: UserMessage) -> None:
        await asyncio.sleep(0.05)
        await echo(message)

    results = take(slow, *(incoming(str(n)) for n in range(4)), incoming("x", sender="b"))
    assert [False, False, False, True, False] == [isinstance(result, Refused) for result in results]


def test_a_repeat_in_flight_shares_the_result() -> None:
    """The same id is handled once."""
    calls = []

    async def counted(message: UserMessage) -> None:
        calls.append(message.text)
        await asyncio.sleep(0.05)
        await echo(message)

    first, second = take(counted, incoming(message_id="1"), incoming(message_id="1"))
    assert first == second
    assert 1 == len(calls)


def test_a_failure_is_not_remembered() -> None:
    """A retry after a failure is tried again."""

    async def twice() -> list[list[str]]:
        one, calls = turns(), []

        async def fails_once(message: UserMessage) -> None:
            calls.append(1)
            if len(calls) > 1:
                await echo(message)

        return [kinds(await one.take(incoming(message_id="1"), fails_once, offered)) for _ in range(2)]

    assert [["failure"], ["chat"]] == asyncio.run(twice())


def test_only_offered_payloads_reach_rasa() -> None:
    """A payload of elsewhere is answered with a question back."""
    good, bad = take(echo, incoming(payload="/good"), incoming(payload="/bad", sender="b"))
    assert "/good" == good[0]["text"]
    assert ["clarify"] == kinds(bad)


def test_a_reply_without_a_known_kind_is_chat() -> None:
    """Every message carries one custom."""

    async def odd(message: UserMessage) -> None:
        await message.output_channel.send_response("a", {"text": "x", "custom": {"kind": "<script>"}})

    assert [["chat"]] == [kinds(replies) for replies in take(odd, incoming())]


def test_senders_do_not_wait_for_each_other() -> None:
    """The second sender is answered while the first is still held up."""

    async def both() -> list[str]:
        gate, one = asyncio.Event(), turns(5)

        async def held(message: UserMessage) -> None:
            if message.sender_id == "a":
                await gate.wait()
            else:
                gate.set()
            await echo(message)

        replies = await asyncio.gather(*(one.take(incoming(sender=sender), held, offered) for sender in "ab"))
        return [kind for reply in replies for kind in kinds(reply)]

    assert ["chat", "chat"] == asyncio.run(both())


def test_refusal_is_429_busy_and_passes() -> None:
    """The code is for programs; when the others are through, the sender is let in again."""

    async def flood() -> tuple[Refused, list[str], int]:
        one = turns(5)

        async def slow(message: UserMessage) -> None:
            await asyncio.sleep(0.02)
            await echo(message)

        first = await asyncio.gather(*(one.take(incoming(), slow, offered) for _ in range(4)), return_exceptions=True)
        (refused,) = (result for result in first if isinstance(result, Refused))
        after = await one.take(incoming(), slow, offered)
        return refused, kinds(after), len(one._queues)

    refused, after, queues = asyncio.run(flood())
    assert (429, "busy") == (refused.status, refused.code)
    assert ["chat"] == after
    assert 0 == queues, "queues of finished conversations must not pile up"


def test_exclusive_holds_turns_back() -> None:
    """A turn starts only after the block; another sender's starts at once."""

    async def held() -> list[str]:
        one, order = turns(5), []

        async def noted(message: UserMessage) -> None:
            order.append(message.sender_id)
            await echo(message)

        async with one.exclusive("a"):
            waiting = asyncio.create_task(one.take(incoming(sender="a"), noted, offered))
            await one.take(incoming(sender="b"), noted, offered)
            order.append("end of block")
        await waiting
        return order

    assert ["b", "end of block", "a"] == asyncio.run(held())


def test_a_repeat_after_the_answer_is_not_handled_again_until_forgotten() -> None:
    """The kept replies are given again; after forget() the message is new."""

    async def thrice() -> list[int]:
        one, calls, counts = turns(), [], []

        async def counted(message: UserMessage) -> None:
            calls.append(1)
            await echo(message)

        for step in range(3):
            if step == 2:
                one.forget("a")
            await one.take(incoming(message_id="1"), counted, offered)
            counts.append(len(calls))
        return counts

    assert [1, 1, 2] == asyncio.run(thrice())


@pytest.mark.parametrize("kind", ["danger", "triage"])
def test_danger_words_are_not_said_twice(kind: str) -> None:
    """When Rasa said them, the channel adds nothing."""

    async def warned(message: UserMessage) -> None:
        await message.output_channel.send_response("a", {"text": "x", "custom": {"kind": kind}})

    assert [[kind]] == [kinds(replies) for replies in take(warned, incoming(SHAKING))]


def test_the_emergency_words() -> None:
    """Given for an asserted sign with the number, and for nothing else."""
    words = turns().danger(SHAKING)
    assert words is not None
    assert REGION.emergency_number in words["text"]
    assert ("danger", "emergency") == (words["custom"]["kind"], words["custom"]["level"])
    assert words["custom"]["flags"]
    assert turns().danger("she never had a seizure") is None
    assert turns().danger("") is None


def test_a_turn_that_was_not_stored_is_told() -> None:
    """No answer that nobody would remember; the emergency words come first all the same."""

    async def unstored(message: UserMessage) -> None:
        await echo(message)
        raise StoreFailed("OperationalError")

    calm, shaking = take(unstored, incoming(), incoming(SHAKING, sender="b"))
    assert ["failure"] == kinds(calm)
    assert calm[0]["text"].startswith(talk().say("not_kept"))
    assert REGION.emergency_number in calm[0]["text"]
    assert ["danger", "failure"] == kinds(shaking)


@pytest.mark.parametrize(("times", "kind"), [(4, "chat"), (5, "failure")])
def test_an_overtaken_turn_is_done_again(times: int, kind: str) -> None:
    """What the overtaken tries said is not shown."""
    calls = []

    async def overtaken(message: UserMessage) -> None:
        calls.append(1)
        await echo(message)
        if len(calls) <= times:
            raise Overtaken

    (replies,) = take(overtaken, incoming())
    assert [kind] == kinds(replies)
    assert 5 == len(calls)


def test_a_stored_turn_is_not_done_again() -> None:
    """The replies that another process stored are given, with nothing handled; another id is handled, and passes its id on."""
    handled: list[str | None] = []

    async def noted(message: UserMessage) -> None:
        handled.append(message.message_id)
        await echo(message)

    async def answered(_: str, message_id: str) -> list[dict[str, Any]] | None:
        return [{"text": "kept", "buttons": None, "custom": {"kind": "chat"}}] if message_id == "old" else None

    async def both() -> list[list[dict[str, Any]]]:
        one = turns()
        return [await one.take(incoming(message_id=name), noted, offered, answered) for name in ("old", "new")]

    kept, fresh = asyncio.run(both())
    assert [{"text": "kept", "custom": {"kind": "chat"}}] == kept
    assert "hello" == fresh[0]["text"]
    assert ["new"] == handled


def test_emergency_words_wait_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a turn may take."""
    monkeypatch.setattr("bot.channels.turns.DANGER_SECONDS", 0.05)

    async def slow(_: UserMessage) -> None:
        await asyncio.sleep(5)

    begun = time.monotonic()
    (replies,) = take(slow, incoming(SHAKING), seconds=5)
    assert time.monotonic() - begun < 2
    assert ["danger"] == kinds(replies)
