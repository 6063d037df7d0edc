"""People who write to a bot, each waiting for the answer before sending the next message; by Locust, in a process of its own.

Every person holds one conversation after the other, five messages each, at an address of their own. After the warm-up, what is
answered within the given seconds is counted, and printed as JSON: `times` of good answers in ms, `empty` of them without a
message, and `failed` with the reason and how often (refused, timed out, or the apology of Hypnic).

Usage: python -m benchmarks.people URL PEOPLE WARM_UP_SECONDS SECONDS SEED
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json
import logging
import sys
import time
from collections import Counter
from typing import Any

import gevent
from locust import constant, task
from locust.contrib.fasthttp import FastHttpUser
from locust.env import Environment

from benchmarks.talk import PER_TALK, body, messages, new_sender

PATIENCE = 60.0  # seconds that a person waits for an answer


class Person(FastHttpUser):
    """Somebody who writes, waits, and writes on."""

    wait_time = constant(0)
    network_timeout = connection_timeout = PATIENCE
    path = ""
    seed = ""
    number = 0

    def on_start(self) -> None:
        """Take a number, which tells the texts and the address."""
        Person.number += 1
        self.address = f"10.{Person.number // 62500 + 1}.{Person.number // 250 % 250}.{Person.number % 250 + 1}"
        self.texts = messages(f"{self.seed}-{Person.number}")
        self.written = 0

    @task
    def write(self) -> None:
        """One message and its answer."""
        if self.written % PER_TALK == 0:
            self.sender = new_sender()
        self.written += 1
        sent = body(self.path, self.sender, next(self.texts))
        headers = {"X-Forwarded-For": self.address}
        with self.client.post(self.path, json=sent, headers=headers, catch_response=True, context={}) as answer:
            verdict = judged(answer.status_code, answer.content)
            answer.request_meta["context"]["verdict"] = verdict
            if verdict not in ("", "empty"):
                answer.failure(verdict)
                gevent.sleep(0.05)  # who is refused does not ask again in the same moment


def judged(status: int, content: bytes | None) -> str:
    """"" for an answer, "empty" for one without a message, else what is wrong: a status (0 is no connection), or "failure"."""
    if status != 200:
        return f"status {status}"
    try:
        replies = json.loads(content or b"")
    except ValueError:
        return "not JSON"
    if any((message.get("custom") or {}).get("kind") == "failure" for message in replies):
        return "failure"
    return "" if replies else "empty"


def crowd(base: str, path: str, people: int, warm_up: float, seconds: float, seed: str) -> dict[str, Any]:
    """What so many people got within these seconds after the warm-up."""
    Person.path, Person.seed, Person.host, Person.number = path, seed, base, 0
    environment = Environment(user_classes=[Person])
    logging.getLogger("locust").setLevel(logging.ERROR)  # it warns of many people who come at once, which is wanted
    runner = environment.create_local_runner()
    got: list[tuple[float, float, str]] = []

    def heard(response_time: float, context: dict[str, str], exception: object, **_: object) -> None:
        verdict = context.get("verdict", type(exception).__name__)
        got.append((time.monotonic(), response_time, verdict))

    environment.events.request.add_listener(heard)
    runner.start(people, spawn_rate=people)
    gevent.sleep(warm_up)
    begun = time.monotonic()
    gevent.sleep(seconds)
    ended = time.monotonic()
    runner.quit()
    counted = [(took, verdict) for moment, took, verdict in got if begun <= moment <= ended]
    return {
        "people": people,
        "seconds": ended - begun,
        "times": [took for took, verdict in counted if verdict in ("", "empty")],
        "empty": sum(verdict == "empty" for _, verdict in counted),
        "failed": dict(Counter(verdict for _, verdict in counted if verdict not in ("", "empty"))),
    }


def main(arguments: list[str]) -> int:
    """Command line."""
    url, people, warm_up, seconds, seed = arguments
    base, slash, path = url.partition("/webhooks")
    print(json.dumps(crowd(base, slash + path, int(people), float(warm_up), float(seconds), seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
