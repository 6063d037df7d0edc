"""The servers of the scale tests, and people who write to them for a while and repeat what was not answered."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

from tests.conftest import Client
from tests.scale.engines import Nginx, Part, Postgres

PEOPLE = 6
PAUSE = 0.3
TEXTS = ("hello", "what is a hypnic jerk", "is that dangerous", "thanks")


@dataclass
class Fleet:
    """Everything that runs."""

    postgres: Postgres
    nginx: Nginx
    chats: list[Part]
    actions: list[Part]
    folder: Path

    def rows(self, sender: str, kind: str) -> list[dict[str, Any]]:
        """The stored events of one kind of a conversation, in order."""
        connection = psycopg2.connect(self.postgres.url)
        try:
            with connection.cursor() as cursor:
                cursor.execute("select data from events where sender_id = %s and type_name = %s order by id", (sender, kind))
                return [json.loads(data) for (data,) in cursor.fetchall()]
        finally:
            connection.close()

    def typed(self, sender: str) -> list[str]:
        """The typed messages that are stored of a conversation."""
        return [event["text"] for event in self.rows(sender, "user") if event["text"]]

    def log(self) -> str:
        """What the servers of Hypnic logged."""
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))


class Person(Client):
    """Somebody who names the conversation in the header, as the widget does."""

    def raw(self, body: bytes, headers: dict[str, str] | None = None) -> Any:
        return super().raw(body, {"Content-Type": "application/json", "X-Conversation": self.sender})


@dataclass
class Writer:
    """A person who writes one message after the other, and repeats each with its id until it is answered."""

    port: int
    person: Person = field(init=False)
    sent: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)  # failures, in words or by a status
    slowest: float = 0.0

    def __post_init__(self) -> None:
        self.person = Person(self.port)

    def write(self, until: threading.Event) -> None:
        """Until it is enough; the last message is answered too."""
        while not until.is_set():
            text = f"{TEXTS[len(self.sent) % len(TEXTS)]}"
            begun = time.monotonic()
            while why := self._refused(text, f"m{len(self.sent)}"):
                self.told[why] += 1
                assert time.monotonic() - begun < 60, f"no answer to {text}"
                time.sleep(0.3)
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self.sent.append(text)
            time.sleep(PAUSE)

    def _refused(self, text: str, message_id: str) -> str:
        """Why the message was not answered; "" when it was."""
        try:
            answer = self.person.post({"sender": self.person.sender, "message": text, "id": message_id})
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        assert answer.status in (200, 429, 502, 504), answer
        if answer.status != 200:
            return str(answer.status)
        return "failure" if any(message["custom"]["kind"] == "failure" for message in answer.json) else ""


def told(writers: list[Writer]) -> Counter[str]:
    """All failures of all people."""
    return sum((writer.told for writer in writers), Counter())


@contextmanager
def load(fleet: Fleet, people: int = PEOPLE) -> Iterator[list[Writer]]:
    """People who write while the block runs. At the end each message of each is stored once, in order, with its reply."""
    writers, enough = [Writer(fleet.nginx.port) for _ in range(people)], threading.Event()
    failed: list[BaseException] = []

    def write(writer: Writer) -> None:
        try:
            writer.write(enough)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    assert [] == failed
    for writer in writers:
        assert writer.sent == fleet.typed(writer.person.sender)
        assert [f"m{number}" for number in range(len(writer.sent))] == [
            event["message_id"] for event in fleet.rows(writer.person.sender, "user") if event["text"]
        ]
        assert len(fleet.rows(writer.person.sender, "bot")) >= len(writer.sent)
    assert sum(len(writer.sent) for writer in writers) > people
