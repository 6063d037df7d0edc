"""What goes wrong between Hypnic and Telegram, and how it comes right again without a restart."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from double import SECRET_HEADER, Double
from rig import CHAT, FakeRasa, Rig, serving, wait_until

from tests.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ANN, BOB = 4201, 4202
SECRET = "a-secret-of-the-tests"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the operator reads."""
    return [record.getMessage() for record in caplog.records if record.name == "bot.channels.telegram"]


def health(rig: Rig) -> tuple[int, str]:
    """Status and state that the channel shows; also proves that the server answers."""
    host, port = rig.address[:2]
    connection = http.client.HTTPConnection(host, port, timeout=5)
    connection.request("GET", "/webhooks/telegram/health")
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())["status"]


def post(rig: Rig, body: bytes, secret: str | None = SECRET) -> int:
    """What the webhook answers."""
    host, port = rig.address[:2]
    connection = http.client.HTTPConnection(host, port, timeout=5)
    headers = {"Content-Type": "application/json", **({SECRET_HEADER: secret} if secret is not None else {})}
    connection.request("POST", "/webhooks/telegram/webhook", body, headers)
    return connection.getresponse().status


def message(number: int, text: str = "hello", chat: int = ANN) -> dict[str, Any]:
    """An update with a text."""
    about = {"id": chat, "type": "private"}
    return {"update_id": number, "message": {"message_id": number, "date": int(time.time()), "chat": about, "from": {"id": chat}, "text": text}}


# -- the door -------------------------------------------------------------------------------------------------------


