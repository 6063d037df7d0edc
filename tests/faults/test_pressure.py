"""Too much at once: huge bodies, clients that never finish, two hundred people, and thousands of messages."""

from __future__ import annotations

import contextlib
import json
import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conftest import Client, wait_for
from tests.faults.broken import DANGER, QUESTION, SOAK, Own, kinds, measured, typed

PEOPLE = 200
APART = 0.08 if SOAK else 0.05  # seconds between two of them
MESSAGES = 10_000 if SOAK else 100
LORISES = 200
TALK = (QUESTION, "is that dangerous", "does coffee make it worse", "thanks", "what is restless legs")


def rss(pid: int) -> float:
    """Resident megabytes of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def test_bodies_of_a_megabyte(own: Own) -> None:
    """Refused at once by size, malformed or not, while others are served."""
    person, slowest = own.client(), 0.0
    for body in (b"x" * 1_000_000, json.dumps({"sender": person.sender, "message": "x" * 1_000_000}).encode(), b"[" * 1_000_000):
        begun = time.monotonic()
        with contextlib.suppress(ConnectionError):  # the server hangs up before everything is sent
            assert 413 == person.raw(body).status
        slowest = max(slowest, time.monotonic() - begun)
    assert slowest < 2
    measured("body of 1 MB", "refused after", slowest)
    assert "answer" == kinds(person.say(QUESTION))[0]


@contextlib.contextmanager
def lorises(port: int) -> Iterator[list[socket.socket]]:
    """Clients that begin a request and never finish it."""
    head = b"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n"
    with contextlib.ExitStack() as stack:
        found = []
        for number in range(LORISES):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            one.sendall(head if number % 2 else head + b"\r\n{")  # half of them hang in the head, half in the body
            found.append(one)
        yield found


def test_slow_lorises(own: Own) -> None:
    """Two hundred hanging clients take nothing away from others. Those that hang in the head are hung up on; of those that hang
    in the body only a proxy frees the server (nginx after ten seconds)."""
    with lorises(own.port) as hanging:
        begun = time.monotonic()
        assert "answer" == kinds(own.client().say(QUESTION))[0]
        assert "danger" == kinds(own.client().say(DANGER))[0]
        measured("slow loris", "two turns of others", time.monotonic() - begun)
        assert time.monotonic() - begun < 5
        if SOAK:
            for one in hanging[1::2]:
                while one.recv(1000):
                    pass
            measured("slow loris", "those in the head hung up on after", time.monotonic() - begun)


def test_two_hundred_people(own: Own) -> None:
    """Each is answered or told, nobody twice, and whatever was answered is stored once. Emergencies are never turned away."""

    def person(number: int) -> tuple[Client, str, float]:
        time.sleep(number * APART)
        one, text = own.client(), DANGER if number % 20 == 0 else QUESTION
        begun = time.monotonic()
        return one, kinds(one.say(text, id="m1"))[0], time.monotonic() - begun

    with ThreadPoolExecutor(PEOPLE) as people:
        results = list(people.map(person, range(PEOPLE)))
    times = sorted(waited for *_, waited in results)
    assert {"danger"} == {got for number, (_, got, _) in enumerate(results) if number % 20 == 0}
    served = [(one, got) for number, (one, got, _) in enumerate(results) if number % 20]
    assert {"answer", "failure"} >= {got for _, got in served}
    answered = [one for one, got in served if got == "answer"]
    measured(f"200 people in {PEOPLE * APART:.0f} s", "answered", 100 * len(answered) / len(served), "%")
    measured(f"200 people in {PEOPLE * APART:.0f} s", "p50", statistics.median(times))
    measured(f"200 people in {PEOPLE * APART:.0f} s", "p99", times[int(0.99 * PEOPLE)])
    assert len(answered) > PEOPLE * 0.5
    assert [[QUESTION]] * len(answered) == [typed(own.var, one.sender) for one in answered]


def test_thousands_of_messages(own: Own) -> None:
    """Every message is answered and stored once; the memory of the servers does not grow with them."""
    pids = {module: own.child(module) for module in ("bot.server", "bot.action_server")}
    one, count, memory = own.client(), 0, []
    begun = time.monotonic()
    for number in range(MESSAGES):
        if number % 5 == 0:
            if number:
                assert list(TALK) == typed(own.var, one.sender)
            one = own.client()
        assert kinds(one.say(TALK[number % 5], id=str(number)))[0] in ("answer", "chat")
        count += 1
        if count % max(1, MESSAGES // 10) == 0:
            memory.append(sum(rss(pid) for pid in pids.values()))
    measured("soak", "messages", count, "")
    measured("soak", "messages a second", count / (time.monotonic() - begun), "1/s")
    for number, value in enumerate(memory, 1):
        measured("soak", f"memory after {number * MESSAGES // 10}", value, "MB")
    assert memory[-1] < memory[1] * 1.05 + 10
    wait_for(lambda: 200 == own.client().get("health").status, 10, "not healthy after the soak")
