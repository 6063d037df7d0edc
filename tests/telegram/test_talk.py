"""What people do in Telegram, and what they get: one test for each thing that can happen."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

import pytest
from double import Double
from rig import CHAT, wait_until

from bot.channels.telegram_desk import AT_ONCE
from hypnic.reply import talk
from hypnic.yamlfile import ROOT, YamlFile

if TYPE_CHECKING:
    from rig import Rig

ANN, BOB = 4201, 4202
TEXTS: dict[str, Any] = YamlFile(ROOT / "data" / "telegram.yml", "telegram").data
DANGER = "my husband is shaking all over and does not answer me"
MENU = {"text": "Which one?", "buttons": [{"title": "Yes", "payload": "/ask_why"}, {"title": "No", "payload": "/ask_tests"}], "custom": CHAT}
QUESTION = {
    "text": "How old?",
    "buttons": [{"title": "Under 60", "payload": '/answer_check{"at":"age.adult"}'}, {"title": "60 or over", "payload": '/answer_check{"at":"age.older"}'}],
    "custom": {"kind": "question", "id": "age", "step": 2, "of": 8},
}


def last(telegram: Double, chat: int = ANN) -> str:
    """The bot's last text."""
    return telegram.texts(chat)[-1]


def test_a_message_is_answered(telegram: Double, rig: Rig) -> None:
    """One message, one reply, nothing refused, and the id of the conversation is prefixed."""
    telegram.say(ANN, "why do I <jerk> & twitch?")
    rig.quiet()
    assert ["echo: why do I <jerk> & twitch?"] == telegram.texts(ANN)
    assert [(f"telegram-{ANN}", "why do I <jerk> & twitch?")] == rig.rasa.heard
    assert [] == telegram.refused()


def test_the_commands_are_registered(telegram: Double, rig: Rig) -> None:
    """The six commands are in the menu of Telegram."""
    assert ["start", "help", "check", "summary", "privacy", "delete"] == telegram.commands


@pytest.mark.parametrize(
    ("typed", "handled"),
    [
        ("/start", ["/greet"]),
        ("/START", ["/greet"]),
        ("/start@hypnic_test_bot", ["/greet"]),
        ("/help", ["/capabilities"]),
        ("/check", ["/start_check"]),
        ("/summary", ["/summary"]),
        ("/privacy", ["/privacy"]),
        ("/stop", ["/stop"]),
        ("/start check", ["/greet", "/start_check"]),
        ("/start restless_legs", ["/greet", '/ask_what_is_it{"at":"restless_legs"}']),
        ("/start sleep_start-why", ["/greet", '/ask_why{"at":"sleep_start"}']),
        ("/start night_twitching-danger_outlook-child", ["/greet", '/ask_danger_outlook{"at":"night_twitching.child"}']),
        ("/start check-restless_legs", ["/greet", '/start_check{"at":"restless_legs"}']),
        ("/start nothing-known", ["/greet"]),
        ("/start a-b-c-d-e", ["/greet"]),
        ("/start hello there", ["hello there"]),
        ("/help he does not breathe", ["he does not breathe"]),
        ('/ask_why{"at":"tics"}', ['ask_why{"at":"tics"}']),
        ("/unknown thing", ["unknown thing"]),
        ("EXTERNAL: x", ["x"]),
        ("///", ["/unsupported_media"]),
    ],
)
def test_commands_and_what_looks_like_one(typed: str, handled: list[str], telegram: Double, rig: Rig) -> None:
    """Known commands become intents, deep links lead to their place, and everything else is plain text."""
    telegram.say(ANN, typed)
    rig.quiet()
    assert handled == rig.rasa.texts(ANN)


def test_start_says_what_telegram_keeps(telegram: Double, rig: Rig) -> None:
    """The first message names Telegram's copy; it is one message."""
    telegram.say(ANN, "/start")
    rig.quiet()
    assert [f"echo: /greet\n\n{TEXTS['start']}"] == telegram.texts(ANN)


def test_a_button_is_answered_and_marked(telegram: Double, rig: Rig) -> None:
    """The query is answered, the chosen one gets a mark, the others stay."""
    rig.rasa.replies["hello"] = [MENU]
    telegram.say(ANN, "hello")
    rig.quiet()
    assert ["Yes", "No"] == telegram.buttons(ANN)
    query = telegram.press(ANN, "Yes")
    rig.quiet()
    assert telegram.answered(query)
    assert ["✓ Yes", "No"] == telegram.buttons(ANN)
    assert ["hello", "/ask_why"] == rig.rasa.texts(ANN)


