"""The whole of Hypnic with the double: real servers, real answers, killed processes. One server asks, one is called."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from double import TOKEN, Double, running
from rig import wait_until

from tests.conftest import ROOT, Server, environment, free_port, wait_for
from tests.conftest import running as started


def journey(file: str, name: str) -> dict[str, Any]:
    """A talk that is also played over the web channel."""
    talks = yaml.safe_load((ROOT / "tests" / "cases" / "journeys" / file).read_text(encoding="utf-8"))
    return next(talk for talk in talks if talk["name"] == name)


CHECK = journey("check.yml", "the check from the first question to the result")
MAIN = journey("follow_ups.yml", "topic, aspect and population carry over, and a new topic takes their place")
SECONDS = 12.0
PATIENCE = 180.0  # a busy machine takes long to start a server
_PEOPLE = iter(range(7001, 8000))


@pytest.fixture(scope="module")
def telegram() -> Iterator[Double]:
    """One Bot API for the module."""
    with running(delivery_retry=0.2) as double:
        yield double


@pytest.fixture(scope="module")
def called(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Double, Callable[[], bool]]]:
    """The chat server alone, called over its webhook, with Rasa's real understanding but no actions."""
    folder = tmp_path_factory.mktemp("called")
    with running(delivery_retry=0.2) as double:
        port = free_port()
        hook = f"http://127.0.0.1:{port}/webhooks/telegram/webhook"
        given = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": double.url, "TELEGRAM_WEBHOOK_URL": hook}
        env = environment(PORT=port, HYPNIC_ACTION_PORT=free_port(), HYPNIC_VAR=folder, **given)
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen([sys.executable, "-m", "bot.server", str(model)], cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            yield double, lambda: process.poll() is None
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
def hypnic(model: Path, telegram: Double, called: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Hypnic as `make run` starts it, with nothing set but the token (and where the double is). It starts beside the other."""
    given = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": telegram.url}
    with started(tmp_path_factory.mktemp("telegram"), **given) as server:
        yield server


class Person:
    """Somebody in Telegram."""

    def __init__(self, telegram: Double) -> None:
        self.chat, self._telegram, self._seen = next(_PEOPLE), telegram, 0

    def say(self, text: str) -> list[dict[str, Any]]:
        """What comes back to a message."""
        self._telegram.say(self.chat, text)
        return self.hear()

    def press(self, title: str) -> list[dict[str, Any]]:
        """What comes back to a button."""
        self._telegram.press(self.chat, title)
        return self.hear()

    def hear(self, seconds: float = SECONDS) -> list[dict[str, Any]]:
        """The new messages, when no more come."""
        wait_until(lambda: len(self._telegram.sent(self.chat)) > self._seen, seconds, "no answer")
        time.sleep(0.15)
        new = self._telegram.sent(self.chat)[self._seen :]
        self._seen += len(new)
        return new


@pytest.fixture
def ann(hypnic: Server, telegram: Double) -> Person:
    """Somebody new."""
    return Person(telegram)


def texts(messages: list[dict[str, Any]]) -> str:
    return "\n".join(str(message.get("text") or message.get("caption")) for message in messages)


def bold(message: dict[str, Any]) -> str:
    """The first bold words."""
    entity = next(e for e in message["entities"] if e["type"] == "bold")
    return str(message["text"].encode("utf-16-le")[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le"))


def test_the_operator_reads_that_it_works(hypnic: Server, telegram: Double, ann: Person) -> None:
    """One line on the terminal, and the commands are registered."""
    ann.say("hello")
    wait_for(lambda: "asking for messages as @hypnic_test_bot" in hypnic.said(), 10, "no line")
    assert 1 == hypnic.said().count("Telegram")
    assert 6 == len(telegram.commands)


def test_hello_and_a_question(ann: Person, telegram: Double) -> None:
    """/start greets and says what Telegram keeps; a question gets its answer with the sources and next steps."""
    assert "not a doctor" in texts(ann.say("/start")) and telegram.buttons(ann.chat)
    (answer,) = ann.say("why do i jerk when falling asleep")
    assert "\n\nSources: " in answer["text"] and "Checked on 20" in answer["text"]
    assert 1 <= len(telegram.buttons(ann.chat)) <= 4
    title = telegram.buttons(ann.chat)[0]
    assert ann.press(title)
    marked = next(m for m in telegram.sent(ann.chat) if m["message_id"] == answer["message_id"])
    assert f"✓ {title}" in json.dumps(marked["reply_markup"], ensure_ascii=False)


def test_the_topic_is_remembered(ann: Person, hypnic: Server) -> None:
    """The main conversation: word for word what the web page answers, with the sources of that answer."""
    web, same = hypnic.client(), 0
    for turn in MAIN["talk"]:
        (there,) = web.say(turn["say"])
        (here,) = ann.say(turn["say"])
        answer, _, line = here["text"].partition("\n\nSources: ")
        assert "answer" == turn["kind"] == there["custom"]["kind"] and there["text"] == answer
        assert all(source["title"] in line for source in there["custom"]["sources"])
        same += turn.get("answer_id", there["custom"]["answer_id"]) == there["custom"]["answer_id"]
    assert 4 == same == len(MAIN["talk"])


def test_a_topic_without_the_word_for_it(ann: Person) -> None:
    """A question that names nothing is about what was asked before."""
    ann.say("what is restless legs")
    assert "iron" in texts(ann.say("which tests are done")).lower()


def test_an_emergency(ann: Person, telegram: Double) -> None:
    """The number comes first and bold; the mode holds until it is over."""
    (message,) = ann.say("my husband is shaking all over and does not answer me")
    assert re.match(r"Call \d{3}", message["text"]) and re.search(r"\d{3}", bold(message))
    assert {"Help is called", "It is over or was seen", "It is not an emergency"} <= set(telegram.buttons(ann.chat))
    assert "112" in texts(ann.say("what are tics"))
    assert "112" in texts(ann.press("It is over or was seen"))
    assert "Sources" in texts(ann.say("what are tics"))


def test_the_whole_check_and_the_page_for_the_doctor(ann: Person, telegram: Double) -> None:
    """Every question with its progress, the result with its level first, the page as a PDF."""
    for turn in CHECK["talk"][:-1]:
        replies = ann.press(turn["press"]) if "press" in turn else ann.say(turn["say"])
        if turn["kind"] == "question" and turn is not CHECK["talk"][0]:
            assert re.search(r"Question \d of at most \d", texts(replies)), texts(replies)
    result = replies[-1]
    assert result["text"].startswith(bold(result)) and "• " in result["text"]
    page = ann.press("Page for the doctor")[-1]
    assert ("application/pdf", "page-for-the-doctor.pdf") == (page["document"]["mime_type"], page["document"]["file_name"])
    assert page["caption"]
    assert telegram.called("sendDocument")[-1].data["document"]["content"].startswith(b"%PDF-")


def test_a_correction_in_the_check(ann: Person, telegram: Double) -> None:
    """A message that is edited is answered anew, and the question that waits is the same."""
    ann.say("/check")
    ann.press("Yes, ask me")
    ann.press("None of these")
    number = telegram.say(ann.chat, "it is all fine with me")
    first = texts(ann.hear())
    telegram.edit(ann.chat, number, "none of these")
    corrected = texts(ann.hear())
    assert "I take back" in corrected and "Question 3" in corrected, (first, corrected)


def test_a_copy_of_the_talk(ann: Person, telegram: Double) -> None:
    """As a file that holds the words of both sides."""
    ann.say("why do i jerk, exportcanary")
    assert "conversation.json" in json.dumps(ann.say("export my data")[-1]["document"])
    copy = json.loads(telegram.called("sendDocument", ann.chat)[-1].data["document"]["content"])
    assert f"telegram-{ann.chat}" == copy["sender"] and "exportcanary" in json.dumps(copy)


def stored(hypnic: Server) -> bytes:
    return b"".join(path.read_bytes() for path in hypnic.var.glob("*.db*"))


@pytest.mark.parametrize("words", ["/delete", "delete my data please"])
def test_deletion(words: str, ann: Person, hypnic: Server) -> None:
    """Nothing of the talk is left in any file of the databases."""
    ann.say("why do i jerk, wholecanary")
    assert b"wholecanary" in stored(hypnic)
    assert "Telegram still has its own copy" in texts(ann.say(words))
    assert b"wholecanary" not in stored(hypnic)
    with sqlite3.connect(f"file:{hypnic.var / 'conversations.db'}?mode=ro", uri=True) as db:
        assert [(0,)] == db.execute("select count(*) from events where sender_id = ?", (f"telegram-{ann.chat}",)).fetchall()


def test_media_and_groups(ann: Person, telegram: Double) -> None:
    """A voice message gets the sentence about it; a group is left."""
    telegram.send(ann.chat, voice={"file_id": "x", "duration": 2})
    assert "only read text" in texts(ann.hear())
    telegram.group(-1009)
    wait_until(lambda: telegram.left(-1009))


def test_no_words_in_the_logs(hypnic: Server, ann: Person) -> None:
    """Neither words nor token nor name of a person."""
    ann.say("whylogcanary do i jerk")
    written = hypnic.said() + "".join(path.read_text(errors="replace") for path in hypnic.var.glob("*.log"))
    assert written
    for hidden in ("logcanary", TOKEN.partition(":")[2], "anncanary"):
        assert hidden not in written.lower() and hidden not in written


def test_a_killed_server_loses_and_doubles_nothing(hypnic: Server, telegram: Double) -> None:
    """kill -9 in the middle of forty messages: each is answered once after the restart."""
    people = [Person(telegram) for _ in range(10)]
    asked = ["what is a hypnic jerk", "is that dangerous", "what are tics", "thanks"]
    for text in asked:
        for person in people:
            telegram.say(person.chat, text)
    wait_until(lambda: sum(len(telegram.sent(person.chat)) for person in people) >= 8, PATIENCE, "nothing is answered")
    os.kill(hypnic.child("bot.server"), signal.SIGKILL)
    wait_until(lambda: all(len(telegram.sent(p.chat)) >= len(asked) for p in people), PATIENCE, lambda: str([len(telegram.sent(p.chat)) for p in people]))  # type: ignore[arg-type]
    time.sleep(1)
    # In each chat the one reply that was under way at the moment of the kill may come twice; Telegram has no way to ask
    # whether it came. How many chats have one under way depends on how busy the machine is.
    counts = [len(telegram.sent(person.chat)) for person in people]
    heard = "\n--\n".join(" | ".join(text[:60] for text in telegram.texts(person.chat)) for person in people)
    assert set(counts) <= {len(asked), len(asked) + 1}, heard
    assert all(len(asked) == len(set(telegram.texts(person.chat))) for person in people), heard
    for person in people:
        with sqlite3.connect(f"file:{hypnic.var / 'conversations.db'}?mode=ro", uri=True) as db:
            query = "select data from events where sender_id = ? and type_name = 'user' order by id"
            said = [json.loads(data)["text"] for (data,) in db.execute(query, (f"telegram-{person.chat}",))]
        assert asked == said


def test_many_people_at_once(hypnic: Server, telegram: Double, capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred messages of twenty people through the real servers: all answered, in order, once."""
    people = [Person(telegram) for _ in range(20)]
    asked = ["hello", "what is a hypnic jerk", "is that dangerous", "what are tics", "thanks"]
    begun = time.monotonic()
    for text in asked:
        for person in people:
            telegram.say(person.chat, text)
    wait_until(lambda: all(len(telegram.sent(p.chat)) >= len(asked) for p in people), PATIENCE, "messages are missing")
    seconds = time.monotonic() - begun
    time.sleep(0.5)
    for person in people:
        sent = telegram.sent(person.chat)
        assert len(asked) == len(sent)
        assert "hypnic" in sent[1]["text"].lower() or "jerk" in sent[1]["text"].lower()
    with capsys.disabled():
        print(f"\nreal servers: {len(people) * len(asked)} messages of {len(people)} people, {len(people) * len(asked) / seconds:.0f} messages/s")


def test_the_web_goes_on_without_telegram(hypnic: Server, telegram: Double) -> None:
    """Telegram is away: the web answers; Telegram is back: so does the bot. The operator reads both."""
    telegram.down()
    wait_for(lambda: "cannot be reached" in hypnic.said(), 15, "no line")
    assert "chat" == hypnic.client().say("hello")[0]["custom"]["kind"]
    telegram.start()
    ann = Person(telegram)
    telegram.say(ann.chat, "hello")
    assert ann.hear(PATIENCE)


def test_the_webhook_through_the_real_server(called: tuple[Double, Callable[[], bool]]) -> None:
    """What waited is delivered; small talk is answered; without actions a question gets the apology, danger its number."""
    double, alive = called
    ann = Person(double)
    double.say(ann.chat, "hello")
    wait_until(lambda: double.webhook.url, PATIENCE, "no webhook")
    assert "not a doctor" in texts(ann.hear(PATIENCE)) and alive()
    with ThreadPoolExecutor(2) as two:
        failed = two.submit(Person(double).say, "why do i jerk when falling asleep")
        danger = two.submit(Person(double).say, "my husband is shaking all over and does not answer me")
        assert "112" in texts(failed.result()) and texts(danger.result()).startswith("Call 112")
    assert {200} >= {status for _, status in double.deliveries if status not in (0, 404, 503)}