def test_no_token(telegram: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One quiet line, no call, and no webhook."""
    rig = Rig(telegram, tmp_path, telegram_token="").start()
    time.sleep(0.2)
    assert (200, "off") == health(rig)
    assert 404 == post(rig, b"{}")
    rig.stop()
    assert ["Telegram is off, because TELEGRAM_BOT_TOKEN is not set."] == lines(caplog)
    assert [] == telegram.calls
    assert not (tmp_path / "telegram.db").exists()


@pytest.mark.parametrize("token", ["hello", "123:short", "123:" + "x" * 30 + "/../", "abc:" + "x" * 35])
def test_no_token_at_all(token: str, telegram: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be a token is not sent anywhere."""
    rig = Rig(telegram, tmp_path, telegram_token=token).start()
    time.sleep(0.1)
    assert (503, "refused") == health(rig)
    rig.stop()
    assert 1 == len(lines(caplog)) and token not in lines(caplog)[0]
    assert [] == telegram.calls


def recovers(rig: Rig, caplog: pytest.LogCaptureFixture, state: str, heal: Any) -> list[str]:
    """The lines of an operator from a start that fails to the first answer."""
    rig.start()
    wait_until(lambda: rig.channel.state == state, 30, rig.channel.line)
    time.sleep(0.4)  # several attempts
    assert (503, state) == health(rig)
    assert 1 == len(lines(caplog))
    heal()
    rig.working()
    assert (200, "working") == health(rig)
    rig.telegram.say(ANN, "hello")
    rig.quiet()
    assert ["echo: hello"] == rig.telegram.texts(ANN)
    rig.stop()
    return lines(caplog)


def test_a_wrong_token(telegram: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line with 401, and it works as soon as Telegram knows the token."""
    right, telegram.token = telegram.token, "987654321:another-token_another-token_another"
    said = recovers(Rig(telegram, tmp_path), caplog, "refused", lambda: setattr(telegram, "token", right))
    assert 2 == len(said) and "(401)" in said[0] and "@hypnic_test_bot" in said[1]


def test_telegram_cannot_be_reached(telegram: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line, and it works when the network is back."""
    rig = Rig(telegram, tmp_path)
    telegram.down()
    said = recovers(rig, caplog, "unreachable", telegram.start)
    assert 2 == len(said) and "cannot be reached (ClientConnectorError)" in said[0]


def test_a_second_poller(telegram: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line with 409 while somebody else asks, also when both take turns, and one when they have gone."""
    rig = Rig(telegram, tmp_path).start().working()
    stop = asyncio.Event()

    async def other() -> None:
        import aiohttp

        async with aiohttp.ClientSession() as session:
            while not stop.is_set():
                async with session.post(f"{telegram.url}/bot{telegram.token}/getUpdates", json={"timeout": 1}) as response:
                    await response.read()
                await asyncio.sleep(0.02)

    loop = telegram._loop
    rival = asyncio.run_coroutine_threadsafe(other(), loop)
    wait_until(lambda: rig.channel.state == "conflict", 5, rig.channel.line)
    time.sleep(1.0)
    assert 2 == len(lines(caplog)) and "(409)" in lines(caplog)[1]
    loop.call_soon_threadsafe(stop.set)
    rival.result(5)
    rig.working()
    telegram.say(ANN, "hello")
    wait_until(lambda: telegram.texts(ANN) == ["echo: hello"])
    rig.stop()
    assert 3 == len(lines(caplog))


def test_telegram_goes_away_and_comes_back(telegram: Double, rig: Rig) -> None:
    """What people wrote meanwhile is answered, once."""
    telegram.down()
    wait_until(lambda: rig.channel.state == "unreachable")
    telegram.start()
    telegram.say(ANN, "hello")
    rig.quiet()
    assert ["echo: hello"] == telegram.texts(ANN)


def test_a_webhook_of_before_is_removed(telegram: Double, tmp_path: Path) -> None:
    """Polling works although a webhook was set."""
    telegram.m_setwebhook({"url": "https://old.example.org/"})
    with serving(telegram, tmp_path) as rig:
        telegram.say(ANN, "hello")
        rig.quiet()
        assert ["echo: hello"] == telegram.texts(ANN)


def test_an_inbox_that_cannot_be_used(telegram: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A line that names the file; it works when the file is mended."""
    broken = tmp_path / "telegram.db"
    broken.write_bytes(b"this is no database, and it is long enough to be looked at as one" * 20)
    said = recovers(Rig(telegram, tmp_path), caplog, "failed", broken.unlink)
    assert "telegram.db" in said[0]


# -- sending --------------------------------------------------------------------------------------------------------


def test_a_flood_is_waited_out(telegram: Double, rig: Rig) -> None:
    """429: the pause that Telegram asks for is kept, the answer comes once."""
    telegram.flood(0.8)
    begun = time.monotonic()
    telegram.say(ANN, "hello")
    rig.quiet()
    assert ["echo: hello"] == telegram.texts(ANN)
    calls = telegram.called("sendMessage", ANN)
    assert ["429" in str(call.error) for call in calls] == [True, False]
    assert calls[1].begun - begun >= 0.8


def test_a_broken_server_is_tried_again(telegram: Double, rig: Rig) -> None:
    """500 and 502 with a page that is no JSON: growing pauses, then the answer, once."""
    telegram.fail("sendMessage", 500, 502, 503)
    telegram.say(ANN, "hello")
    rig.quiet()
    assert ["echo: hello"] == telegram.texts(ANN)
    first, *rest = (call.begun for call in telegram.called("sendMessage", ANN))
    pauses = [later - earlier for earlier, later in zip([first, *rest], rest)]
    assert 3 == len(pauses) and pauses[0] < pauses[2]


def test_telegram_goes_away_before_the_answer(telegram: Double, rig: Rig) -> None:
    """The answer waits until Telegram is back."""

    async def away(_: str) -> None:
        await asyncio.to_thread(telegram.down)

    rig.rasa.before = away
    telegram.say(ANN, "hello")
    wait_until(lambda: rig.rasa.heard)
    rig.rasa.before = None
    time.sleep(0.3)
    telegram.start()
    rig.quiet()
    assert ["echo: hello"] == telegram.texts(ANN)
    assert ["hello"] == rig.rasa.texts(ANN)


def test_somebody_blocks_the_bot(telegram: Double, rig: Rig) -> None:
    """Nothing is tried again, nobody else notices, and a return is welcome."""
    rig.rasa.replies["hello"] = [{"text": str(n), "custom": CHAT} for n in range(3)]
    telegram.block(ANN)
    telegram.say(ANN, "hello")
    telegram.say(BOB, "hi")
    rig.quiet()
    assert 1 == len(telegram.called("sendMessage", ANN))
    assert ["echo: hi"] == telegram.texts(BOB)
    telegram.unblock(ANN)
    telegram.say(ANN, "hello")
    rig.quiet()
    assert ["0", "1", "2"] == telegram.texts(ANN)


def test_what_is_refused_is_sent_plainly(telegram: Double, rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """A button that Telegram does not take costs the button, not the words; the log holds neither."""
    rig.rasa.replies["hello"] = [{"text": "the <words>", "buttons": [{"title": "x", "payload": "/" + "x" * 70}], "custom": CHAT}]
    telegram.say(ANN, "hello")
    rig.quiet()
    assert ["the <words>"] == telegram.texts(ANN)
    assert "words>" not in caplog.text


def test_a_long_reply_is_cut_at_sentences(telegram: Double, rig: Rig) -> None:
    """Parts of at most 4,096 units, whole sentences, the buttons under the last."""
    text = " ".join(f"This is sentence {n} with a 😴 in it." for n in range(400))
    rig.rasa.replies["hello"] = [{"text": text, "buttons": [{"title": "x", "payload": "/x"}], "custom": CHAT}]
    telegram.say(ANN, "hello")
    rig.quiet()
    texts = telegram.texts(ANN)
    assert len(texts) > 3 and text == " ".join(texts)
    assert all(part.endswith(".") and part.startswith("This") for part in texts)
    assert ["reply_markup" in sent for sent in telegram.sent(ANN)] == [False] * (len(texts) - 1) + [True]
    assert [] == telegram.refused()


# -- restarts -------------------------------------------------------------------------------------------------------


def test_a_repeat_after_a_restart(telegram: Double, tmp_path: Path) -> None:
    """An update that was answered before the restart is not answered again."""
    rasa = FakeRasa(tmp_path)
    with serving(telegram, tmp_path, rasa=rasa) as rig:
        telegram.updates([message(600_001)])
        rig.quiet()
    with serving(telegram, tmp_path, rasa=rasa) as rig:
        telegram.updates([message(600_001), message(600_002, "again")])
        rig.quiet()
    assert ["hello", "again"] == rasa.texts(ANN)
    assert ["echo: hello", "echo: again"] == telegram.texts(ANN)


@pytest.mark.parametrize("moment", ["before the turn is stored", "after the turn is stored", "before the answer is sent"])
def test_a_crash_in_the_middle(moment: str, telegram: Double, tmp_path: Path) -> None:
    """Whenever it stops: the message is answered once after the restart, and stored once."""
    rasa = FakeRasa(tmp_path)
    rig = Rig(telegram, tmp_path, rasa=rasa).start().working()
    handle, hanging = rasa.handle, asyncio.Event()

    async def hangs(user: Any) -> None:
        if moment == "after the turn is stored":
            await handle(user)
        await hanging.wait()

    if moment == "before the answer is sent":
        telegram.slow("sendMessage", 30)
    else:
        rig.channel._answers._handle = hangs
    telegram.say(ANN, "hello")
    wait_until(lambda: telegram.waiting == 0)
    wait_until(lambda: moment != "before the answer is sent" or telegram.called("sendMessage"))
    time.sleep(0.1)
    rig.crash()
    assert [] == telegram.texts(ANN)
    telegram.slow("sendMessage", 0)
    if moment == "before the answer is sent":
        telegram.down()  # the request that hangs goes with its connection
        telegram.start()
    with serving(telegram, tmp_path, rasa=rasa) as again:
        again.quiet()
        telegram.say(ANN, "next")
        again.quiet()
    assert ["echo: hello", "echo: next"] == telegram.texts(ANN)
    assert ["hello", "next"] == rasa.texts(ANN)


# -- the webhook ----------------------------------------------------------------------------------------------------


@pytest.fixture
def hooked(telegram: Double, tmp_path: Path) -> Iterator[Rig]:
    """The channel, called by the double."""
    with serving(telegram, tmp_path, port=free_port(), telegram_secret=SECRET) as rig:
        yield rig


def test_the_webhook_is_set_and_works(telegram: Double, hooked: Rig) -> None:
    """URL, secret and kinds are registered, and a message is answered."""
    assert hooked.channel.settings.telegram_webhook == telegram.webhook.url
    assert SECRET == telegram.webhook.secret
    assert ["message", "edited_message", "callback_query", "my_chat_member"] == telegram.webhook.allowed
    telegram.say(ANN, "hello")
    hooked.quiet()
    assert ["echo: hello"] == telegram.texts(ANN)
    assert [200] == [status for _, status in telegram.deliveries]


def test_a_secret_is_made_of_the_token(telegram: Double, tmp_path: Path) -> None:
    """Without a secret of one's own there is one, and it does not show the token."""
    with serving(telegram, tmp_path, port=free_port()) as rig:
        secret = telegram.webhook.secret
        assert secret and len(secret) == 64 and telegram.token[-10:] not in secret
        assert 403 == post(rig, json.dumps(message(1)).encode(), "")
        assert 200 == post(rig, json.dumps(message(1)).encode(), secret)


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), "\xe9"])
def test_without_the_secret_nobody_gets_in(secret: str | None, telegram: Double, hooked: Rig) -> None:
    """403, and nothing is handled or kept."""
    assert 403 == post(hooked, json.dumps(message(700_001)).encode(), secret)
    telegram.say(ANN, "hello")
    hooked.quiet()
    assert ["hello"] == hooked.rasa.texts(ANN)


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, b"{nope"), (400, b"\xff"), (400, b"[" * 5000), (200, b"[]"), (200, b"5"), (200, b"null"), (200, b"{}"),
     (200, b'{"update_id": "x"}'), (200, b'{"update_id": true}'), (200, b'{"update_id": 1}'), (200, b'{"update_id": 1e99}'),
     (200, b'{"update_id": 9, "of_next_year": {}}'), (200, b'{"update_id": 9, "message": {"chat": 5}}')],
)  # fmt: skip
def test_odd_bodies(status: int, body: bytes, hooked: Rig) -> None:
    """With the secret, whatever is no message is taken and passed over, so that Telegram does not send it for ever."""
    assert status == post(hooked, body)
    assert [] == hooked.rasa.heard