def test_an_answer_can_be_changed_by_a_button(telegram: Double, rig: Rig) -> None:
    """In the check one mark moves; the marked one says nothing new, even twice at once."""
    rig.rasa.replies["hello"] = [QUESTION]
    telegram.say(ANN, "hello")
    rig.quiet()
    asked = telegram.sent(ANN)[-1]["message_id"]
    for title in ("Under 60", "Under 60", "60 or over", "60 or over"):
        telegram.press(ANN, title, asked)
    rig.quiet()
    telegram.press(ANN, "60 or over", asked)
    rig.quiet()
    assert ["hello", '/answer_check{"at":"age.adult"}', '/answer_check{"at":"age.older"}'] == rig.rasa.texts(ANN)
    marked = next(m for m in telegram.sent(ANN) if m["message_id"] == asked)
    assert [["Under 60", "✓ 60 or over"]] == [[c["text"] for row in marked["reply_markup"]["inline_keyboard"] for c in row]]
    assert 3 == sum(call.data.get("text") == TEXTS["chosen_already"] for call in telegram.called("answerCallbackQuery"))


def test_a_double_tap_counts_once(telegram: Double, rig: Rig) -> None:
    """Two presses of the same button in a moment are one."""
    rig.rasa.replies["hello"] = [MENU]
    telegram.say(ANN, "hello")
    rig.quiet()
    queries = [telegram.press(ANN, "Yes") for _ in range(2)]
    rig.quiet()
    assert ["hello", "/ask_why"] == rig.rasa.texts(ANN)
    assert all(telegram.answered(query) for query in queries)


def test_a_button_that_was_not_offered(telegram: Double, rig: Rig) -> None:
    """It is answered kindly and steers nothing."""
    query = telegram.forge(ANN, "/ask_why")
    rig.quiet()
    assert telegram.answered(query)
    assert [talk().say("expired")] == telegram.texts(ANN)
    assert [] == rig.rasa.heard


def test_a_button_of_an_erased_talk(telegram: Double, rig: Rig) -> None:
    """After deletion old buttons lead nowhere and go away."""
    rig.rasa.replies.update({"hello": [MENU], "/delete": [{"text": "x", "custom": {"kind": "chat", "act": "delete"}}]})
    telegram.say(ANN, "hello")
    rig.quiet()
    telegram.say(ANN, "/delete")
    rig.quiet()
    telegram.press(ANN, "Yes")
    rig.quiet()
    assert talk().say("expired") == last(telegram)
    assert [] == telegram.buttons(ANN)


def test_a_query_that_is_too_old(telegram: Double, rig: Rig) -> None:
    """The spinner is lost, the answer is not."""
    rig.rasa.replies["hello"] = [MENU]
    telegram.say(ANN, "hello")
    rig.quiet()
    telegram.query_seconds = 0
    telegram.press(ANN, "No")
    rig.quiet()
    assert "echo: /ask_tests" == last(telegram)


@pytest.mark.parametrize(
    "content",
    [
        {"voice": {"file_id": "v", "duration": 3}},
        {"photo": [{"file_id": "p"}]},
        {"sticker": {"file_id": "s", "emoji": "😴"}},
        {"document": {"file_id": "d"}},
        {"video_note": {"file_id": "n"}},
        {"contact": {"phone_number": "1", "first_name": "x"}},
        {"dice": {"emoji": "🎲", "value": 3}},
    ],
    ids=lambda content: next(iter(content)),
)
def test_what_is_no_text(content: dict[str, Any], telegram: Double, rig: Rig) -> None:
    """Whatever is sent instead of words gets the sentence about it."""
    telegram.send(ANN, **content)
    rig.quiet()
    assert ["/unsupported_media"] == rig.rasa.texts(ANN)
    assert 1 == len(telegram.texts(ANN))


def test_a_place_gets_the_emergency_number(telegram: Double, rig: Rig) -> None:
    """Who sends where they are may hope for an ambulance."""
    telegram.send(ANN, location={"latitude": 1, "longitude": 2})
    rig.quiet()
    assert "112" in last(telegram) and "cannot send help" in last(telegram)
    assert [] == rig.rasa.heard


