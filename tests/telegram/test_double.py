"""The double is proven by a client that nobody here wrote: python-telegram-bot has to find what it finds at Telegram."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from double import SECRET_HEADER, Double, running
from rig import done
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Update
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.ext import Application, CallbackQueryHandler, MessageHandler, filters

ANN, BOB = 4201, 4202
MENU = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="/yes"), InlineKeyboardButton("No", callback_data="/no")]])


def with_bot(telegram: Double, work: Callable[[Bot], Awaitable[Any]], token: str | None = None) -> Any:
    """What some work with a bot comes to."""

    async def run() -> Any:
        async with Bot(token or telegram.token, base_url=f"{telegram.url}/bot") as bot:
            return await work(bot)

    return done(run())


def refusal(telegram: Double, kind: type[Exception], work: Callable[[Bot], Awaitable[Any]]) -> str:
    """The text of the error that some work ends with."""
    with pytest.raises(kind) as caught:
        with_bot(telegram, work)
    return str(caught.value)


def test_it_says_who_it_is(telegram: Double) -> None:
    """getMe, commands and the webhook are read back."""

    async def work(bot: Bot) -> None:
        assert "hypnic_test_bot" == (await bot.get_me()).username
        await bot.set_my_commands([BotCommand("start", "Begin")])
        await bot.set_webhook("https://example.org/hook", secret_token="a-b_c", allowed_updates=["message"], max_connections=5)
        info = await bot.get_webhook_info()
        assert ("https://example.org/hook", 0) == (info.url, info.pending_update_count)
        assert await bot.delete_webhook()

    with_bot(telegram, work)
    assert ["start"] == telegram.commands


def test_a_wrong_token(telegram: Double) -> None:
    """Nobody else gets in."""
    with pytest.raises(InvalidToken):
        with_bot(telegram, lambda bot: bot.get_me(), "987654321:wrong-token_wrong-token_wrong-token")


def test_messages_and_what_is_wrong_with_them(telegram: Double) -> None:
    """HTML becomes entities; what Telegram refuses is refused in its words."""
    telegram.say(ANN, "hello")

    async def good(bot: Bot) -> None:
        sent = await bot.send_message(
            ANN, 'a <b>bold</b> &lt;word&gt; 😴 <a href="https://x.org/?a=1&amp;b=2">link</a>', parse_mode="HTML",
            reply_markup=MENU, link_preview_options=LinkPreviewOptions(is_disabled=True),
        )  # fmt: skip
        assert "a bold <word> 😴 link" == sent.text
        assert [("bold", 2, 4), ("text_link", 17, 4)] == [(e.type, e.offset, e.length) for e in sent.entities]
        assert sent.reply_markup and "/yes" == sent.reply_markup.inline_keyboard[0][0].callback_data

    with_bot(telegram, good)
    wrong: list[tuple[str, Callable[[Bot], Awaitable[Any]]]] = [
        ("chat not found", lambda bot: bot.send_message(99, "x")),
        ("text is empty", lambda bot: bot.send_message(ANN, " ")),
        ("too long", lambda bot: bot.send_message(ANN, "😴" * 2049)),
        ("parse entities", lambda bot: bot.send_message(ANN, "a < b", parse_mode="HTML")),
        ("parse entities", lambda bot: bot.send_message(ANN, "<b>a", parse_mode="HTML")),
        ("parse entities", lambda bot: bot.send_message(ANN, "<div>a</div>", parse_mode="HTML")),
        ("button_data_invalid", lambda bot: bot.send_message(ANN, "x", reply_markup=_button("é" * 33))),
        ("unallowed", lambda bot: bot.send_message(ANN, "x", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton(" ", callback_data="x")]]))),
        ("replied not found", lambda bot: bot.send_message(ANN, "x", reply_to_message_id=77)),
        ("caption is too long", lambda bot: bot.send_document(ANN, io.BytesIO(b"x"), filename="x.pdf", caption="x" * 1025)),
        ("non-empty", lambda bot: bot.send_document(ANN, io.BytesIO(b""), filename="x.pdf")),
        ("wrong parameter action", lambda bot: bot.send_chat_action(ANN, "sleeping")),
    ]
    for words, work in wrong:
        assert words in refusal(telegram, BadRequest, work).lower(), words
    with_bot(telegram, lambda bot: bot.send_message(ANN, "😴" * 2048))
    with_bot(telegram, lambda bot: bot.send_message(ANN, "x", reply_markup=_button("é" * 32)))


def _button(data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data=data)]])


def test_a_document(telegram: Double) -> None:
    """A file arrives with its name and type."""
    telegram.say(ANN, "hello")

    async def work(bot: Bot) -> None:
        sent = await bot.send_document(ANN, io.BytesIO(b"%PDF-"), filename="page.pdf", caption="the page")
        assert sent.document and ("page.pdf", "application/pdf", 5) == (
            sent.document.file_name, sent.document.mime_type, sent.document.file_size)  # fmt: skip

    with_bot(telegram, work)


def test_floods_blocks_and_broken_servers(telegram: Double) -> None:
    """429 names the pause, 403 the block, 502 is no JSON; afterwards all is well."""
    telegram.say(ANN, "hello")
    telegram.flood(1.0)
    with pytest.raises(RetryAfter) as caught:
        with_bot(telegram, lambda bot: bot.send_message(ANN, "x"))
    assert 1 <= caught.value._retry_after.total_seconds() <= 2
    with_bot(telegram, lambda bot: bot.get_me())  # only sending is slowed down
    telegram.flood(0)
    telegram.block(ANN)
    assert "blocked" in refusal(telegram, Forbidden, lambda bot: bot.send_message(ANN, "x"))
    telegram.unblock(ANN)
    telegram.fail("sendMessage", 502)
    refusal(telegram, NetworkError, lambda bot: bot.send_message(ANN, "x"))
    with_bot(telegram, lambda bot: bot.send_message(ANN, "x"))
    telegram.down()
    refusal(telegram, NetworkError, lambda bot: bot.get_me())
    telegram.start()
    with_bot(telegram, lambda bot: bot.get_me())


def test_polling_and_its_offset(telegram: Double) -> None:
    """Updates come in order until they are confirmed."""
    for text in ("one", "two", "three"):
        telegram.say(ANN, text)

    async def work(bot: Bot) -> None:
        first = await bot.get_updates(timeout=0)
        assert ["one", "two", "three"] == [update.message.text for update in first if update.message]
        assert first == tuple(await bot.get_updates(timeout=0))
        assert ["three"] == [u.message.text for u in await bot.get_updates(offset=first[1].update_id + 1, timeout=0) if u.message]
        assert () == tuple(await bot.get_updates(offset=first[2].update_id + 1, timeout=0))

    with_bot(telegram, work)
    assert 0 == telegram.waiting


def test_conflicts(telegram: Double) -> None:
    """A second poller ends the first, and nobody polls beside a webhook."""

    async def two(bot: Bot) -> str:
        async with Bot(telegram.token, base_url=f"{telegram.url}/bot") as other:
            first = asyncio.create_task(bot.get_updates(timeout=10))
            await asyncio.sleep(0.3)
            await other.get_updates(timeout=0)
            with pytest.raises(Conflict) as caught:
                await first
            return str(caught.value)

    assert "other getUpdates" in with_bot(telegram, two)

    async def beside(bot: Bot) -> None:
        await bot.set_webhook("https://example.org/hook")
        await bot.get_updates(timeout=0)

    assert "webhook is active" in refusal(telegram, Conflict, beside)


def test_a_bot_that_polls(telegram: Double) -> None:
    """A whole bot of that library talks, shows buttons and answers the press."""
    heard: list[str] = []

    async def run() -> None:
        bot = Application.builder().token(telegram.token).base_url(f"{telegram.url}/bot").build()

        async def said(update: Update, _: Any) -> None:
            assert update.message and update.effective_user
            heard.append(f"{update.message.text} {update.effective_user.language_code}")
            await update.message.reply_text("Sure?", reply_markup=MENU)

        async def pressed(update: Update, _: Any) -> None:
            query = update.callback_query
            assert query
            heard.append(str(query.data))
            await query.answer("Thank you")
            await query.edit_message_reply_markup(None)

        bot.add_handler(MessageHandler(filters.TEXT, said))
        bot.add_handler(CallbackQueryHandler(pressed))
        async with bot:
            await bot.start()
            assert bot.updater
            await bot.updater.start_polling(poll_interval=0, timeout=5)
            await asyncio.to_thread(telegram.say, ANN, "hello")
            await _until(lambda: telegram.buttons(ANN) == ["Yes", "No"])
            query = await asyncio.to_thread(telegram.press, ANN, "Yes")
            await _until(lambda: telegram.answered(query) and not telegram.buttons(ANN))
            await bot.updater.stop()
            await bot.stop()

    done(run())
    assert ["hello en-GB", "/yes"] == heard


def test_a_webhook_with_its_secret() -> None:
    """Updates are posted with the secret, again after an error, and the library can read them."""
    heard: list[tuple[str, str]] = []

    async def run(telegram: Double) -> None:
        async def hook(request: web.Request) -> web.Response:
            update = Update.de_json(await request.json(), None)
            assert update and update.message
            heard.append((request.headers.get(SECRET_HEADER, ""), str(update.message.text)))
            return web.Response(status=200 if len(heard) > 1 else 500)

        app = web.Application()
        app.router.add_post("/hook", hook)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        async with Bot(telegram.token, base_url=f"{telegram.url}/bot") as bot:
            await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="s3cret")
            await asyncio.to_thread(telegram.say, ANN, "hello")
            await _until(lambda: len(heard) == 2 and telegram.waiting == 0)
            info = await bot.get_webhook_info()
            assert "500" in str(info.last_error_message)
        await runner.cleanup()

    with running(delivery_retry=0.05) as telegram:
        done(run(telegram))
    assert [("s3cret", "hello")] * 2 == heard


def test_what_a_webhook_must_be(telegram: Double) -> None:
    """Only https, and only plain letters in the secret."""
    telegram.allow_http = False
    assert "https" in refusal(telegram, BadRequest, lambda bot: bot.set_webhook("http://example.org/"))
    assert "unallowed" in refusal(telegram, BadRequest, lambda bot: bot.set_webhook("https://example.org/", secret_token="ä b"))


def test_old_queries(telegram: Double) -> None:
    """A query that was forgotten cannot be answered, and a keyboard that is there already is no change."""
    telegram.say(ANN, "hello")
    sent = with_bot(telegram, lambda bot: bot.send_message(ANN, "x", reply_markup=MENU))
    query = telegram.press(ANN, "Yes")
    telegram.forget_queries()
    assert "too old" in refusal(telegram, BadRequest, lambda bot: bot.answer_callback_query(query))
    same = refusal(telegram, BadRequest, lambda bot: bot.edit_message_reply_markup(ANN, sent.message_id, reply_markup=MENU))
    assert "not modified" in same


def test_groups(telegram: Double) -> None:
    """The bot hears of a group, may speak there and leave, and is then outside."""
    telegram.group(-1005)

    async def work(bot: Bot) -> None:
        (update,) = await bot.get_updates(timeout=0)
        assert update.my_chat_member and "member" == update.my_chat_member.new_chat_member.status
        await bot.send_message(-1005, "sorry")
        await bot.leave_chat(-1005)
        with pytest.raises(Forbidden):
            await bot.send_message(-1005, "still here?")

    with_bot(telegram, work)
    assert telegram.left(-1005)


async def _until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if await asyncio.to_thread(true):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not within five seconds")