def test_deliveries_that_overtake_each_other(telegram: Double, hooked: Rig) -> None:
    """Parallel deliveries come in any order and again; people get their answers in order, once."""
    order = [3, 1, 2, 3, 5, 4, 1, 8, 7, 6]
    hooked.telegram.say(BOB, "warm up")
    hooked.quiet()
    base = 500_010
    for number in order:
        assert 200 == post(hooked, json.dumps(message(base + number, f"m{number}")).encode())
    telegram._kinds[ANN] = "private"
    hooked.quiet()
    assert [f"m{number}" for number in range(1, 9)] == hooked.rasa.texts(ANN)
    assert [f"echo: m{number}" for number in range(1, 9)] == telegram.texts(ANN)


def test_a_missing_number_is_not_waited_for_for_ever(telegram: Double, hooked: Rig) -> None:
    """A gap costs half a second at most."""
    telegram._kinds[ANN] = "private"
    post(hooked, json.dumps(message(800_000, "one")).encode())
    hooked.quiet()
    begun = time.monotonic()
    post(hooked, json.dumps(message(800_005, "two")).encode())
    wait_until(lambda: telegram.texts(ANN) == ["echo: one", "echo: two"])
    assert time.monotonic() - begun < 2


def test_a_webhook_that_somebody_changed(telegram: Double, hooked: Rig) -> None:
    """It is set again."""
    mine = telegram.webhook.url
    telegram._now(lambda: telegram.m_setwebhook({"url": "http://127.0.0.1:9/other"}))
    wait_until(lambda: telegram.webhook.url == mine)
    telegram.say(ANN, "hello")
    wait_until(lambda: telegram.texts(ANN) == ["echo: hello"])