def test_an_album_is_answered_once(telegram: Double, rig: Rig) -> None:
    """Ten pictures at once get one reply."""
    for _ in range(10):
        telegram.send(ANN, photo=[{"file_id": "p"}], media_group_id="77")
    rig.quiet()
    assert 1 == len(telegram.texts(ANN))


def test_words_beside_a_picture_are_read(telegram: Double, rig: Rig) -> None:
    """The caption is the message, and danger in it counts."""
    telegram.send(ANN, video={"file_id": "v"}, caption="why do my legs twitch")
    telegram.send(BOB, photo=[{"file_id": "p"}], caption=DANGER)
    rig.quiet()
    assert [f"{TEXTS['beside']}\n\necho: why do my legs twitch"] == telegram.texts(ANN)
    assert telegram.texts(BOB)[0].startswith("Call 112")


@pytest.mark.parametrize("content", [{"pinned_message": {}}, {"new_chat_title": "x"}, {"message_auto_delete_timer_changed": {}}])
def test_notes_of_telegram_itself_are_passed_over(content: dict[str, Any], telegram: Double, rig: Rig) -> None:
    """Nobody waits for an answer to these."""
    telegram.send(ANN, **content)
    rig.quiet()
    assert [] == telegram.texts(ANN) == rig.rasa.heard


@pytest.mark.parametrize(
    "update",
    [
        {"channel_post": {"message_id": 1, "chat": {"id": -1, "type": "channel"}, "text": "hi"}},
        {"message_reaction": {"chat": {"id": ANN, "type": "private"}, "message_id": 1}},
        {"inline_query": {"id": "1", "from": {"id": 1}, "query": "x", "offset": ""}},
        {"something_of_next_year": {"a": [1]}},
        {"message": {"chat": "broken"}},
        {"message": {}},
        {"message": None},
        {"callback_query": {"id": "1"}},
        {"edited_message": {"message_id": 1, "chat": {"id": ANN, "type": "private"}}},
        {"my_chat_member": {"chat": {"id": ANN, "type": "private"}, "new_chat_member": {"status": "kicked"}}},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": ANN, "type": "private"}, "from": {"id": 5, "is_bot": True}, "text": "hi"}},
    ],
)
def test_updates_that_need_nothing(update: dict[str, Any], telegram: Double, rig: Rig) -> None:
    """Unknown and malformed updates are taken, passed over, and hold nothing up."""
    telegram.webhook.allowed = None
    telegram.update(update)
    telegram.say(BOB, "hello")
    rig.quiet()
    assert ["echo: hello"] == telegram.texts(BOB)
    assert [] == telegram.texts(ANN) and [] == telegram.refused()


def test_groups_are_refused_politely(telegram: Double, rig: Rig) -> None:
    """One sentence with the way to a private talk, then the bot leaves; nothing of the group is handled."""
    telegram.group(-1005)
    wait_until(lambda: telegram.left(-1005))
    assert ["https://t.me/hypnic_test_bot" in text for text in telegram.texts(-1005)] == [True]
    telegram.group(-1006, text="groupcanary why do i jerk")
    wait_until(lambda: telegram.left(-1006))
    rig.quiet()
    assert [] == rig.rasa.heard


def test_too_long(telegram: Double, rig: Rig) -> None:
    """A long story is refused with the limit, unless it tells of danger."""
    telegram.say(ANN, "why " * 300)
    telegram.say(BOB, "it has been a long week and nobody sleeps here. " * 22 + DANGER)
    rig.quiet()
    assert ["1,000" in text for text in telegram.texts(ANN)] == [True]
    assert telegram.texts(BOB)[0].startswith("Call 112")
    assert [] == rig.rasa.heard


def test_danger_has_its_number_first_and_no_preview(telegram: Double, rig: Rig) -> None:
    """Even when Rasa says something else; the first line is set bold."""

    async def broken(_: str) -> None:
        raise RuntimeError("words of a person")

    rig.rasa.before = broken
    telegram.say(ANN, DANGER)
    rig.quiet()
    (message,) = telegram.sent(ANN)
    assert message["text"].startswith("Call 112")
    assert ("bold", 0) == (message["entities"][0]["type"], message["entities"][0]["offset"])
    assert all(call.data["link_preview_options"] == {"is_disabled": True} for call in telegram.called("sendMessage"))


