"""Several processes, one conversation store: nothing lost, nothing twice, whatever is restarted."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from hypnic.reply import talk
from tests.conftest import wait_for
from tests.faults.broken import DANGER, QUESTION, kinds, measured
from tests.scale.engines import pause
from tests.scale.fleet import Fleet, Person, load, told

WHAT = "what is a hypnic jerk"


def test_a_conversation_stays_with_its_server(fleet: Fleet) -> None:
    """By the header and by the address of its files; different conversations are spread. No name of one is logged."""
    people = [Person(fleet.nginx.port) for _ in range(12)]
    for person in people:
        for text in ("hello", "thanks"):
            person.say(text)
        assert 200 == person.get(f"conversation/{person.sender}").status
    assert 404 == people[0].request("GET", "/webhooks/rest/").status
    lines = [line.split() for line in fleet.nginx.access().splitlines() if " 200 " in line and ("webhook " in line or "/... " in line)]
    assert 36 == len(lines)
    used = [[line[-1] for line in lines[3 * number : 3 * number + 3]] for number in range(12)]
    assert all(1 == len(set(servers)) for servers in used)
    assert 2 == len({servers[0] for servers in used})
    assert not any(person.sender in fleet.nginx.access() for person in people)


def test_five_messages_at_once(fleet: Fleet) -> None:
    """Of one conversation, half of them to the wrong server: each is answered or refused, what was answered is stored once."""
    answered = refused = 0
    for _ in range(4):
        sender = Person(fleet.nginx.port).sender
        doors = [Person(part.port, sender) for part in fleet.chats]
        texts = [f"hello {number}" for number in range(5)]
        with ThreadPoolExecutor(5) as hands:
            posts = [hands.submit(doors[n % 2].post, {"sender": sender, "message": text}) for n, text in enumerate(texts)]
        good = []
        for text, post in zip(texts, posts):
            answer = post.result()
            assert answer.status in (200, 429)
            if answer.status == 200 and kinds(answer.json) != ["failure"]:
                good.append(text)
        assert sorted(good) == sorted(fleet.typed(sender))
        answered, refused = answered + len(good), refused + 5 - len(good)
    assert answered >= 16
    measured("five at once, two processes", "answered and stored", answered, f"of {answered + refused}")


def test_a_repeat_at_another_server(fleet: Fleet) -> None:
    """The same message at both servers in the same moment, and once more later: one turn, one reply."""
    sender = Person(fleet.nginx.port).sender
    doors = [Person(part.port, sender) for part in fleet.chats]
    with ThreadPoolExecutor(2) as hands:
        first, second = hands.map(lambda door: door.say(WHAT, id="m1"), doors)
    assert first == second == doors[0].say(WHAT, id="m1") == doors[1].say(WHAT, id="m1")
    assert "sleep_start" == first[0]["custom"]["topic"]
    assert [WHAT] == fleet.typed(sender)


def test_a_dead_action_server(fleet: Fleet) -> None:
    """The other one answers; nobody notices."""
    dead = fleet.actions[0]
    with load(fleet) as writers:
        pause(2)
        dead.stop(signal.SIGKILL)
        pause(4)
    assert not told(writers)
    measured("one of two action servers killed", "slowest turn", max(writer.slowest for writer in writers))
    dead.start().ready()


def test_a_restart_of_postgresql(fleet: Fleet) -> None:
    """Nobody notices more than a slow answer."""
    with load(fleet) as writers:
        pause(2)
        fleet.postgres.stop("fast")
        fleet.postgres.start()
        pause(4)
    measured("PostgreSQL restarted", "slowest turn", max(writer.slowest for writer in writers))
    assert not told(writers)


def test_an_outage_of_postgresql(fleet: Fleet) -> None:
    """Everybody is told, danger has its words at once, and what people send again is stored once."""
    with load(fleet) as writers:
        pause(1)
        fleet.postgres.stop("immediate")
        try:
            pause(4)
            begun = time.monotonic()
            urgent = Person(fleet.nginx.port).say(DANGER)
            measured("PostgreSQL away", "emergency words after", time.monotonic() - begun)
            assert ["danger", "failure"] == kinds(urgent)
            assert time.monotonic() - begun < 4
            calm = Person(fleet.nginx.port).say(QUESTION)
            assert ["failure"] == kinds(calm)
            assert calm[0]["text"].startswith(talk().say("not_kept"))
            assert 503 == Person(fleet.chats[0].port).get("health").status
        finally:
            fleet.postgres.start()
        begun = time.monotonic()
        wait_for(lambda: kinds(Person(fleet.nginx.port).say(QUESTION)) == ["answer"], 20, "no answer after the outage")
        measured("PostgreSQL away", "first answer after its return", time.monotonic() - begun)
        pause(2)
    assert told(writers)


def test_postgresql_that_says_nothing(fleet: Fleet) -> None:
    """Its connections are open but stuck: the chat servers stay awake, danger has its words in time."""
    import psycopg2

    lock = psycopg2.connect(fleet.postgres.url)
    try:
        with lock.cursor() as cursor:
            cursor.execute("lock table events in access exclusive mode")
            begun = time.monotonic()
            assert "danger" == kinds(Person(fleet.nginx.port).say(DANGER))[0]
            assert time.monotonic() - begun < 5
            assert ["failure"] == kinds(Person(fleet.nginx.port).say(QUESTION))
    finally:
        lock.close()
    wait_for(lambda: kinds(Person(fleet.nginx.port).say(QUESTION)) == ["answer"], 20, "no answer afterwards")


def test_a_rolling_update(fleet: Fleet) -> None:
    """One chat server after the other ends and starts anew while people write: each message is answered and stored once."""
    with load(fleet) as writers:
        for chat in fleet.chats:
            begun = time.monotonic()
            chat.stop()
            chat.start().ready()
            measured("rolling update", "one server back after", time.monotonic() - begun)
            pause(4)  # nginx sends people there again after fail_timeout
    measured("rolling update", "slowest turn", max(writer.slowest for writer in writers))
    measured("rolling update", "failures told", told(writers).total(), str(dict(told(writers))))
    measured("rolling update", "messages", sum(len(writer.sent) for writer in writers), "")


def test_a_killed_chat_server(fleet: Fleet) -> None:
    """Its people are served by the other one, with their conversations; nothing is lost or doubled."""
    killed = fleet.chats[0]
    try:
        with load(fleet) as writers:
            pause(2)
            killed.stop(signal.SIGKILL)
            pause(5)
    finally:
        killed.start().ready()
    measured("one of two chat servers killed", "slowest turn", max(writer.slowest for writer in writers))
    measured("one of two chat servers killed", "failures told", told(writers).total(), str(dict(told(writers))))


def test_no_words_of_people_in_the_logs(fleet: Fleet) -> None:
    """Of no server, also not those of the outages."""
    written = fleet.log() + fleet.nginx.access() + (fleet.nginx.folder / "error.log").read_text()
    assert "hypnic jerk" not in written and "shaking all over" not in written
    assert threading.active_count() < 50