def test_a_webhook_that_telegram_cannot_reach(telegram: Double, hooked: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """The operator reads what Telegram says about it, once, and that it is over."""
    port = hooked.port
    telegram._now(lambda: setattr(telegram.webhook, "last_error", (int(time.time()), "Connection refused")))
    telegram._now(lambda: telegram._updates.update({0: message(900_000)}))
    wait_until(lambda: hooked.channel.state == "unreachable")
    time.sleep(0.5)
    telegram._now(telegram._updates.clear)
    wait_until(lambda: hooked.channel.state == "working")
    assert port and ["cannot call the webhook: Connection refused" in line for line in lines(caplog)] == [True, False]


def test_a_webhook_that_telegram_does_not_take(telegram: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The reason that Telegram gives is in the line, and it works when it is gone."""
    telegram.allow_http = False
    rig = Rig(telegram, tmp_path, port=free_port())
    said = recovers(rig, caplog, "refused", lambda: setattr(telegram, "allow_http", True))
    assert "An HTTPS URL must be provided" in said[0]


# -- secrets --------------------------------------------------------------------------------------------------------


def test_no_log_holds_token_secret_or_words(telegram: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Through every kind of trouble, at every level of logging."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.INFO)
    with serving(telegram, tmp_path, port=free_port(), telegram_secret=SECRET) as rig:

        async def broken(text: str) -> None:
            if "broken" in text:
                raise RuntimeError(text)

        rig.rasa.before = broken
        telegram.fail("sendMessage", 500, 400)
        telegram.say(ANN, "logcanary why do i jerk")
        telegram.say(ANN, "logcanary broken")
        telegram.block(BOB)
        telegram.say(BOB, "logcanary hello")
        post(rig, b'{"logcanary', SECRET)
        rig.quiet()
        telegram.down()
        time.sleep(0.5)
        telegram.start()
    ours = "\n".join(f"{r.getMessage()} {r.exc_info}" for r in caplog.records if r.name.startswith(("bot", "aiohttp", "asyncio", "sanic")))
    assert ours
    for hidden in (telegram.token, telegram.token.partition(":")[2], SECRET, "logcanary"):
        assert hidden not in ours