def test_a_failure_is_never_silence(telegram: Double, rig: Rig) -> None:
    """Rasa raises, hangs or says nothing: there is an apology with the number."""

    async def broken(_: str) -> None:
        raise RuntimeError

    rig.rasa.before = broken
    rig.rasa.replies["nothing"] = []
    telegram.say(ANN, "hello")
    rig.quiet()
    rig.rasa.before = None
    telegram.say(ANN, "nothing")
    rig.quiet()
    assert 2 == len(telegram.texts(ANN)) and all("112" in text for text in telegram.texts(ANN))


def test_only_the_language_is_kept(telegram: Double, rig: Rig) -> None:
    """Name and user name of the account reach neither Rasa nor a file."""
    telegram.say(ANN, "hello")
    rig.quiet()
    assert [{"language": "en-gb"}] == rig.rasa.metadata
    written = b"".join(path.read_bytes() for path in rig.channel.settings.var.glob("*"))
    assert b"telegram-4201" in written and b"canary" not in written.lower()


def test_nothing_is_left_in_the_inbox(telegram: Double, rig: Rig) -> None:
    """After the answer only numbers of updates are there; a sweep removes the last bytes."""
    telegram.say(ANN, "inboxcanary why do i jerk")
    rig.quiet()
    inbox = rig.channel.settings.var / "telegram.db"
    with sqlite3.connect(inbox) as db:
        assert [(None, None)] == db.execute("select distinct event, calls from updates").fetchall()
    assert rig.channel._inbox
    rig.channel._inbox.sweep()
    assert b"inboxcanary" not in b"".join(path.read_bytes() for path in inbox.parent.glob("telegram.db*"))


def test_deletion_leaves_no_byte(telegram: Double, rig: Rig) -> None:
    """/delete erases the conversation and what the inbox may still hold, and says what it cannot reach."""
    rig.rasa.replies["/delete"] = [{"text": "x", "custom": {"kind": "chat", "act": "delete"}}]
    telegram.say(ANN, "deletecanary why do i jerk")
    rig.quiet()
    files = lambda: b"".join(path.read_bytes() for path in rig.channel.settings.var.glob("*.db*"))  # noqa: E731
    assert b"deletecanary" in files()
    telegram.say(ANN, "/delete")
    rig.quiet()
    assert TEXTS["deleted"] == last(telegram)
    assert b"deletecanary" not in files()


def test_an_edit_in_time_is_one_question(telegram: Double, rig: Rig) -> None:
    """A message that is changed before its turn is handled once, with the new words."""

    async def slow(text: str) -> None:
        if text == "first":
            await _sleep(0.4)

    rig.rasa.before = slow
    telegram.say(ANN, "first")
    number = telegram.say(ANN, "why do i jrek")
    telegram.edit(ANN, number, "why do i jerk")
    rig.quiet()
    assert ["first", "why do i jerk"] == rig.rasa.texts(ANN)
    assert ["echo: first", "echo: why do i jerk"] == telegram.texts(ANN)


async def _sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


def test_an_edit_takes_the_last_message_back(telegram: Double, rig: Rig) -> None:
    """The corrected message is answered anew, visibly to it, and the old wording no longer counts in the talk."""
    telegram.say(ANN, "hello")
    number = telegram.say(ANN, "my leg twitches")
    rig.quiet()
    telegram.edit(ANN, number, "my arm twitches")
    rig.quiet()
    assert [f"{TEXTS['corrected']}\n\necho: my arm twitches"] == telegram.texts(ANN)[2:]
    assert number == telegram.sent(ANN)[-1]["replied_to"]
    tracker = _tracker(rig)
    assert ["hello", "my arm twitches"] == [e.text for e in tracker.applied_events() if e.type_name == "user"]


def _tracker(rig: Rig) -> Any:
    from rig import done

    return done(rig.rasa.store.retrieve(f"telegram-{ANN}"))


def test_an_edit_that_changes_nothing(telegram: Double, rig: Rig) -> None:
    """Telegram also tells of changes that nobody sees."""
    number = telegram.say(ANN, "my leg twitches")
    rig.quiet()
    telegram.edit(ANN, number, " my leg  twitches ")
    rig.quiet()
    assert ["echo: my leg twitches"] == telegram.texts(ANN)


def test_an_edit_of_an_earlier_message(telegram: Double, rig: Rig) -> None:
    """It is not answered twice, unless it tells of danger."""
    number = telegram.say(ANN, "my leg twitches")
    telegram.say(ANN, "is that bad")
    rig.quiet()
    telegram.edit(ANN, number, "my arm twitches")
    rig.quiet()
    assert TEXTS["edited_earlier"] == last(telegram)
    telegram.edit(ANN, number, DANGER)
    rig.quiet()
    assert any(text.startswith("Call 112") for text in telegram.texts(ANN))


def test_a_too_long_message_can_be_shortened(telegram: Double, rig: Rig) -> None:
    """The edit of a message that was not taken is taken."""
    number = telegram.say(ANN, "why " * 300)
    rig.quiet()
    telegram.edit(ANN, number, "why do i jerk")
    rig.quiet()
    assert "echo: why do i jerk" == last(telegram)


def test_typing_never_lands_after_the_answer(telegram: Double, rig: Rig) -> None:
    """A slow answer shows that it is being written, a quick one does not; and no such sign begins or ends after the answer."""

    async def slow(text: str) -> None:
        if text == "slow":
            await _sleep(0.6)

    rig.rasa.before = slow
    telegram.slow("sendChatAction", 0.5)
    telegram.say(ANN, "slow")
    telegram.say(BOB, "quick")
    rig.quiet()
    signs, answers = telegram.called("sendChatAction", ANN), telegram.called("sendMessage", ANN)
    assert signs and answers
    assert max(sign.ended for sign in signs) <= answers[0].begun
    assert [] == telegram.called("sendChatAction", BOB)


def test_chats_do_not_wait_for_each_other(telegram: Double, rig: Rig) -> None:
    """While one person's turn hangs, others are served; each chat keeps its order."""

    async def hangs(text: str) -> None:
        if text == "hang":
            await _sleep(1.5)

    rig.rasa.before = hangs
    begun = time.monotonic()
    telegram.say(ANN, "hang")
    telegram.say(ANN, "after it")
    telegram.say(BOB, "hello")
    wait_until(lambda: telegram.texts(BOB))
    assert time.monotonic() - begun < 1.2
    rig.quiet()
    assert ["echo: hang", "echo: after it"] == telegram.texts(ANN)


def test_an_emergency_waits_for_nobody(telegram: Double, rig: Rig) -> None:
    """When as many turns are under way as there may be, danger is answered before what waits."""

    async def slow(text: str) -> None:
        if text == "slow":
            await _sleep(1.2)

    rig.rasa.before = slow
    for chat in range(6001, 6001 + AT_ONCE):
        telegram.say(chat, "slow")
    wait_until(lambda: len(rig.rasa.heard) == AT_ONCE)
    telegram.say(ANN, "hello")
    telegram.say(BOB, DANGER)
    wait_until(lambda: telegram.texts(BOB))
    assert telegram.texts(BOB)[0].startswith("Call 112") and [] == telegram.texts(ANN)
    rig.quiet()
    assert ["echo: hello"] == telegram.texts(ANN)


def test_a_late_answer_says_sorry(telegram: Double, rig: Rig) -> None:
    """What waited for long is answered visibly to its message."""
    number = telegram.say(ANN, "hello", date=int(time.time()) - 3600)
    rig.quiet()
    assert [f"{TEXTS['late']}\n\necho: hello"] == telegram.texts(ANN)
    assert number == telegram.sent(ANN)[-1]["replied_to"]


def test_a_flood_of_one_chat(telegram: Double, rig: Rig) -> None:
    """Fifty may wait; then one sentence, and danger is still heard at once."""

    async def slow(_: str) -> None:
        await _sleep(0.02)

    rig.rasa.before = slow
    body = lambda n, text: {  # noqa: E731
        "update_id": 600_000 + n,
        "message": {"message_id": n, "date": int(time.time()), "chat": {"id": ANN, "type": "private"}, "from": {"id": ANN}, "text": text},
    }
    telegram.updates([body(n, f"m{n}") for n in range(1, 90)] + [body(90, DANGER)])
    rig.quiet()
    assert 50 <= len(rig.rasa.texts(ANN)) <= 60
    texts = telegram.texts(ANN)
    assert 1 == texts.count(TEXTS["slow_down"])
    assert texts.index(next(text for text in texts if text.startswith("Call 112"))) < 20
    assert rig.rasa.texts(ANN) == [f"m{n}" for n in range(1, len(rig.rasa.texts(ANN)) + 1)]
